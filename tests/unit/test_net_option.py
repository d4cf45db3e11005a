"""``--net`` from the command line and tcperf.toml to the network, and options that travel the same way."""

import errno

import pytest

from tcperf import config
from tcperf.cli import parser
from tcperf.cli.selection import select
from tcperf.errors import ConfigError, MachineError, UsageError
from tcperf.link import Link
from tcperf.model import Conditions
from tcperf.network import client, ground, wire
from tcperf.network.ground import choose_ground
from tcperf.options import RUN_KEYS, RunOptions

BAD = Link(50.0, 10_000_000, 0.01)


def selected(folder, *words, toml=""):
    if toml:
        (folder / "tcperf.toml").write_text(toml)
    return select(parser.parse(["run", *words]), folder)


def test_net_is_an_option_of_run():
    assert "net" in RUN_KEYS
    assert RunOptions(net=Link()).over(RunOptions(net=BAD)).net == Link()


def test_the_command_line(tmp_path):
    assert selected(tmp_path, "--net", "delay=50ms,rate=10mbit,loss=1%").options.net == BAD
    assert selected(tmp_path).options.net is None


def test_the_configuration(tmp_path):
    found = selected(tmp_path, toml='[run]\nnet = "delay=50ms,rate=10mbit,loss=1%"\n')
    assert found.options.net == BAD
    assert found.place("net").endswith("tcperf.toml:2")


def test_the_command_line_wins_and_can_take_back(tmp_path):
    toml = '[run]\nnet = "loss=5%"\n'
    assert selected(tmp_path, "--net", "delay=1s", toml=toml).options.net == Link(1000.0)
    assert selected(tmp_path, "--net", "none", toml=toml).options.net == Link()


@pytest.mark.parametrize(
    ("text", "words"),
    [("dealy=5ms", "argument --net: 'dealy'"), ("loss=0.5", "argument --net: loss: 0.5 is ambiguous")],
)
def test_a_mistake_on_the_command_line_names_the_option(text, words):
    with pytest.raises(UsageError, match=words) as caught:
        parser.parse(["run", "--net", text])
    assert caught.value.cure


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[run]\nruns = 2\nnet = "dealy=5ms"\n', r"tcperf\.toml:3: run\.net: 'dealy'"),
        ("[run]\nnet = 50\n", r"tcperf\.toml:2: run\.net: expected how bad links are, not 50"),
        ('[run.net]\ndelay = "5ms"\n', r"run\.net.*a table"),
    ],
)
def test_a_mistake_in_the_configuration_names_its_place(tmp_path, toml, words):
    (tmp_path / "tcperf.toml").write_text(toml)
    with pytest.raises(ConfigError, match=words):
        config.load(None, tmp_path)


def test_bad_links_are_none_of_the_hosts_network(tmp_path):
    with pytest.raises(UsageError, match="links of a private network") as caught:
        selected(tmp_path, "--network", "host", "--net", "loss=1%")
    assert "leave one of the two away" in caught.value.cure
    assert not isinstance(caught.value, ConfigError)
    assert selected(tmp_path, "--network", "host", "--net", "none").options.net == Link()
    assert selected(tmp_path, "--network", "private", "--net", "loss=1%").options.network == "private"


@pytest.mark.parametrize(
    ("toml", "words", "place"),
    [
        ('[run]\nnet = "loss=1%"\n', ["--network", "host"], r"toml:2: net is about"),
        ('run.network = "host"\n', ["--net", "loss=1%"], r"toml:1: net is about"),
    ],
)
def test_the_place_of_the_contradiction_is_told(tmp_path, toml, words, place):
    with pytest.raises(ConfigError, match=place):
        selected(tmp_path, *words, toml=toml)


def test_captures_and_profiles_are_selected_too(tmp_path):
    found = selected(tmp_path, "--pcap", "--profile", "heap,cpu").options
    assert (found.pcap, found.profile) == ("headers", ("heap", "cpu"))
    found = selected(tmp_path, "--pcap=full", toml='[run]\npcap = "headers"\nprofile = ["cpu"]\n').options
    assert (found.pcap, found.profile) == ("full", ("cpu",))


class Opened:
    """What was opened, in place of a network; where ``refusing``, private ones are not to be had."""

    def __init__(self, monkeypatch, *, refusing=False):
        self.asked = []
        self._refusing = refusing
        monkeypatch.setattr(ground, "open_network", self)

    def __call__(self, mode, folder=None, *, link=None):
        self.asked.append((mode, link))
        if self._refusing and mode == "private":
            raise MachineError("no namespaces here")
        self.conditions = Conditions(mode, link=link)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        pass

    def add_host(self, name):
        assert name == "trial"


def test_the_ground_is_tried_with_its_links(monkeypatch):
    opened = Opened(monkeypatch)
    found = choose_ground(None, BAD)
    assert opened.asked == [("private", BAD)]
    assert (found.mode, found.conditions.link, found.warnings) == ("private", BAD, ())


def test_links_without_a_fault_are_plain_links(monkeypatch):
    opened = Opened(monkeypatch)
    assert choose_ground("private", Link()).conditions.link is None
    choose_ground(None)
    assert opened.asked == [("private", None), ("private", None)]


def test_bad_links_are_never_left_out_in_silence(monkeypatch):
    opened = Opened(monkeypatch, refusing=True)
    with pytest.raises(MachineError, match="no namespaces"):
        choose_ground(None, BAD)
    assert opened.asked == [("private", BAD)]


@pytest.mark.parametrize("link", [None, Link()])
def test_without_them_the_hosts_network_does(monkeypatch, link):
    opened = Opened(monkeypatch, refusing=True)
    found = choose_ground(None, link)
    assert opened.asked == [("private", None), ("host", None)]
    assert found.mode == "host"
    assert "no namespaces" in found.warnings[0]


@pytest.mark.parametrize(
    ("number", "cure"),
    [(errno.ENOENT, "modprobe sch_netem"), (errno.EINVAL, "without --net"), (errno.EMFILE, "ulimit -n")],
)
def test_a_kernel_that_cannot_has_a_cure(number, cure):
    error = client.refusal({"step": wire.MAKE_BAD_LINKS, "error": "no", "errno": number})
    assert "refuses to make links bad: no" in error.message
    assert cure in error.cure
    assert "--network host" not in error.cure

"""Which means makes links bad, and what it is asked to do."""

import errno

import pytest

from tcperf.link import Link
from tcperf.network import links, shaping
from tcperf.network.links import Hub
from tcperf.network.qdisc import Queue, netem_options, tbf_options
from tcperf.network.shaping import Shaper

RATE = Link(rate_bits_per_s=1_000_000)
DELAY = Link(delay_ms=5.0)
BOTH = Link(delay_ms=5.0, rate_bits_per_s=1_000_000)


class Kernel:
    """A kernel that knows some kinds of disciplines, in place of ours."""

    def __init__(self, *kinds):
        self._kinds = kinds
        self.added = []
        self.changed = []
        self.queues = {}

    def __call__(self):
        return self

    def knows(self, kind, options):
        assert options
        return kind in self._kinds

    def add(self, index, kind, options):
        self.added.append((index, kind, options))

    def change(self, index, kind, options):
        assert (index, kind) in [added[:2] for added in self.added], "there is nothing to change"
        self.changed.append((index, kind, options))

    def read(self):
        return self.queues

    def close(self):
        self.queues = None


@pytest.mark.parametrize(
    ("kinds", "link", "means"),
    [
        (("netem", "tbf"), RATE, "netem"),
        (("netem", "tbf"), DELAY, "netem"),
        (("netem",), BOTH, "netem"),
        (("tbf",), RATE, "tbf"),
        (("tbf",), DELAY, "relay"),
        (("tbf",), BOTH, "relay"),
        (("tbf",), Link(loss_ratio=0.1), "relay"),
        ((), RATE, "relay"),
    ],
)
def test_the_best_means_of_a_kernel(monkeypatch, kinds, link, means):
    monkeypatch.setattr(shaping, "Qdiscs", Kernel(*kinds))
    assert Shaper(link).emulation == means


def test_what_is_asked_for_wins(monkeypatch):
    monkeypatch.setattr(shaping, "Qdiscs", Kernel("netem", "tbf"))
    assert Shaper(RATE, "relay").emulation == "relay"
    assert Shaper(RATE, "tbf").emulation == "tbf"


@pytest.mark.parametrize(
    ("means", "good", "bad"),
    [
        ("netem", netem_options(Link(), 0), [netem_options(RATE, 0), netem_options(RATE, 1)]),
        ("tbf", tbf_options(Link(rate_bits_per_s=10**11)), [tbf_options(RATE)] * 2),
        ("relay", None, []),
    ],
)
def test_every_leg_gets_its_discipline_and_is_good_until_it_is_spoilt(monkeypatch, means, good, bad):
    kernel = Kernel("netem", "tbf")
    monkeypatch.setattr(shaping, "Qdiscs", kernel)
    shaper = Shaper(RATE, means)
    legs = (11, 12)
    for leg in legs:
        shaper.prepare(leg)
    assert kernel.added == [(leg, means, good) for leg in legs if good is not None]
    assert kernel.changed == []
    for seed, leg in enumerate(legs):
        shaper.spoil(leg, seed)
    assert kernel.changed == [(leg, means, options) for leg, options in zip(legs, bad, strict=False)]


def test_drops_are_those_of_the_legs(monkeypatch):
    kernel = Kernel("netem")
    monkeypatch.setattr(shaping, "Qdiscs", kernel)
    shaper = Shaper(DELAY)
    assert shaper.dropped() == 0
    for leg in (11, 12, 13):
        shaper.prepare(leg)
        shaper.spoil(leg, leg)
    kernel.queues = {1: Queue(0, 100), 11: Queue(0, 3), 12: Queue(7, 4)}
    assert shaper.dropped() == 7
    shaper.close()
    assert kernel.queues is None


class Netlink:
    """Tells an interface's state, a word a question."""

    def __init__(self, *states):
        self._states = list(states)

    def get_links(self, index):
        assert index == 11
        return [self]

    def get_attr(self, name):
        assert name == "IFLA_OPERSTATE"
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]


def hub(*states):
    made = Hub.__new__(Hub)
    made._netlink = Netlink(*states)
    return made


def test_a_leg_is_waited_for():
    hub("UP").await_up(11)
    hub("DOWN", "LOWERLAYERDOWN", "UP").await_up(11)


def test_a_leg_that_does_not_come_up(monkeypatch):
    monkeypatch.setattr(links, "_UP_DEADLINE_S", 0.01)
    with pytest.raises(OSError, match=r"not up after 0\.01 s") as caught:
        hub("DOWN").await_up(11)
    assert caught.value.errno == errno.ETIMEDOUT

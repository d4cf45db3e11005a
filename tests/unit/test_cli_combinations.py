"""Options that make no sense together, on the command line and in tcperf.toml."""

import pytest

from tcperf.cli import combinations, parser
from tcperf.cli.selection import select
from tcperf.errors import ConfigError, UsageError
from tcperf.options import Earlier


def check(folder, *words, toml=""):
    (folder / "tcperf.toml").write_text(toml)
    arguments = parser.parse(["run", *words])
    selection = select(arguments, folder)
    combinations.check(arguments, selection)
    return selection.options


@pytest.mark.parametrize("words", [("--pairs", "10"), ("--budget", "15m"), ("--lanes", "auto")])
def test_options_of_pairs_need_a_base(tmp_path, words):
    with pytest.raises(UsageError, match=f"{words[0]} is about pairs, and there is no base") as caught:
        check(tmp_path, *words)
    assert "--base" in caught.value.cure
    check(tmp_path, *words, "--base", "reference")
    check(tmp_path, *words, toml='[run]\nbase = "reference"\n')


def test_in_the_configuration_they_wait_for_a_base(tmp_path):
    options = check(tmp_path, toml='[run]\npairs = 10\nbudget = "15m"\nlanes = 2\nruns = 5\n')
    assert (options.pairs, options.budget, options.lanes, options.runs) == (10, 900.0, 2, 5)


@pytest.mark.parametrize(
    ("words", "toml"),
    [
        (("--base", "reference", "--runs", "3"), ""),
        (("--runs", "3"), '[run]\nbase = "reference"\n'),
        ((), '[run]\nbase = "reference"\nruns = 3\n'),
    ],
)
def test_runs_and_pairs_exclude_each_other(tmp_path, words, toml):
    with pytest.raises(UsageError, match="runs is about unpaired runs") as caught:
        check(tmp_path, *words, toml=toml)
    assert "--pairs" in caught.value.cure
    assert isinstance(caught.value, ConfigError) == ("runs" in toml)


def test_a_configuration_with_runs_can_be_given_a_base(tmp_path):
    assert check(tmp_path, "--base", "reference", toml="[run]\nruns = 3\n").base == "reference"


@pytest.mark.parametrize(
    ("words", "toml"),
    [
        (("--base", "reference", "--baseline", "teamcity"), ""),
        (("--base", "reference"), '[run]\nbaseline = "teamcity"\n'),
        (("--baseline", "old.json"), '[run]\nbase = "reference"\n'),
    ],
)
def test_there_is_one_comparison(tmp_path, words, toml):
    with pytest.raises(UsageError, match="a base and a baseline are given"):
        check(tmp_path, *words, toml=toml)


def test_paths_are_relative_to_where_they_are_said(tmp_path):
    options = check(tmp_path, "--base", "parent/node")
    assert options.base == tmp_path / "parent/node"
    assert check(tmp_path, "--baseline", "old.json").baseline == Earlier(tmp_path / "old.json")
    assert check(tmp_path, "--baseline", "teamcity").baseline == "teamcity"
    assert check(tmp_path, "--base", "reference").base == "reference"
    assert check(tmp_path, toml='[run]\nbaseline = "old.json"\n').baseline == Earlier(tmp_path / "old.json")


@pytest.mark.parametrize(
    ("words", "toml"),
    [
        (("--network", "host", "--pcap=full"), ""),
        (("--network", "host"), '[run]\npcap = "headers"\n'),
        (("--pcap",), '[run]\nnetwork = "host"\n'),
        (("--pcap", "--base", "reference"), '[run]\nnetwork = "host"\n'),
    ],
)
def test_the_hosts_network_has_no_frames_to_keep(tmp_path, words, toml):
    with pytest.raises(UsageError, match="pcap keeps the frames of a private network, and the") as caught:
        check(tmp_path, *words, toml=toml)
    assert caught.value.exit_status == 2
    assert caught.value.cure == "leave one of the two away"
    assert isinstance(caught.value, ConfigError) == bool(toml)


def test_frames_are_kept_of_a_private_network_or_of_what_there_will_be(tmp_path):
    assert check(tmp_path, "--pcap").pcap == "headers"
    assert check(tmp_path, "--network", "private", "--pcap=full").pcap == "full"
    assert check(tmp_path, "--network", "host").pcap is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pairs", "0"], "'0' is not a whole number from 1 on"),
        (["--budget", "15"], "argument --budget: expected a duration, not '15'"),
        (["--lanes", "0"], "'0' is not a whole number from 1 on"),
        (["--lanes", "many"], "'many' is not a whole number from 1 on"),
        (["--gate", "strict"], "invalid choice: 'strict'"),
        (["--base", ""], "--base is empty"),
        (["--baseline", ""], "--baseline is empty"),
    ],
)
def test_values_that_do_not_fit(words, message):
    with pytest.raises(UsageError, match=message):
        parser.parse(["run", *words])


def test_values_that_fit():
    arguments = parser.parse(
        ["--base", "a", "--pairs", "12", "--budget", "1h30m", "--lanes", "3", "--gate", "off"]
    )
    assert (arguments.pairs, arguments.budget, arguments.lanes, arguments.gate) == (12, 5400.0, 3, "off")
    assert parser.parse(["--lanes", "auto"]).lanes == "auto"


@pytest.mark.parametrize("option", ["as-tests", "tag", "trend"])
def test_what_is_about_teamcity_is_switched_on_and_off(tmp_path, option):
    key = option.replace("-", "_")
    on = f"[teamcity]\n{key} = true\n"
    assert getattr(check(tmp_path), key) is None
    assert getattr(check(tmp_path, f"--{option}"), key) is True
    assert getattr(check(tmp_path, toml=on), key) is True
    assert getattr(check(tmp_path, f"--no-{option}", toml=on), key) is False, "the command line wins"

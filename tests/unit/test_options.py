"""Run's options, wherever they are given."""

from pathlib import Path

import attrs
import pytest

from tcperf.errors import UsageError
from tcperf.options import RUN_KEYS, Earlier, RunOptions, parse_baseline, parse_junit, parse_node


def test_nothing_is_given_at_first():
    assert set(attrs.asdict(RunOptions()).values()) == {None}


def test_what_is_given_here_wins_and_the_rest_is_taken_from_the_others():
    here = RunOptions(runs=5, names=("idle",))
    others = RunOptions(runs=3, network="host", names=("one_to_one", "idle"))
    assert here.over(others) == RunOptions(runs=5, names=("idle",), network="host")


def test_values_that_are_false_are_given_too():
    assert RunOptions(names=(), budget=0.0).over(RunOptions(names=("idle",), budget=60.0)) == RunOptions(
        names=(), budget=0.0
    )


def test_a_switch_that_is_off_is_given():
    assert RunOptions(as_tests=False).over(RunOptions(as_tests=True, tag=True)) == RunOptions(
        as_tests=False, tag=True
    )


def test_merging_leaves_both_as_they_were():
    here, others = RunOptions(runs=5), RunOptions(node="reference")
    here.over(others)
    assert (here, others) == (RunOptions(runs=5), RunOptions(node="reference"))


def test_the_keys_are_the_options_names():
    assert tuple(attrs.asdict(RunOptions())) == RUN_KEYS
    assert {"node", "base", "runs", "pairs", "out", "network", "format", "gate", "budget", "lanes"} < set(
        RUN_KEYS
    )


def test_a_node_is_the_reference_node_or_a_path():
    folder = Path("/conf")
    assert parse_node("reference", folder) == "reference"
    assert parse_node("./reference", folder) == Path("/conf/reference")
    assert parse_node("bin/status-backend", folder) == Path("/conf/bin/status-backend")
    assert parse_node("/bin/node", folder) == Path("/bin/node")


def test_a_baseline_is_the_history_or_a_file():
    assert parse_baseline("teamcity", Path("/conf")) == "teamcity"
    assert parse_baseline("old.json", Path("/conf")) == Earlier(Path("/conf/old.json"))
    assert parse_baseline("?:old.json", Path("/conf")) == Earlier(Path("/conf/old.json"), optional=True)
    assert parse_baseline("?:/old.json", Path("/conf")) == Earlier(Path("/old.json"), optional=True)


def test_test_results_go_into_an_xml_file_or_among_the_reports():
    assert parse_junit("auto", Path("/conf")) == "auto"
    assert parse_junit("a/tests.xml", Path("/conf")) == Path("/conf/a/tests.xml")
    assert parse_junit("/ci/TESTS.XML", Path("/conf")) == Path("/ci/TESTS.XML")


@pytest.mark.parametrize("text", ["", "results.json", "one_to_one", "true", "x" * 999])
def test_another_file_is_not_taken_for_that_of_test_results(text):
    with pytest.raises(UsageError, match=r"is no \.xml file") as caught:
        parse_junit(text, Path("/conf"))
    assert "--junit=FILE.xml" in caught.value.cure
    assert len(caught.value.message) < 100

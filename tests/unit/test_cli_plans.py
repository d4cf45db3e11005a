"""Which scenarios are played, and with which parameters."""

import argparse
import io

import pytest

from tcperf import cli
from tcperf.cli import run
from tcperf.cli.plans import plans
from tcperf.cli.selection import select
from tcperf.errors import UsageError
from tcperf.probes.room import Room


def selected(folder, *names, config=None):
    arguments = argparse.Namespace(names=names, scenarios=None, node=None, config=config)
    return select(arguments, folder)


def test_without_a_name_it_is_one_to_one(tmp_path):
    (plan,) = plans(selected(tmp_path), [])
    assert (plan.scenario.name, plan.params.messages, plan.runs) == ("one_to_one", 20, 1)


def test_each_name_once_in_their_order(tmp_path):
    found = plans(selected(tmp_path, "idle", "one_to_one", "idle"), ["idle.seconds=3"], runs=2)
    assert [(plan.scenario.name, plan.runs) for plan in found] == [("idle", 2), ("one_to_one", 2)]
    assert found[0].params.seconds == 3


def test_names_and_parameters_of_the_configuration(tmp_path):
    (tmp_path / "tcperf.toml").write_text(
        '[run]\nnames = ["one_to_one"]\n[params.one_to_one]\nmessages = 6\n'
    )
    (plan,) = plans(selected(tmp_path), [])
    assert plan.params.messages == 6
    (plan,) = plans(selected(tmp_path), ["messages=8"])
    assert plan.params.messages == 8


def test_a_name_that_there_is_not(tmp_path):
    with pytest.raises(UsageError, match="one_to_on"):
        plans(selected(tmp_path, "one_to_on"), [])
    (tmp_path / "tcperf.toml").write_text('[run]\nnames = ["one_to_on"]\n')
    with pytest.raises(UsageError, match=r"tcperf\.toml:2"):
        plans(selected(tmp_path), [])


def call(*argv):
    stderr = io.StringIO()
    return cli.main(argv, io.StringIO(), stderr, {}), stderr.getvalue()


@pytest.mark.parametrize("command", ["run", "calibrate", "drill"])
def test_nodes_that_there_is_no_room_for_are_refused_before_anything_starts(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tcperf.cli.plans.look", lambda: Room(files=100, most_files=4096))
    status, told = call(command, "idle", "-p", "peers=20")
    assert status == 2
    assert told == (
        "tcperf: idle: 21 nodes need 240 open files in tcperf's own process, and it may have 100 "
        "(there is room for 7: -p idle.peers=6; or ulimit -n 240)\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_lanes_that_are_asked_for_count(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tcperf.cli.plans.look", lambda: Room(memory_bytes=1 << 30, cores=64))
    status, told = call("run", "idle", "-p", "peers=9", "--base", "reference", "--lanes", "4")
    assert status == 2
    assert "10 nodes in each of 4 lanes need" in told


def test_many_nodes_are_warned_of_at_once_and_beside_the_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tcperf.cli.plans.look", lambda: Room(memory_bytes=1 << 34, cores=2))
    judges = []

    def conducted(_selection, _played, _node, _base, judge, *_others):
        judges.append(judge)
        return 0

    monkeypatch.setattr(run, "conduct", conducted)
    status, told = call("run", "idle", "-p", "peers=60")
    assert status == 0
    assert told.startswith("tcperf: warning: idle: 61 nodes need about ")
    assert judges[0].told == (told.removeprefix("tcperf: warning: ").rstrip("\n"),)

"""group_chat and relay_chain on reference nodes, and what keeps each from being anything else."""

import itertools

import pytest
from attrs import frozen

from tcperf.capabilities import Capability
from tcperf.definition import Scenario
from tcperf.errors import ScenarioError
from tcperf.interrupts import Interrupts
from tcperf.nodes.factory import reference_node
from tcperf.plan import Plan
from tcperf.registry import discover
from tcperf.runner import Folders, Runner
from tcperf.scenario import Phase

pytestmark = [pytest.mark.integration, pytest.mark.long]


@pytest.fixture
def runner(tmp_path):
    with Interrupts() as interrupts:
        folders = Folders(tmp_path, tmp_path)
        yield Runner("private", reference_node("2024-10"), folders, lambda _event: None, interrupts)


def play(runner, name, runs=3, **values):
    found = discover(()).get(name)
    return runner.play(Plan(found, found.params_type(step=0.0, **values), runs)).runs


def figures(run):
    return {key: found.value for key, found in run.phase("messages").totals.items()}


def pairs_that_spoke(run):
    """Who sent whom something while messages were sent."""
    return {(row.node, row.peer) for row in run.traffic if (row.phase, row.direction) == ("messages", "sent")}


def test_a_group_three_times_in_a_row(runner):
    runs = play(runner, "group_chat", members=4, messages=8)
    assert len(runs) == 3
    for run in runs:
        found = figures(run)
        assert (found["deliveries_count"], found["duplicates_count"]) == (24, 0)
        assert len(run.phase("messages").operations_ms) == 8
        assert found["delivery_bytes"] == pytest.approx(found["sent_bytes"] / 24)
        assert run.closing.closes
        assert run.warnings == ()


def test_a_line_three_times_in_a_row_crosses_every_link_and_no_other(runner):
    runs = play(runner, "relay_chain", nodes=4, messages=6)
    assert len(runs) == 3
    names = [f"node{number:02d}" for number in range(1, 5)]
    links = set(itertools.pairwise(names))
    for run in runs:
        found = figures(run)
        assert (found["deliveries_count"], found["duplicates_count"]) == (6, 0)
        assert pairs_that_spoke(run) == links | {(other, one) for one, other in links}
        assert run.closing.closes
        assert run.warnings == ()


def test_a_longer_line_costs_more_a_delivery(runner):
    short, long = (play(runner, "relay_chain", 1, nodes=nodes, messages=4)[0] for nodes in (3, 5))
    assert (
        1.8 < figures(long)["delivery_bytes"] / figures(short)["delivery_bytes"] < 2.2
    )  # four links, not two


@frozen
class NoParams:
    pass


class TestRefusals:
    def trial(self, runner, run, *needs):
        phases = (Phase("one", publish=True),)
        scenario = Scenario("trial", "a trial", phases, NoParams, run, "tests", needs)
        with pytest.raises(ScenarioError) as caught:
            runner.play(Plan(scenario, NoParams(), 1))
        return caught.value.message

    def test_a_shortcut_makes_it_no_line(self, runner):
        def run(stage, _params):
            nodes = alice, bob, carol = stage.start("alice", "bob", "carol")
            with stage.phase("one"):
                for node in nodes:
                    node.create_account()
                alice.dial(bob)
                bob.dial(carol)
                stage.check_line(alice, bob, carol)
                alice.dial(carol)
                stage.check_line(alice, bob, carol)

        assert self.trial(runner, run) == (
            "trial is no line of nodes: alice has found, by itself, a connection to carol"
        )

    def test_a_gap_makes_it_no_line(self, runner):
        def run(stage, _params):
            alice, bob = stage.start("alice", "bob")
            with stage.phase("one"):
                alice.create_account()
                bob.create_account()
                stage.check_line(alice, bob)

        assert "alice lost its connection to bob" in self.trial(runner, run)

    def test_a_group_has_others(self, runner):
        def run(stage, _params):
            (alice,) = stage.start("alice")
            with stage.phase("one"):
                alice.create_account()
                stage.group(alice)

        assert "makes a group without others" in self.trial(runner, run, Capability.GROUPS)
        assert self.trial(runner, run) == "trial makes a group, which not every node can"

"""Real statusd binaries, given in TCPERF_STATUSD (several, separated like PATH)."""

import os
from pathlib import Path

import attrs
import pytest

from tcperf.capabilities import Capability
from tcperf.cli.node import choose
from tcperf.errors import NotSupportedError
from tcperf.interrupts import Interrupts
from tcperf.nodes.factory import Statusd
from tcperf.plan import Plan
from tcperf.registry import discover
from tcperf.runner import Folders, Runner

VARIABLE = "TCPERF_STATUSD"
BINARIES = [path for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.real_node,
    pytest.mark.skipif(not BINARIES, reason=f"no real node: {VARIABLE} names no statusd binary"),
]


@pytest.fixture(params=BINARIES or [None], ids=[Path(path).name for path in BINARIES] or ["none"])
def chosen(request):
    return choose(Path(request.param))


@pytest.fixture
def runner(chosen, tmp_path):
    folders = Folders(tmp_path / "series", tmp_path / "logs")
    folders.series.mkdir()
    folders.logs.mkdir()
    with Interrupts() as interrupts:
        yield Runner("private", chosen.factory, folders, print, interrupts)


def play(runner, name, runs=1, **values):
    found = discover(()).get(name)
    return runner.play(Plan(found, found.params_type(**values), runs))


def check(run, expected_phases, nodes=("alice", "bob")):
    assert [phase.name for phase in run.phases] == expected_phases
    for phase in run.phases:
        assert set(phase.nodes) == set(nodes)
        for key in ("cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count"):
            assert phase.totals[key].exactness == "exact", (phase.name, key)
        assert phase.totals["go_heap_bytes"].value > 1_000_000
        assert phase.totals["memory_peak_bytes"].value > 30_000_000
    assert run.closing.closes, run.closing
    assert {ended.status for ended in run.exits.values()} == {0}
    assert run.warnings == ()


def test_it_is_found_out_with_the_newest_protocol_that_it_knows(chosen):
    assert isinstance(chosen.factory, Statusd)
    assert chosen.factory.version != "unknown"
    assert chosen.factory.flavour.namespace == ("shh" if "v0.17" in chosen.subject.path else "waku")


def test_cold_start_and_idle(runner):
    (run,) = play(runner, "cold_start").runs
    check(run, ["boot", "account", "first_peer"])
    assert 1_000 < run.phase("first_peer").totals["sent_bytes"].value < 20_000
    (run,) = play(runner, "idle", seconds=16.0).runs  # peers ping each other every 15 s
    check(run, ["connect", "idle"])
    assert run.phase("idle").totals["sent_bytes"].value > 0


def test_messages_one_after_another_cost_more_each_than_a_burst_of_them(runner):
    (run,) = play(runner, "one_to_one", messages=6, step=0.0).runs
    check(run, ["accounts", "connect", "messages"])
    one_by_one = run.phase("messages").totals["sent_bytes"].value / 6
    (run,) = play(runner, "burst", messages=100, drain=1.0).runs
    check(run, ["accounts", "connect", "burst", "drain"])
    assert len(run.phase("burst").operations_ms) == 100
    together = run.phase("burst").totals["sent_bytes"].value / 100
    assert 200 < together < one_by_one


def test_an_open_loop_meets_the_ticks_at_every_phase(runner):
    """It sends and looks at ticks of a quarter of a second to one: a message is due anywhere between two of them."""
    (run,) = play(runner, "paced", messages=30, step=0.37).runs
    check(run, ["accounts", "connect", "paced"])
    latencies_ms = run.phase("paced").operations_ms
    assert len(latencies_ms) == 30
    parts_of_a_tick = {int(latency_ms % 300 // 30) for latency_ms in latencies_ms}
    assert len(parts_of_a_tick) >= 6, sorted(latencies_ms)


def test_messages_cross_a_line_three_times_in_a_row(runner):
    nodes = ["node01", "node02", "node03"]
    for run in play(runner, "relay_chain", runs=3, nodes=3, messages=6, step=0.0).runs:
        check(run, ["accounts", "connect", "messages"], nodes)
        found = run.phase("messages").totals
        assert (found["deliveries_count"].value, found["duplicates_count"].value) == (6, 0)


@pytest.mark.parametrize("name", ["login", "group_chat", "offline_catchup", "churn"])
def test_what_it_has_not_is_not_played(runner, name):
    with pytest.raises(
        NotSupportedError, match=f"not supported by this node: {name} needs .*, which statusd "
    ):
        play(runner, name)


def test_what_a_scenario_needs_may_be_anything(runner):
    found = discover(()).get("one_to_one")
    needy = Plan(attrs.evolve(found, needs=(Capability.ACCOUNTS,)), found.params_type(), 1)
    with pytest.raises(NotSupportedError, match=r"accounts with a password, which statusd .* has not"):
        runner.play(needy)

"""Real status-backend binaries, given in TCPERF_STATUS_BACKEND (several, separated like PATH)."""

import os
import statistics
from pathlib import Path

import pytest

from tcperf.cli.node import choose
from tcperf.interrupts import Interrupts
from tcperf.plan import Plan
from tcperf.registry import discover
from tcperf.runner import Folders, Runner

VARIABLE = "TCPERF_STATUS_BACKEND"
BINARIES = [path for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]
#: A prototype gave 420,082, 425,738 and 418,762 bytes for 100 messages in block order.
MOST_CV = 0.015

pytestmark = [
    pytest.mark.integration,
    pytest.mark.real_node,
    pytest.mark.skipif(not BINARIES, reason=f"no real node: {VARIABLE} names no status-backend binary"),
]


@pytest.fixture(params=BINARIES or [None], ids=[Path(path).name for path in BINARIES] or ["none"])
def runner(request, tmp_path):
    folders = Folders(tmp_path / "series", tmp_path / "logs")
    folders.series.mkdir()
    folders.logs.mkdir()
    with Interrupts() as interrupts:
        yield Runner("private", choose(Path(request.param)).factory, folders, print, interrupts)


def play(runner, name, runs=1, **values):
    found = discover(()).get(name)
    return runner.play(Plan(found, found.params_type(**values), runs))


def check(run, expected_phases, nodes=("alice", "bob")):
    assert [phase.name for phase in run.phases] == expected_phases
    for phase in run.phases:
        assert set(phase.nodes) == set(nodes)
        for key in ("cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count", "disk_written_bytes"):
            assert phase.totals[key].exactness == "exact", (phase.name, key)
        assert phase.totals["cpu_ms"].value > 0
        assert phase.totals["goroutines_count"].value > 0
        assert phase.totals["go_heap_bytes"].value > 1_000_000
        assert phase.totals["memory_peak_bytes"].value > 50_000_000
    assert run.closing.closes, run.closing
    assert run.warnings == ()


def test_cold_start_and_idle(runner):
    (run,) = play(runner, "cold_start").runs
    check(run, ["boot", "account", "first_peer"])
    assert run.phase("account").totals["cpu_ms"].value > 500
    (run,) = play(runner, "idle", seconds=16.0).runs  # a wrong fleet would drop its peer after about 7 s
    check(run, ["connect", "idle"])
    assert run.phase("idle").totals["sent_bytes"].value > 0


def test_both_orders_deliver(runner):
    sent = {}
    for order in ("blocks", "alternate"):
        (run,) = play(runner, "one_to_one", messages=6, order=order).runs
        check(run, ["accounts", "connect", "messages"])
        sent[order] = run.phase("messages").totals["sent_bytes"].value
    assert 0.5 < sent["alternate"] / sent["blocks"] < 2


def test_a_hundred_messages_three_times_in_a_row(runner):
    played = play(runner, "one_to_one", runs=3, messages=100)
    for run in played.runs:
        check(run, ["accounts", "connect", "messages"])
        assert len(run.phase("messages").operations_ms) == 100
    sent = [run.phase("messages").totals["sent_bytes"].value for run in played.runs]
    assert statistics.stdev(sent) / statistics.mean(sent) <= MOST_CV, sent


def test_a_group_three_times_in_a_row(runner):
    members = ["member01", "member02", "member03"]
    for run in play(runner, "group_chat", runs=3, members=3, messages=6).runs:
        check(run, ["accounts", "connect", "group", "messages"], members)
        found = run.phase("messages").totals
        assert (found["deliveries_count"].value, found["duplicates_count"].value) == (12, 0)
        assert len(run.phase("messages").operations_ms) == 6


def test_a_line_three_times_in_a_row(runner):
    nodes = ["node01", "node02", "node03"]
    for run in play(runner, "relay_chain", runs=3, nodes=3, messages=6).runs:
        check(run, ["accounts", "connect", "messages"], nodes)
        found = run.phase("messages").totals
        assert (found["deliveries_count"].value, found["duplicates_count"].value) == (6, 0)


def test_an_open_loop_meets_the_tickers_at_every_phase(runner):
    """In a closed loop the latencies pile up at whole ticks of a second; here they spread over all of one."""
    (run,) = play(runner, "paced", messages=25).runs
    check(run, ["accounts", "connect", "paced"])
    latencies_ms = run.phase("paced").operations_ms
    assert len(latencies_ms) == 25
    tenths = {int(latency_ms // 100) % 10 for latency_ms in latencies_ms}
    assert len(tenths) >= 6, sorted(latencies_ms)
    assert max(latencies_ms) - min(latencies_ms) > 500


def test_a_message_alone_costs_more_bytes_than_one_of_a_burst(runner):
    (alone,) = play(runner, "one_to_one", messages=10).runs
    (burst,) = play(runner, "burst", messages=10, drain=1.0).runs
    bytes_each = [
        run.phase(name).totals["delivery_bytes"].value
        for run, name in ((alone, "messages"), (burst, "burst"))
    ]
    assert bytes_each[0] > 1.3 * bytes_each[1], bytes_each


def test_two_log_ins_three_times_in_a_row(runner):
    for run in play(runner, "login", runs=3).runs:
        check(run, ["account", "restart", "first", "logout", "second"], ["alice"])
        assert run.exits.keys() == {"alice", "alice.2"}
        assert run.phase("second").totals["time_ms"].value > 100


def test_what_was_sent_to_a_node_that_was_away_arrives_when_it_is_back(runner):
    (run,) = play(runner, "offline_catchup", messages=3).runs
    assert run.exits.keys() == {"alice", "bob", "bob.2"}
    assert run.closing.closes
    found = run.phase("back").totals
    assert found["deliveries_count"].value == 3
    assert found["time_ms"].value > 1_000


def test_nothing_is_lost_of_what_is_sent_to_nodes_that_come_and_go(runner):
    (run,) = play(runner, "churn", peers=2, messages=8, every=2).runs
    assert len(run.exits) == 5
    found = run.phase("churn").totals
    assert (found["deliveries_count"].value, found["lost_count"].value) == (8, 0)


def test_many_chats_and_a_node_that_is_alone(runner):
    (run,) = play(runner, "many_chats", peers=3, messages=6).runs
    check(run, ["accounts", "connect", "chats"], ["alice", "peer_1", "peer_2", "peer_3"])
    (run,) = play(runner, "idle", peers=0, seconds=6.0).runs
    check(run, ["connect", "idle"], ["alice"])

"""Real status-backend binaries, given in TCPERF_STATUS_BACKEND (several, separated like PATH)."""

import os
import statistics
from pathlib import Path

import pytest

from tcperf.cli.node import choose
from tcperf.interrupts import Interrupts
from tcperf.registry import discover
from tcperf.runner import Folders, Plan, Runner

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


def check(run, expected_phases):
    assert [phase.name for phase in run.phases] == expected_phases
    for phase in run.phases:
        assert set(phase.nodes) == {"alice", "bob"}
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

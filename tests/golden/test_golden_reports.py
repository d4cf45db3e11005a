"""Reports as they were accepted, to the byte.

After a wanted change, ``TCPERF_UPDATE_GOLDEN=1 pytest tests/golden/test_golden_reports.py`` writes the files
anew; read the difference before committing it.
"""

import io
from pathlib import Path

import attrs
import comparisons
import goldens
import pytest
import samples

from tcperf import results
from tcperf.command.life import Life, Stretch, end_edge
from tcperf.command.tree import Left
from tcperf.gating import Gate
from tcperf.metrics import PHASE_METRICS
from tcperf.model import NodeExit, PhaseInfo, Run, ScenarioInfo
from tcperf.network.interface import Counters, Exit
from tcperf.probes.node import Edge
from tcperf.probes.reading import Amount, Reading, State, Work
from tcperf.reports import (
    comparisons_csv,
    console,
    console_builds,
    junit,
    markdown,
    summary_csv,
    table_csv,
    teamcity,
)
from tcperf.reports.builds import gather
from tcperf.teamcity import ServiceMessages

FOLDER = Path(__file__).parent / "reports"
NOW = 1_795_572_847.25
REPORT = Path("/home/tcperf-report/report.html")


def troubled():
    """One run with the bundled node whose traffic does not add up, and a figure that was not measured."""
    result = samples.reference_result(warnings=("idle failed and is not in these results: bob ended",))
    run = result.runs[0]
    *phases, last = run.phases
    totals = {key: value for key, value in last.totals.items() if key != "memory_peak_bytes"}
    closing = attrs.evolve(run.closing, received_bytes=run.closing.received_bytes - 1514, dropped_packets=1)
    run = attrs.evolve(run, phases=(*phases, attrs.evolve(last, totals=totals)), closing=closing)
    return attrs.evolve(result, runs=(run,))


def told(result):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output, now=lambda: NOW), REPORT.parent)
    return output.getvalue().decode("ascii")


def program():
    """The life of a program that marked one phase of it, and whose peak was seen by looks."""
    ended = Exit(0, 480.0, 25.0, 10, 3, 900, 0, began_ns=10**9, ended_ns=3 * 10**9, peak_bytes=64 << 20)
    before, between, after = Counters(0, 0, 0, 0, 0), Counters(0, 0, 0, 0, 0), Counters(1420, 90, 10, 2, 0)
    work = Work(Amount(105_000_000, "exact", "cpu clock"), 100, 5, 0)
    at_mark = Edge(Reading(work, State(), frozenset()), between)
    life = Life(
        [
            Stretch(
                "",
                10**9,
                2 * 10**9,
                Edge(None, before, 5_000_000),
                at_mark,
                Amount(9 << 20, "sampled", "VmHWM"),
            ),
            Stretch(
                "load",
                2 * 10**9,
                3 * 10**9,
                at_mark,
                end_edge(ended, after),
                Amount(64 << 20, "exact", "wait4"),
            ),
        ]
    )
    phases = (*life.named(10**9), life.whole("run", ended, Left(), 10**9))
    info = ScenarioInfo(
        "index", "", {}, tuple(PhaseInfo(name, True, PHASE_METRICS) for name in ("run", "load"))
    )
    run = Run("index-1", "head", "index", 0, phases)
    return attrs.evolve(samples.result(runs=1), scenarios=(info,), runs=(run,))


def builds():
    """Three results: one over a bad network, one with another version, and one with fewer runs on another machine."""
    later, last = "2026-11-26T02:14:07+00:00", "2026-11-27T02:14:07+00:00"
    second, third = samples.result(runs=5), samples.result(runs=2)
    subject = attrs.evolve(samples.BACKEND, version="v10.31.0-rc.2")
    return [
        ("monday.json", samples.emulated()),
        (
            "tuesday.json",
            attrs.evolve(second, tool=attrs.evolve(second.tool, started=later), subjects={"head": subject}),
        ),
        (
            "wednesday.json",
            attrs.evolve(
                third,
                tool=attrs.evolve(third.tool, started=last),
                environment=attrs.evolve(third.environment, cpu_count=8),
            ),
        ),
    ]


@pytest.fixture(autouse=True)
def _one_time_zone(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


MADE = {
    "console.txt": lambda: console.render(samples.result(), 80, REPORT),
    "console_program.txt": lambda: console.render(program(), 80, REPORT),
    "console_reference.txt": lambda: console.render(troubled(), 80, REPORT),
    "console_emulated.txt": lambda: console.render(samples.emulated(), 80, REPORT),
    "console_host_network.txt": lambda: console.render(samples.result(network="host"), 80),
    "console_worse.txt": lambda: console.render(comparisons.paired(), 80, REPORT),
    "console_unchanged.txt": lambda: console.render(comparisons.clean(), 80, REPORT),
    "console_history.txt": lambda: console.render(comparisons.beside_history(), 80, REPORT),
    "report_history.md": lambda: markdown.render(comparisons.beside_history()),
    "console_not_compared.txt": lambda: console.render(comparisons.failed(), 80, REPORT),
    "report_worse.md": lambda: markdown.render(comparisons.paired()),
    "report_not_compared.md": lambda: markdown.render(comparisons.failed()),
    "report.md": lambda: markdown.render(samples.reference_result()),
    "summary.csv": lambda: summary_csv.render([samples.result(), comparisons.paired()]),
    "junit.xml": lambda: junit.render(comparisons.paired(), Gate()),
    "junit_not_compared.xml": lambda: junit.render(comparisons.failed(), Gate()),
    "junit_alone.xml": lambda: junit.render(samples.reference_result(), Gate()),
    "console_builds.txt": lambda: console_builds.render(gather(builds())),
    "comparisons.csv": lambda: comparisons_csv.render(comparisons.paired()),
    "results.csv": lambda: table_csv.render(samples.reference_result()),
    "results.json": lambda: results.dumps(samples.reference_result()),
    "teamcity.txt": lambda: told(samples.result()),
    "teamcity_reference.txt": lambda: told(troubled()),
    "teamcity_host_network.txt": lambda: told(samples.result(network="host")),
}


@pytest.mark.parametrize("name", MADE)
def test_a_report_is_as_it_was_accepted(name):
    goldens.check(FOLDER / name, MADE[name]())


def test_no_accepted_report_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)


def test_a_file_of_this_schema_stays_readable():
    """Written by the release that brought the schema; it is never written anew without a new schema."""
    assert results.load(FOLDER / "results.json") == samples.reference_result()


def test_a_file_from_before_runs_were_paired_stays_readable():
    """No comparison, no pairing and nothing of a run's surroundings was in it."""
    assert results.load(FOLDER.parent / "results_without_pairs.json") == samples.reference_result()


def test_a_file_from_before_traffic_was_attributed_stays_readable():
    """What came to the schema is absent in it: nothing was captured, and the system told no switches."""
    loaded = results.load(FOLDER.parent / "results_without_traffic.json")
    made = samples.reference_result()
    (run,) = made.runs
    exits = {name: NodeExit(each.status, each.user_ms, each.system_ms) for name, each in run.exits.items()}
    assert loaded == attrs.evolve(made, runs=(attrs.evolve(run, exits=exits, traffic=(), capture=None),))
    assert "largest" not in console.render(loaded)


def test_a_file_from_before_past_builds_were_seen_beside_stays_readable():
    """It has no history."""
    assert results.load(FOLDER.parent / "results_without_history.json") == samples.reference_result()

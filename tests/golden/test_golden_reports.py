"""Reports as they were accepted, to the byte.

After a wanted change, ``TCPERF_UPDATE_GOLDEN=1 pytest tests/golden/test_golden_reports.py`` writes the files
anew; read the difference before committing it.
"""

import io
import os
from pathlib import Path

import attrs
import comparisons
import pytest
import samples

from tcperf import results
from tcperf.model import NodeExit
from tcperf.reports import comparisons_csv, console, markdown, table_csv, teamcity
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
    "console_reference.txt": lambda: console.render(troubled(), 80, REPORT),
    "console_emulated.txt": lambda: console.render(samples.emulated(), 80, REPORT),
    "console_host_network.txt": lambda: console.render(samples.result(network="host"), 80),
    "console_worse.txt": lambda: console.render(comparisons.paired(), 80, REPORT),
    "console_unchanged.txt": lambda: console.render(comparisons.clean(), 80, REPORT),
    "console_not_compared.txt": lambda: console.render(comparisons.failed(), 80, REPORT),
    "comparison.md": lambda: markdown.render(comparisons.paired()),
    "comparison_not_compared.md": lambda: markdown.render(comparisons.failed()),
    "comparisons.csv": lambda: comparisons_csv.render(comparisons.paired()),
    "results.csv": lambda: table_csv.render(samples.reference_result()),
    "results.json": lambda: results.dumps(samples.reference_result()),
    "teamcity.txt": lambda: told(samples.result()),
    "teamcity_reference.txt": lambda: told(troubled()),
    "teamcity_host_network.txt": lambda: told(samples.result(network="host")),
}


@pytest.mark.parametrize("name", MADE)
def test_a_report_is_as_it_was_accepted(name):
    made = MADE[name]().encode("utf-8")
    path = FOLDER / name
    if os.environ.get("TCPERF_UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_bytes(made)
    assert made == path.read_bytes()


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

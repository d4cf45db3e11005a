"""summary.csv: one row a build, one column a published figure."""

import csv
import io
import re

import attrs
import comparisons as made
import pytest
import samples

from tcperf.metrics import TRAFFIC_METRICS
from tcperf.reports.summary_csv import ABOUT, declared, render, revision
from tcperf.summary import published

SENT = "tcperf.one_to_one.messages.sent_bytes"


def rows(*results):
    """The rows of the file, each by the header's names."""
    return list(csv.DictReader(io.StringIO(render(results), newline="")))


def test_a_build_is_a_row_and_a_published_figure_a_column():
    result = samples.result()
    (row,) = rows(result)
    assert tuple(row)[: len(ABOUT)] == ABOUT
    assert tuple(row)[len(ABOUT) :] == tuple(summary.key for summary in published(result))
    assert {key: float(row[key]) for key in tuple(row)[len(ABOUT) :]} == {
        summary.key: summary.median for summary in published(result)
    }
    assert row[SENT] == "420082"


def test_a_row_tells_of_its_build():
    (row,) = rows(samples.result())
    assert {name: row[name] for name in ABOUT} == {
        "started": "2026-11-25T02:14:07+00:00",
        "version": "4c6ca00520e0",
        "revision": "4c6ca00520e0",
        "sha256": samples.SHA256,
        "machine": "agent-7",
        "network": "private",
        "verdict": "",
    }


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (made.paired((made.WORSE,), pairs=1), "worse"),
        (made.clean(pairs=1), "ok"),
        (made.failed(), "not_compared"),
        (samples.result(), ""),
    ],
)
def test_the_verdict_is_that_of_the_whole_result(result, verdict):
    (row,) = rows(result)
    assert row["verdict"] == verdict


def test_a_figure_is_that_of_the_head():
    (row,) = rows(made.paired((made.WORSE,)))
    assert 440_000 < float(row[SENT]) < 452_000


def test_rows_of_several_builds_stand_below_each_other():
    """A figure that one of them lacks is empty there, and has its column."""
    alone = samples.reference_result()
    host = samples.result(network="host")
    found = rows(samples.result(), alone, host)
    assert [row[SENT] for row in found] == ["420082", "", ""]
    assert [row["tcperf.reference.one_to_one.messages.sent_bytes"] for row in found] == ["", "420082", ""]
    assert [row["tcperf.one_to_one.messages.cpu_ms"] != "" for row in found] == [True, False, True]
    assert len({tuple(row) for row in found}) == 1


def test_a_figure_that_no_run_has_keeps_its_column():
    result = samples.reference_result()
    (run,) = result.runs
    *phases, last = run.phases
    totals = {key: value for key, value in last.totals.items() if key != "cpu_ms"}
    lacking = attrs.evolve(
        result, runs=(attrs.evolve(run, phases=(*phases, attrs.evolve(last, totals=totals))),)
    )
    (row,) = rows(lacking)
    assert row["tcperf.reference.one_to_one.messages.cpu_ms"] == ""
    assert tuple(row) == tuple(rows(result)[0])


def test_on_the_hosts_network_traffic_has_an_empty_column():
    (row,) = rows(samples.result(network="host"))
    assert tuple(row) == tuple(rows(samples.result())[0])
    traffic = [key for key in row if key.endswith(TRAFFIC_METRICS)]
    assert SENT in traffic
    assert {row[key] for key in traffic} == {""}
    assert row["network"] == "host"


def test_a_scenario_that_failed_keeps_its_columns():
    failed = attrs.evolve(
        samples.result(scenarios=(samples.ONE_TO_ONE,)), left_out=(samples.COLD_START,), runs=()
    )
    (row,) = rows(failed)
    assert tuple(row) == tuple(rows(samples.result())[0])
    assert {row[key] for key in tuple(row)[len(ABOUT) :]} == {""}


def test_what_a_result_declares_is_what_it_publishes():
    assert list(declared(samples.result())) == [summary.key for summary in published(samples.result())]


def test_nothing_measured_is_a_row_all_the_same():
    nothing = attrs.evolve(samples.result(), subjects={}, scenarios=(), runs=())
    (row,) = rows(nothing)
    assert tuple(row) == ABOUT
    assert (row["version"], row["sha256"], row["revision"]) == ("", "", "")


def test_a_program_without_build_information_has_no_revision():
    subject = attrs.evolve(samples.BACKEND, go=None)
    assert revision(attrs.evolve(samples.result(), subjects={"head": subject})) == ""
    unversioned = attrs.evolve(samples.BACKEND, go=attrs.evolve(samples.GO, settings={}))
    assert revision(attrs.evolve(samples.result(), subjects={"head": unversioned})) == ""


def test_without_a_result_there_is_the_header_alone():
    assert render([]) == ",".join(ABOUT) + "\n"


def test_lines_end_as_unix_tools_take_them_and_numbers_are_plain():
    text = render([samples.result(), made.paired(pairs=3)])
    assert "\r" not in text
    assert text.count("\n") == 3
    assert text.endswith("\n")
    for row in rows(samples.result(), made.paired(pairs=3)):
        for key in tuple(row)[len(ABOUT) :]:
            assert re.fullmatch(r"(\d+(\.\d+)?)?", row[key])


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_is_calculated_or_breaks_the_table(text):
    found = rows(samples.hostile(text), samples.result())
    assert len(found) == 2
    for row in found:
        for cell in (*row, *row.values()):
            assert not cell.lstrip().startswith(("=", "+", "@", "-"))
            assert all(letter.isprintable() for letter in cell)

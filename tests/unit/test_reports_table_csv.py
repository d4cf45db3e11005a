"""results.csv, as a spreadsheet and a program read it."""

import csv
import io

import attrs
import pytest
import samples

from tcperf.model import Measurement
from tcperf.reports.table_csv import HEADER, render


def rows(result):
    return list(csv.DictReader(io.StringIO(render(result), newline="")))


def test_the_header_is_the_contracts():
    first = render(samples.result()).splitlines()[0]
    assert first == "run,order,subject,scenario,phase,node,metric,value,unit,exactness,source,discarded"
    assert ",".join(HEADER) == first


def test_there_is_one_row_for_every_number():
    result = samples.result()
    expected = sum(
        len(measurements)
        for run in result.runs
        for phase in run.phases
        for measurements in (phase.totals, *phase.nodes.values())
    )
    found = rows(result)
    assert len(found) == expected
    keys = {(row["run"], row["scenario"], row["phase"], row["node"], row["metric"]) for row in found}
    assert len(keys) == expected


def test_a_row_says_all_of_its_number():
    found = [row for row in rows(samples.result()) if row["run"] == "one_to_one-2"]
    row = next(r for r in found if (r["phase"], r["node"], r["metric"]) == ("messages", "bob", "cpu_ms"))
    assert row == {
        "run": "one_to_one-2", "order": "1", "subject": "head", "scenario": "one_to_one", "phase": "messages",
        "node": "bob", "metric": "cpu_ms", "value": "9086.844", "unit": "ms", "exactness": "exact",
        "source": "clock", "discarded": "false",
    }  # fmt: skip


def test_an_empty_node_is_the_total():
    found = [
        row for row in rows(samples.result()) if row["metric"] == "sent_bytes" and row["phase"] == "connect"
    ]
    assert [row["node"] for row in found[:3]] == ["", "alice", "bob"]
    total, *nodes = (int(row["value"]) for row in found[:3])
    assert total == sum(nodes)


def test_a_discarded_run_is_marked():
    result = samples.reference_result()
    result = attrs.evolve(result, runs=(attrs.evolve(result.runs[0], discarded=True),))
    assert {row["discarded"] for row in rows(result)} == {"true"}


def test_numbers_are_plain_and_lines_end_in_a_line_feed():
    text = render(samples.result())
    assert "\r" not in text
    assert text.endswith("\n")
    assert not text.startswith("\ufeff")
    for row in rows(samples.result()):
        assert set(row["value"]) <= set("0123456789.")
        float(row["value"])


@pytest.mark.parametrize("value", [1e-7, 1.5e12, 0.1, 3, -2.5])
def test_a_number_is_written_without_an_exponent(value):
    result = samples.reference_result()
    phase = attrs.evolve(
        result.runs[0].phases[0], nodes={}, totals={"cpu_ms": Measurement(value, "ms", "exact", "x")}
    )
    (row,) = rows(attrs.evolve(result, runs=(attrs.evolve(result.runs[0], phases=(phase,)),)))
    assert float(row["value"]) == value
    assert "e" not in row["value"]
    assert not row["value"].startswith("'")


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_breaks_a_row_or_is_calculated(text):
    found = rows(samples.hostile(text))
    assert {len(row) for row in found} == {len(HEADER)}
    assert all(None not in row and None not in row.values() for row in found)
    render(samples.hostile(text)).encode("utf-8")
    for row in found:
        for column in ("run", "subject", "scenario", "phase", "node", "metric", "unit", "source"):
            assert not row[column].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "\r=1"])
def test_a_formula_becomes_a_text(formula):
    found = rows(samples.hostile(formula))
    sources = {row["source"] for row in found}
    assert any(source.startswith(("'", " ")) for source in sources)
    assert not any(source.startswith(formula[0]) for source in sources)

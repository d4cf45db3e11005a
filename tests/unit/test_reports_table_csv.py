"""results.csv, as a spreadsheet and a program read it."""

import csv
import io

import attrs
import pytest
import samples

from tcperf.measurement import Measurement
from tcperf.reports.comparisons_csv import COLUMNS
from tcperf.reports.table_csv import HEADER, render


def rows(result):
    return list(csv.DictReader(io.StringIO(render(result), newline="")))


def test_the_header_is_the_contracts():
    """Columns are only ever added, and behind those that there are: the place of a column is public, too."""
    first = render(samples.result()).splitlines()[0]
    assert first == (
        "run,order,subject,scenario,phase,node,metric,value,unit,exactness,source,discarded,"
        "direction,peer,protocol,role,pair,verdict,gated,paired,pairs,worse_pairs,base_median,effect_pct,low_pct,"
        "high_pct,p,noise_pct,visible_pct,threshold_pct,floor,limit,note,explanation,accepted,history_builds"
    )
    assert ",".join(HEADER) == first


def test_there_is_one_row_for_every_number():
    result = samples.result()
    expected = sum(
        len(measurements)
        for run in result.runs
        for phase in run.phases
        for measurements in (phase.totals, *phase.nodes.values())
    )
    expected += sum(7 * len(run.traffic) for run in result.runs)
    found = rows(result)
    assert len(found) == expected
    numbers = ("value", "unit", "exactness", "source")
    keys = {tuple(text for name, text in row.items() if name not in numbers) for row in found}
    assert len(keys) == expected


def test_a_row_says_all_of_its_number():
    found = [row for row in rows(samples.result()) if row["run"] == "one_to_one-2"]
    row = next(r for r in found if (r["phase"], r["node"], r["metric"]) == ("messages", "bob", "cpu_ms"))
    assert row == {
        "run": "one_to_one-2", "order": "1", "subject": "head", "scenario": "one_to_one", "phase": "messages",
        "node": "bob", "metric": "cpu_ms", "value": "9086.844", "unit": "ms", "exactness": "exact",
        "source": "clock", "discarded": "false", "direction": "", "peer": "", "protocol": "", "role": "",
        "pair": "", **dict.fromkeys(COLUMNS, ""),
    }  # fmt: skip


def flow_rows(result, **wanted):
    return [row for row in rows(result) if wanted.items() <= row.items()]


def test_a_flow_has_a_row_for_each_of_its_numbers():
    result = samples.result()
    found = flow_rows(
        result, run="one_to_one-2", phase="messages", node="alice", direction="sent", peer="bob"
    )
    (row,) = [
        row
        for row in result.runs[1].traffic
        if (row.phase, row.node, row.direction, row.peer) == ("messages", "alice", "sent", "bob")
    ]
    assert {each["metric"]: (each["value"], each["unit"]) for each in found} == {
        "frame_bytes": (str(row.frame_bytes), "bytes"),
        "ip_bytes": (str(row.ip_bytes), "bytes"),
        "payload_bytes": (str(row.payload_bytes), "bytes"),
        "packets_count": (str(row.packets), "count"),
        "retransmissions_count": (str(row.retransmissions), "count"),
        "connections_count": (str(row.connections), "count"),
        "short_connections_count": (str(row.short_connections), "count"),
    }
    told = {(r["protocol"], r["role"], r["exactness"], r["source"], r["discarded"]) for r in found}
    assert told == {("tcp", "p2p", "exact", "capture", "false")}


def test_flows_follow_their_phase_and_what_was_outside_of_phases_is_last():
    found = flow_rows(samples.result(), run="one_to_one-1")
    blocks = [(row["phase"], row["source"] == "capture") for row in found]
    assert list(dict.fromkeys(blocks)) == [
        ("accounts", False), ("accounts", True), ("connect", False), ("connect", True),
        ("messages", False), ("messages", True), ("", True),
    ]  # fmt: skip
    assert blocks == sorted(blocks, key=list(dict.fromkeys(blocks)).index)


def test_a_flow_of_a_phase_that_has_no_figures_is_not_lost():
    result = samples.reference_result()
    (run,) = result.runs
    result = attrs.evolve(result, runs=(attrs.evolve(run, phases=run.phases[1:]),))
    assert len(flow_rows(result, phase="accounts", source="capture")) == 7 * 8


def test_the_flows_of_a_run_that_was_not_captured_exactly_are_sampled():
    found = flow_rows(samples.emulated(), source="capture")
    assert {row["exactness"] for row in found if row["run"] == "cold_start-3"} == {"sampled"}
    assert {row["exactness"] for row in found if row["run"] != "cold_start-3"} == {"exact"}
    run = attrs.evolve(samples.reference_result().runs[0], capture=None)
    uncaptured = flow_rows(attrs.evolve(samples.reference_result(), runs=(run,)), source="capture")
    assert {row["exactness"] for row in uncaptured} == {"sampled"}


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
    run = attrs.evolve(result.runs[0], phases=(phase,), traffic=())
    (row,) = rows(attrs.evolve(result, runs=(run,)))
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
        for column in ("run", "subject", "scenario", "phase", "node", "metric", "unit", "source", "peer"):
            assert not row[column].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "\r=1"])
def test_a_formula_becomes_a_text(formula):
    found = rows(samples.hostile(formula))
    sources = {row["source"] for row in found}
    assert any(source.startswith(("'", " ")) for source in sources)
    assert not any(source.startswith(formula[0]) for source in sources)

"""Comparisons as rows of a table."""

import csv
import io

import attrs
import comparisons as made
import pytest
import samples

from tcperf.reports import comparisons_csv, table_csv
from tcperf.reports.comparisons_csv import COLUMNS, HEADER


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def table(*comparisons):
    return rows(comparisons_csv.render(made.paired(comparisons)))


def test_the_columns_are_public():
    assert comparisons_csv.render(samples.result()) == (
        "key,scenario,phase,metric,unit,published,head_median,verdict,gated,paired,pairs,worse_pairs,base_median,"
        "effect_pct,low_pct,high_pct,p,noise_pct,visible_pct,threshold_pct,floor,limit,note,explanation,accepted,"
        "history_builds\n"
    )
    assert set(COLUMNS) < set(HEADER)


def test_a_row_says_all_of_a_comparison():
    (row,) = table(made.WORSE)
    assert row == {
        "key": "tcperf.one_to_one.messages.sent_bytes", "scenario": "one_to_one", "phase": "messages",
        "metric": "sent_bytes", "unit": "bytes", "published": "true", "head_median": "446127",
        "verdict": "worse", "gated": "true", "paired": "true", "pairs": "10", "worse_pairs": "10",
        "base_median": "420082", "effect_pct": "6.2", "low_pct": "4.9", "high_pct": "7.6", "p": "0.0009765625",
        "noise_pct": "0.9", "visible_pct": "1.4", "threshold_pct": "3", "floor": "4096", "limit": "",
        "note": "", "explanation": "all of it alice→bob TCP in messages, +25.4 KiB", "accepted": "", "history_builds": "",
    }  # fmt: skip


def test_what_is_not_known_is_empty_and_never_0():
    (row,) = table(attrs.evolve(made.LOST, head_median=None))
    assert row["verdict"] == "not_compared"
    known = {name for name, text in row.items() if text}
    assert known == {
        "key", "scenario", "phase", "metric", "unit", "published", "verdict", "gated", "paired", "pairs",
        "worse_pairs", "note",
    }  # fmt: skip


def test_the_order_is_the_results():
    assert [row["metric"] for row in table(*made.ALL)] == [each.metric for each in made.ALL]
    assert [row["verdict"] for row in table(*made.ALL)][:2] == ["over_budget", "worse"]


def test_the_unit_of_a_metric_that_is_not_known_is_the_end_of_its_key():
    (row,) = table(attrs.evolve(made.WORSE, metric="sigils_per_furlong"))
    assert row["unit"] == "furlong"


def test_numbers_are_plain():
    (row,) = table(attrs.evolve(made.WORSE, p=1e-9, effect_pct=-12.5))
    assert row["p"] == "0.000000001"
    assert row["effect_pct"] == "-12.5"


# --- in results.csv ----------------------------------------------------------------------------------


def test_results_csv_ends_with_the_comparisons():
    found = rows(table_csv.render(made.paired()))
    last = found[-len(made.ALL) :]
    assert {row["subject"] for row in last} == {"comparison"}
    assert {row["subject"] for row in found[: -len(made.ALL)]} == {"head", "base"}
    assert [row["metric"] for row in last] == [each.metric for each in made.ALL]


def test_a_comparison_is_no_runs_nodes_or_flows():
    row = rows(table_csv.render(made.paired((made.WORSE,))))[-1]
    assert {row[name] for name in ("run", "order", "node", "exactness", "direction", "peer", "pair")} == {""}
    assert (row["value"], row["unit"], row["source"]) == ("446127", "bytes", "comparison")
    assert (row["verdict"], row["effect_pct"], row["pairs"]) == ("worse", "6.2", "10")


def test_a_runs_rows_have_its_pair_and_no_verdict():
    found = [row for row in rows(table_csv.render(made.paired(pairs=2))) if row["run"]]
    assert {row["pair"] for row in found if row["run"] == "one_to_one-p01-base"} == {"1"}
    assert {row["pair"] for row in found if row["run"] == "one_to_one-w-base"} == {""}
    assert {row[name] for row in found for name in COLUMNS} == {""}
    assert {row["discarded"] for row in found if row["pair"] == ""} == {"true"}


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_breaks_a_row_or_is_calculated(text):
    told = attrs.evolve(
        made.WORSE,
        key=text,
        scenario=text,
        phase=text,
        metric=text,
        note=text,
        explanation=text,
        accepted=text,
    )
    for found in (table(told), rows(table_csv.render(made.paired((told,))))[-1:]):
        (row,) = found
        assert None not in row
        for name in {"key", "scenario", "phase", "metric", "unit", "note", "explanation", "accepted"} & set(
            row
        ):
            assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_past_builds_are_counted_behind_everything_else():
    (row,) = table(made.UNUSUAL)
    assert (row["history_builds"], row["paired"], row["pairs"], row["visible_pct"]) == (
        "12",
        "false",
        "0",
        "2.1",
    )

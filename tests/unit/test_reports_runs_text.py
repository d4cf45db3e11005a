"""The figures behind a comparison, as text."""

import attrs
import comparisons
import pytest
import samples

from tcperf.columns import Column
from tcperf.reports.runs_text import runs_text

SENT = Column("one_to_one", "messages", "sent_bytes", published=True, reference=False)
PAIRS = ((420_082, 446_127), (400_000, 440_000))


def column(**values):
    return attrs.evolve(SENT, **values)


def of_pairs(count):
    pairs = (PAIRS * count)[:count]
    return column(pairs=pairs, base=tuple(one for one, _ in pairs), head=tuple(one for _, one in pairs))


def test_pairs_stand_in_columns_in_their_order():
    assert runs_text(comparisons.WORSE, of_pairs(2)).split("\n") == [
        "median of the base 410 KiB, of the head 436 KiB",
        "pair     base     head   change",
        "   1  410 KiB  436 KiB   +6.2 %",
        "   2  391 KiB  430 KiB  +10.0 %",
    ]


def test_of_a_base_of_nothing_there_is_no_change_in_percent():
    grown = attrs.evolve(comparisons.WORSE, base_median=0, effect_pct=None)
    assert runs_text(grown, column(pairs=((0, 4096), (2048, 4096)))).split("\n")[1:] == [
        "pair      base      head  change",
        "   1       0 B  4.00 KiB",
        "   2  2.00 KiB  4.00 KiB  +100 %",
    ]


def test_very_many_pairs_are_cut_and_counted():
    each = attrs.evolve(comparisons.WORSE, pairs=55)
    lines = runs_text(each, of_pairs(55)).split("\n")
    assert len(lines) == 2 + 40 + 1
    assert lines[-2].split()[0] == "40"
    assert lines[-1] == "and 15 more in the report"


def test_pairs_that_came_after_the_decision_are_said_to_be():
    decided = attrs.evolve(comparisons.WORSE, pairs=7)
    assert runs_text(decided, of_pairs(10)).split("\n")[-1] == "decided after 7 pairs"
    assert "decided" not in runs_text(decided, of_pairs(7))


def test_samples_that_are_no_pairs_are_told_side_by_side():
    unpaired = attrs.evolve(comparisons.WORSE, paired=False)
    assert runs_text(unpaired, of_pairs(2)).split("\n") == [
        "median of the base 410 KiB, of the head 436 KiB",
        "runs of the base: 410 KiB, 391 KiB",
        "runs of the head: 436 KiB, 430 KiB",
    ]


def test_of_an_earlier_result_only_the_median_is_known():
    unpaired = attrs.evolve(comparisons.WORSE, paired=False)
    assert runs_text(unpaired, column(head=(446_127,))).split("\n") == [
        "median of the base 410 KiB, of the head 436 KiB",
        "runs of the head: 436 KiB",
    ]


def test_past_builds_are_told_oldest_first():
    told = runs_text(comparisons.UNUSUAL, column(head=(446_127,)), (410_000, 420_082, 430_000))
    assert told.split("\n") == [
        "median of past builds 410 KiB, of the head 436 KiB",
        "past builds, oldest first: 400 KiB, 410 KiB, 420 KiB",
        "runs of the head: 436 KiB",
    ]


def test_of_many_builds_the_last_ones_are_told():
    past = tuple(1024 * number for number in range(1, 101))
    line = runs_text(comparisons.UNUSUAL, None, past).split("\n")[1]
    assert line.startswith("past builds, oldest first: (60 earlier ones) 61.0 KiB, 62.0 KiB, ")
    assert line.endswith(", 99.0 KiB, 100 KiB")


def test_a_limit_is_told_without_a_base():
    limited = attrs.evolve(comparisons.OVER, change="not_compared", base_median=None)
    assert runs_text(limited, column(metric="memory_peak_bytes", head=(353_370_112,))).split("\n") == [
        "median of the head 337 MiB; limit 320 MiB",
        "runs of the head: 337 MiB",
    ]


def test_where_nothing_is_known_nothing_is_said():
    assert runs_text(comparisons.comparison("cpu_ms", "not_compared"), None) == ""
    assert runs_text(comparisons.comparison("cpu_ms", "not_compared"), column(metric="cpu_ms")) == ""


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_a_unit_of_any_length_steers_nothing(text):
    strange = attrs.evolve(comparisons.WORSE, metric=f"x_{text}")
    lines = runs_text(strange, column(metric=strange.metric, pairs=PAIRS)).split("\n")
    assert len(lines) == 4
    assert max(map(len, lines)) <= 4 + 3 * 26
    assert not any("\x1b" in line or "\x00" in line for line in lines)

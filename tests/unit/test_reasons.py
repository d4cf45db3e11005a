"""Why a change cannot be told, in words that say what would help."""

import math
import re

import attrs
import comparisons
import pytest
from scipy import stats as oracle

from tcperf.comparison import Pairing
from tcperf.gate import ALPHA, SINGLE_ALPHA, Criterion, decide, judge, weigh_pairs, weigh_samples
from tcperf.quantities import parse_amount
from tcperf.reasons import (
    OTHERWISE,
    QUIETER,
    cut_short,
    ended,
    few_pairs,
    few_runs,
    floor,
    least_pairs,
    least_samples,
    undecided,
    warnings,
)

THREE_PERCENT = Criterion(0.03, floor=4096)


def pairs(*percents, base=1_000_000):
    return [(base, base * (1 + percent / 100)) for percent in percents]


def told(evidence, criterion=THREE_PERCENT, unit="bytes", alpha=ALPHA):
    assert judge(evidence, criterion, alpha) == "cannot_tell"
    return undecided(evidence, criterion, unit)


def test_too_few_pairs_for_any_proof():
    assert told(weigh_pairs(pairs(6, 7, 8, 9))) == "8 or more pairs are needed"
    assert told(weigh_pairs(pairs(*range(1, 8)))) == "8 or more pairs are needed"
    assert judge(weigh_pairs(pairs(*range(6, 14))), THREE_PERCENT) == "worse"


def test_what_would_be_ok_needs_as_many_pairs_as_the_first_look():
    assert told(weigh_pairs(pairs(0))) == "7 or more pairs are needed"
    assert told(weigh_pairs(pairs(0, 0.1, 0.2, 0, 0.1, 0.3))) == "7 or more pairs are needed"
    assert judge(weigh_pairs(pairs(*[0] * 7)), THREE_PERCENT) == "ok"


def test_an_interval_that_reaches_beyond_the_threshold():
    found = weigh_pairs(pairs(-1, 0.5, 1, 2, 3, 4, 5, 6, -0.5, 2.5))
    assert told(found) == (
        f"{100 * math.expm1(found.relative.low):+.1f} … {100 * math.expm1(found.relative.high):+.1f} % "
        f"reaches beyond 3 %: visible from {100 * math.expm1(found.visible):.1f} %"
    )
    assert told(found).startswith("+0.5 … +4.0 % reaches beyond 3 %: visible from 4.7 %")


def test_thresholds_are_told_as_they_were_given():
    found = weigh_pairs(pairs(-1, 0.5, 1, 2, 3, 4, 5, 6, -0.5, 2.5))
    assert "beyond 2.5 %" in told(found, Criterion(0.025))


def test_a_change_beyond_the_threshold_may_be_within_the_floor():
    found = weigh_pairs(pairs(*(5.8 + step / 10 for step in range(10)), base=64_000))
    assert told(found) == "+3.75 KiB … +4.06 KiB reaches beyond 4.00 KiB"


def test_values_of_nothing_are_told_in_their_unit():
    found = weigh_pairs([(0, step % 4) for step in range(10)])
    assert found.relative is None
    assert told(found, Criterion(0.05, floor=1), "count") == "+0.5 … +2 reaches beyond 1"


def test_differences_with_zeros_among_them_are_told_in_percent_of_the_base():
    found = weigh_pairs([(0, 1), *((10, 10 + step) for step in (-2, -1, 0, 1, 2, 3, 1, 2))])
    assert found.is_additive
    assert told(found, Criterion(0.05), "count").startswith(
        "-5.0 … +20.0 % reaches beyond 5 %: visible from "
    )


def test_no_end_is_less_than_nothing():
    found = weigh_pairs([(0, 9), (9, 0), (9, 0), (0, 9), (3, 0), (1, 9), (2, 0), (9, 2)])
    assert found.relative.low < -1
    assert told(found, Criterion(0.05), "count").startswith("-100 … +")


def test_certainty_beyond_threshold_and_floor_that_lacks_proof():
    found = weigh_pairs(pairs(8, 9, 10, 11, 12, 13, 14, 15, -1, -2))
    assert told(found, THREE_PERCENT) == f"p={found.p_worse:.2g} is not below 0.004"


def test_a_proof_that_does_not_hold_beside_others():
    found = weigh_pairs(pairs(*range(6, 14)))
    assert judge(found, THREE_PERCENT) == "worse"
    assert undecided(found, THREE_PERCENT, "bytes") == "p=0.0039 does not hold beside so many other metrics"


def test_samples_need_some_runs_of_each_side():
    few = weigh_samples([100.0, 101, 102, 103], [110.0, 111, 112, 113])
    assert told(few, Criterion(0.03), "ms", SINGLE_ALPHA) == "5 or more runs of each side are needed"
    more = weigh_samples([100.0, 103, 101, 109, 98], [104.0, 110, 99, 112, 107])
    assert told(more, Criterion(0.03), "ms", SINGLE_ALPHA).rpartition(": visible from ")[2].endswith(" %")


@pytest.mark.parametrize("alpha", [0.05, ALPHA, SINGLE_ALPHA, 0.001])
def test_so_many_are_needed_by_scipy(alpha):
    size = least_pairs(alpha)
    for count, is_enough in ((size - 1, False), (size, True)):
        p = oracle.wilcoxon(range(1, count + 1), alternative="greater", method="exact").pvalue
        assert bool(p < alpha) is is_enough
    size = least_samples(alpha)
    for count, is_enough in ((size - 1, False), (size, True)):
        base, head = range(count), range(count, 2 * count)
        p = oracle.mannwhitneyu(head, base, alternative="greater", method="exact").pvalue
        assert bool(p < alpha) is is_enough


# --- floors ------------------------------------------------------------------------------------------

#: What the reference node sends in a short run: the default floor is a quarter of it.
SMALL = 17 * 1024


def test_a_floor_is_told_in_the_unit():
    unsure = weigh_pairs(pairs(*range(-4, 6), base=50))
    assert floor(unsure, THREE_PERCENT, "bytes") == "less than 4.00 KiB worse, which is its floor"
    assert floor(unsure, Criterion(0.1, floor=20), "ms") == "less than 20.0 ms worse, which is its floor"


def test_a_change_that_would_be_worse_but_for_its_floor_says_so_and_how_low_the_floor_would_have_to_be():
    proved = weigh_pairs(pairs(*range(6, 16), base=SMALL))
    assert judge(proved, THREE_PERCENT) == "ok"
    assert floor(proved, THREE_PERCENT, "bytes") == (
        "less than 4.00 KiB worse, which is its floor; otherwise it would be WORSE: "
        'floor = "520 B" in a rule leaves it to the 3 %'
    )
    assert judge(proved, Criterion(0.03, floor=520)) == "worse"


@pytest.mark.parametrize("percents", [range(-4, 6), range(-15, -5), (8, 9, 10, 11, 12, 13, 14, 15, -1, -2)])
def test_what_is_not_proved_or_no_worse_is_no_reason_to_lower_it(percents):
    assert "otherwise" not in floor(weigh_pairs(pairs(*percents, base=SMALL)), THREE_PERCENT, "bytes")


def test_of_nothing_no_threshold_can_decide():
    assert "otherwise" not in floor(weigh_pairs([(0, 3)] * 9), Criterion(0.05, floor=10), "count")


@pytest.mark.parametrize(
    ("base", "unit", "told"),
    [
        (17_408, "bytes", "520 B"),
        (1_000_000, "bytes", "29 KiB"),
        (41 * 2**20, "bytes", "1.2 MiB"),
        (11.1, "bytes", "0.33 bytes"),
        (333, "ms", "9.9 ms"),
        (0.0213, "ms", "0.00063 ms"),
        (200_900, "ms", "6000 ms"),
        (151, "count", "4.5"),
        (7.1, "pct", "0.21"),
    ],
)
def test_the_floor_that_is_proposed_can_be_written_into_a_rule_and_is_below_the_threshold(base, unit, told):
    proved = weigh_pairs(pairs(*range(6, 16), base=base))
    (found,) = re.findall(r'floor = "(.*)" in a rule', floor(proved, Criterion(0.03, floor=base), unit))
    assert found == told
    amount = parse_amount(found)
    assert amount.unit in {None, unit}
    assert 0.9 * 0.03 * base <= amount.value <= 0.03 * base
    assert judge(proved, Criterion(0.03, floor=amount.value)) == "worse"


def test_what_a_floor_hides_is_warned_of():
    note = f'less than 4.00 KiB worse, which is its floor; {OTHERWISE}: floor = "520 B" in a rule'
    hidden = attrs.evolve(comparisons.WORSE, change="ok", note=note)
    assert [*warnings([], [hidden])] == [f"one_to_one.messages sent_bytes +6.2 % is {note}"]
    beside = (
        attrs.evolve(hidden, gated=False),
        attrs.evolve(hidden, note="less than 4.00 KiB worse, which is its floor"),
        attrs.evolve(hidden, note=None),
        *comparisons.SAME,
    )
    assert [*warnings([], beside)] == []


# --- pairs that are too few --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "with 1 pair nothing can be WORSE, BETTER or OK, whatever changed: "),
        (6, "with 6 pairs nothing can be WORSE, BETTER or OK, whatever changed: "),
        (7, "with 7 pairs nothing can be WORSE or BETTER, whatever changed: "),
    ],
)
def test_fewer_pairs_than_any_proof_takes(count, told):
    assert few_pairs(count) == f"{told}p is below 0.004 from 8 pairs on (--pairs 8 or more)"
    changes = {judge(weigh_pairs(pairs(*[percent] * count)), THREE_PERCENT) for percent in (-60, 0, 90)}
    assert changes == ({"cannot_tell"} if count < 7 else {"cannot_tell", "ok"})


def test_pairs_that_may_be_enough_are_not_warned_of():
    assert few_pairs(8) is few_pairs(30) is None
    worse, better = (judge(weigh_pairs(pairs(*[percent] * 8)), THREE_PERCENT) for percent in (90, -60))
    assert (worse, better) == ("worse", "better")


@pytest.mark.parametrize(
    ("count", "family", "told"),
    [
        (
            8,
            17,
            "with 8 pairs nothing can be WORSE, whatever changed: p is below 0.0029, as it must be for one of 17",
        ),
        (
            9,
            26,
            "with 9 pairs nothing can be WORSE, whatever changed: p is below 0.0019, as it must be for one of 26",
        ),
    ],
)
def test_beside_many_metrics_it_takes_more_pairs(count, family, told):
    found = few_pairs(count, family)
    assert found == f"{told} gated metrics, from {count + 1} pairs on (--pairs {count + 1} or more)"
    assert few_pairs(count + 1, family) is few_pairs(8, 15) is None
    for pairs_, change in ((count, "cannot_tell"), (count + 1, "worse")):
        series = {0: pairs(*[90] * pairs_)}
        assert decide(series, {0: THREE_PERCENT}, family=family)[0].change == change


@pytest.mark.parametrize("runs", [1, 3, 4, 5, 6])
def test_runs_that_belong_to_no_pairs_prove_nothing_below_five(runs):
    told = few_runs(runs)
    changes = {
        judge(weigh_samples([100.0] * runs, [percent] * runs), Criterion(0.03), SINGLE_ALPHA)
        for percent in (40.0, 100.0, 190.0)
    }
    if runs < 5:
        assert "nothing can be WORSE, BETTER or OK" in told
        assert told.endswith("p is below 0.01 from 5 runs on (--runs 5 or more)")
        assert changes == {"cannot_tell"}
    else:
        assert told is None
        assert changes == {"better", "ok", "worse"}
    assert "nothing can be WORSE, whatever" in few_runs(5, 17)
    assert few_runs(6, 17) is None


def test_of_a_suite_the_cure_is_to_repeat_its_tests_on_both_sides():
    few = [attrs.evolve(each, paired=False, pairs=3) for each in comparisons.SAME]
    (told,) = warnings([], few, in_suite=True)
    assert told.endswith(
        "p is below 0.01 from 5 runs on (pytest --count 5 or more, of pytest-repeat, also for the --tcperf-baseline)"
    )
    assert "--runs" not in told


def test_samples_that_are_too_few_are_warned_of_once_a_scenario():
    few = [attrs.evolve(each, paired=False, pairs=3) for each in (comparisons.UNSURE, *comparisons.SAME)]
    assert [*warnings([], few)] == [f"one_to_one: {few_runs(3)}"]
    assert [*warnings([], [attrs.evolve(each, pairs=5) for each in few])] == []
    assert [*warnings([], [attrs.evolve(each, gated=False) for each in few])] == []
    assert [*warnings([], [attrs.evolve(each, history_builds=12) for each in few])] == []


NOISY = attrs.evolve(
    comparisons.UNSURE, gated=False, note="too noisy to be gated at 8 %: a run varies by 12 %"
)


def test_what_is_too_noisy_is_warned_of_by_name():
    (told,) = warnings([], [NOISY, *comparisons.SAME])
    assert told == (
        f"one_to_one.messages {NOISY.metric} is too noisy to be gated at 8 %: a run varies by 12 %"
    )


def test_where_nothing_else_is_gated_that_is_said_too():
    beside = attrs.evolve(comparisons.SAME[0], gated=False, note="not published")
    assert [*warnings([], [NOISY, beside])][1:] == [f"one_to_one: nothing is gated any more: {QUIETER}"]
    other = attrs.evolve(comparisons.SAME[0], scenario="idle")
    assert [*warnings([], [NOISY, other])][1:] == [f"one_to_one: nothing is gated any more: {QUIETER}"]


def test_what_is_within_what_is_accepted_was_not_cut_short():
    known = attrs.evolve(comparisons.UNSURE, accepted="larger keys")
    assert cut_short([STOPPED], [known, *comparisons.SAME]) == ()


def test_a_floor_that_is_just_reached_is_told_so():
    same = weigh_pairs([(100.0, 110.0)] * 10)
    told = floor(same, Criterion(0.04, floor=10), "count")
    assert told.startswith("no more than 10 worse, which is its floor; otherwise it would be WORSE")


OPEN = (comparisons.UNSURE, attrs.evolve(comparisons.UNSURE, metric="time_ms"), *comparisons.SAME)
STOPPED = Pairing("one_to_one", 8, stopped="budget")


def test_what_the_budget_ended_too_early_is_told_with_the_cure():
    assert cut_short([STOPPED], OPEN) == (STOPPED,)
    assert ended(STOPPED) == "the budget ended it after 8 pairs"
    (two,) = warnings([STOPPED], OPEN)
    assert two == (
        "one_to_one: the budget ended it after 8 pairs, and 2 gated metrics cannot be told: "
        "give more time with --budget, or take less with --lanes or fewer messages"
    )
    (one,) = warnings([STOPPED], OPEN[1:])
    assert "and 1 gated metric cannot be told" in one


@pytest.mark.parametrize(
    ("pairing", "found"),
    [
        (STOPPED, comparisons.SAME),  # all is decided
        (STOPPED, [attrs.evolve(comparisons.UNSURE, gated=False)]),
        (attrs.evolve(STOPPED, scenario="idle"), OPEN),
        (attrs.evolve(STOPPED, stopped="pairs"), OPEN),
        (attrs.evolve(STOPPED, stopped="decided"), OPEN),
    ],
)
def test_what_was_not_cut_short(pairing, found):
    assert cut_short([pairing], found) == ()
    assert [*warnings([pairing], found)] == []


def test_pairs_that_were_asked_for_and_are_too_few():
    few = Pairing("one_to_one", 4, stopped="pairs")
    assert [*warnings([few], ())] == [f"one_to_one: {few_pairs(4)}"]
    assert [*warnings([attrs.evolve(few, pairs=8)], ())] == []
    assert [*warnings([attrs.evolve(few, problem="bob ended")], ())] == []

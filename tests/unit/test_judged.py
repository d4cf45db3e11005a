"""A column's way through the gate into a Comparison: percentages, ends, p, notes; never an infinite number."""

import math

import attrs
import pytest
import samples

from tcperf.comparison import Comparison, Pairing
from tcperf.gate import LOOKS, Judgement, weigh_pairs, weigh_samples
from tcperf.judged import Judged, comparison, gather, judge_now, judge_pairs, judge_samples
from tcperf.quantities import Amount, parse_amount
from tcperf.results import dumps, loads
from tcperf.rules import GatePolicy, Rule

ALL = GatePolicy(rules=(Rule(match="*", report_only=False),))
CLEAR_THEN_STRAY = [*samples.around(10_000.0, 1.2, pairs=9), *[(10_000.0, 7_000.0)] * 2]


def judged(pairs, metric="cpu_ms", policy=ALL, **changes):
    result = samples.paired({metric: pairs}, **changes)
    (found,) = [each for each in judge_pairs(gather(result, policy)) if each.column.metric == metric]
    return found


def compared(*args, **kwargs):
    return comparison(judged(*args, **kwargs))


def test_a_comparison_says_all_that_the_gate_found():
    pairs = samples.around(10_000.0, 1.2)
    at = weigh_pairs(pairs)
    found = compared(pairs)
    assert found == Comparison(
        key="tcperf.one_to_one.messages.cpu_ms",
        scenario="one_to_one",
        phase="messages",
        metric="cpu_ms",
        change="worse",
        gated=True,
        published=True,
        pairs=10,
        worse_pairs=10,
        base_median=pytest.approx(at.base_median),
        head_median=pytest.approx(at.head_median),
        effect_pct=pytest.approx(100 * math.expm1(at.relative.value)),
        low_pct=pytest.approx(100 * math.expm1(at.relative.low)),
        high_pct=pytest.approx(100 * math.expm1(at.relative.high)),
        p=1 / 1024,
        noise_pct=pytest.approx(100 * math.expm1(at.noise)),
        visible_pct=pytest.approx(100 * math.expm1(at.visible)),
        threshold_pct=8.0,
        floor=20,
    )
    assert found.effect_pct == pytest.approx(20, abs=1)


def test_p_is_in_the_direction_of_the_effect():
    up, down = compared(samples.around(10_000.0, 1.2)), compared(samples.around(10_000.0, 1 / 1.2))
    assert (up.change, down.change) == ("worse", "better")
    assert up.p == down.p == 1 / 1024
    assert (up.worse_pairs, down.worse_pairs) == (10, 0)


def test_medians_are_of_all_runs_and_evidence_of_what_was_looked_at():
    pairs = samples.around(10_000.0, 1.2, pairs=10)
    result = samples.paired({"cpu_ms": [*pairs, (5.0, None), (7.0, None)]})
    (found,) = [each for each in judge_pairs(gather(result, ALL)) if each.column.metric == "cpu_ms"]
    assert comparison(found).pairs == 10
    assert comparison(found).base_median < weigh_pairs(pairs).base_median


def test_an_end_that_is_infinite_is_none():
    found = compared([(100.0, 130.0)] * 3)
    assert (found.low_pct, found.high_pct) == (None, None)
    assert found.effect_pct == pytest.approx(30)
    assert found.note == "8 or more pairs are needed"
    assert found.change == "cannot_tell"


@pytest.mark.parametrize("pairs", [1, 6])
def test_equal_pairs_are_not_ok_before_the_first_look(pairs):
    found = compared([(100.0, 100.0)] * pairs)
    assert (found.change, found.note) == ("cannot_tell", "7 or more pairs are needed")
    assert compared([(100.0, 100.0)] * 7).change == "ok"


def test_one_pair_has_no_noise():
    found = compared([(100.0, 130.0)])
    assert (found.noise_pct, found.visible_pct) == (None, None)
    assert found.p == 0.5


def test_zeros_are_compared_by_differences():
    found = compared([(0, 2), *[(10, 12), (11, 13)] * 5], "retransmissions_count")
    assert found.effect_pct == pytest.approx(20)
    assert found.worse_pairs == 11


def test_with_zeros_nothing_is_less_than_all_of_it():
    found = compared([(before, 0) for before in (0, 5, 5, 5, 20, 25, 30, 30)], "retransmissions_count")
    assert (found.low_pct, found.effect_pct) == (-100, -100)
    assert -100 < found.high_pct < 0
    doubtful = compared(
        [(0, 9), (9, 0), (9, 0), (0, 9), (3, 0), (1, 9), (2, 0), (9, 2)], "retransmissions_count"
    )
    assert doubtful.low_pct == -100
    assert doubtful.high_pct > 100


def test_of_nothing_there_is_no_percentage_but_of_no_change():
    risen = compared([(0, 3 + step) for step in range(10)], "retransmissions_count")
    assert risen.change == "worse"
    assert (risen.effect_pct, risen.low_pct, risen.high_pct) == (None, None, None)
    still = compared([(0, 0)] * 10, "retransmissions_count")
    assert still.change == "ok"
    assert (still.effect_pct, still.low_pct, still.high_pct) == (0, 0, 0)


@pytest.mark.parametrize(
    "pairs", [[(1e-300, 1e17)] * 10, [(1e17, 1e-300)] * 10, [(1, 10**17), (10**17, 1)] * 5]
)
def test_whatever_the_values_the_result_can_be_written_and_read(pairs):
    result = samples.paired({"cpu_ms": pairs})
    found = tuple(comparison(each) for each in judge_pairs(gather(result, ALL)))
    whole = attrs.evolve(result, comparisons=found)
    assert loads(dumps(whole)).comparisons == found


# --- notes -------------------------------------------------------------------------------------------


def test_what_is_not_gated_says_why_rather_than_why_it_cannot_be_told():
    found = compared([(100.0, 130.0)] * 3, policy=GatePolicy(), lane=1)
    assert (found.gated, found.change) == (False, "cannot_tell")
    assert found.note == "2 runs at a time disturb it (--lanes 1 gates it)"


def test_what_turned_out_too_noisy_is_demoted_by_name():
    found = compared(samples.around(10_000.0, pairs=15, noise=0.4))
    assert not found.gated
    assert found.note.startswith("too noisy to be gated at 8 %: ")


def test_what_is_certain_needs_no_note():
    for ratio in (0.8, 1.0, 1.2):
        assert compared(samples.around(10_000.0, ratio)).note is None


def test_what_is_ok_for_its_floor_alone_says_so():
    found = compared(samples.around(50.0, noise=0.2))
    assert (found.change, found.gated) == ("ok", True)
    assert found.high_pct > found.threshold_pct
    assert found.note == "less than 20.0 ms worse, which is its floor"
    assert compared(samples.around(50.0, noise=0.001)).note is None


def test_what_would_be_worse_but_for_its_floor_says_what_would_help():
    """The traffic of a short run of the reference node, and 6 % more of it."""
    found = compared(samples.around(17_408.0, 1.06), metric="sent_bytes", policy=GatePolicy())
    assert (found.change, found.gated, found.p) == ("ok", True, 1 / 1024)
    assert found.note.endswith('otherwise it would be WORSE: floor = "520 B" in a rule leaves it to the 3 %')
    rule = Rule(match="*.sent_bytes", floor=parse_amount("520 B"))
    lower = compared(samples.around(17_408.0, 1.06), metric="sent_bytes", policy=GatePolicy(rules=(rule,)))
    assert lower.change == "worse"


def test_what_is_only_reported_has_no_floor_to_speak_of():
    found = compared(samples.around(50.0, noise=0.2), policy=GatePolicy(), lane=1)
    assert (found.change, found.gated) == ("ok", False)
    assert found.note == "2 runs at a time disturb it (--lanes 1 gates it)"


def test_what_is_missing_keeps_what_there_is():
    found = compared([(100.0, None)] * 8, policy=GatePolicy(rules=(Rule(match="*", max=Amount(50)),)))
    assert found == Comparison(
        "tcperf.one_to_one.messages.cpu_ms",
        "one_to_one",
        "messages",
        "cpu_ms",
        "not_compared",
        gated=True,
        published=True,
        base_median=100,
        threshold_pct=8.0,
        floor=20,
        limit=50,
        note="no run of the head has it",
    )


# --- many --------------------------------------------------------------------------------------------


def test_scenarios_can_be_picked_and_can_be_out_of_question():
    result = samples.paired(
        {"cpu_ms": samples.around(100.0)}, scenarios=(samples.ONE_TO_ONE, samples.COLD_START)
    )
    assert {each.column.scenario for each in gather(result, ALL)} == {"one_to_one", "cold_start"}
    assert {each.column.scenario for each in gather(result, ALL, scenarios=["cold_start"])} == {"cold_start"}
    found = judge_pairs(gather(result, ALL, problems={"one_to_one": "bob ended"}))
    assert {each.why_not for each in found if each.column.scenario == "one_to_one"} == {"bob ended"}
    assert all(each.judgement is None for each in found)


def test_lanes_and_closure_are_those_of_the_scenario():
    result = samples.paired({"cpu_ms": samples.around(100.0)}, pairings=(Pairing("one_to_one", 10, lanes=4),))
    notes = {each.column.metric: each.criterion.note for each in gather(result, GatePolicy())}
    assert notes["cpu_ms"] == "4 runs at a time disturb it (--lanes 1 gates it)"
    assert notes["sent_bytes"] is None


def test_many_metrics_must_hold_together():
    """p is 1/512 each: below .004, but not below .05 over 40 of them."""
    one = samples.paired({"cpu_ms": samples.around(10_000.0, 1.2, pairs=9)}, phase="p0")

    def declared(many):
        phases = (
            attrs.evolve(samples.ONE_TO_ONE.phases[2], name=f"p{number}", metrics=("cpu_ms",))
            for number in range(many)
        )
        return attrs.evolve(samples.ONE_TO_ONE, phases=tuple(phases))

    def spread(run, many):
        return attrs.evolve(
            run, phases=tuple(attrs.evolve(run.phases[0], name=f"p{place}") for place in range(many))
        )

    for many, change in ((10, "worse"), (40, "cannot_tell")):
        result = attrs.evolve(
            one, scenarios=(declared(many),), runs=tuple(spread(run, many) for run in one.runs)
        )
        found = [
            comparison(each) for each in judge_pairs(gather(result, GatePolicy())) if each.why_not is None
        ]
        assert [each.change for each in found] == [change] * many
    assert found[0].note == "p=0.002 does not hold beside so many other metrics"


def test_samples_are_judged_by_all_values():
    result = samples.paired({"cpu_ms": samples.around(10_000.0, 1.2)})
    (found,) = [
        each for each in judge_samples(gather(result, ALL, paired=False)) if each.column.metric == "cpu_ms"
    ]
    at = weigh_samples(found.column.base, found.column.head)
    made = comparison(found)
    assert (made.change, made.paired, made.pairs, made.worse_pairs) == ("worse", False, 10, 0)
    assert made.p == pytest.approx(at.p_worse)
    assert made.effect_pct == pytest.approx(100 * math.expm1(at.relative.value))


@pytest.mark.parametrize(
    ("lanes", "looks"), [(1, LOOKS), (2, LOOKS), (3, (7, 10, 15, 21, 30)), (6, (9, 12, 15, 21, 30))]
)
def test_it_was_looked_when_the_lanes_had_as_many_pairs(lanes, looks):
    result = samples.paired({"cpu_ms": samples.around(10_000.0)}, lane=lanes - 1)
    assert {each.looks for each in gather(result, ALL)} == {looks}


def test_what_a_look_has_decided_stays_where_all_pairs_cannot_tell():
    """Nine clear pairs are a proof, and two stray ones none.  With six lanes it is looked at nine, with one it is not."""
    alone, beside = (comparison(judged(CLEAR_THEN_STRAY, lane=lane)) for lane in (0, 5))
    assert (alone.change, alone.pairs) == ("cannot_tell", 11)
    assert (beside.change, beside.pairs) == ("worse", 9)


def test_now_no_earlier_look_counts():
    found = judged(CLEAR_THEN_STRAY, lane=5)
    (now,) = judge_now([found])
    assert (comparison(now).change, comparison(now).pairs) == ("cannot_tell", 11)
    assert now.is_open
    assert not found.is_open


def test_without_a_judgement_nothing_is_open():
    found = judged(samples.around(10_000.0))
    assert isinstance(found.judgement, Judgement)
    assert not Judged(found.column, found.criterion).is_open

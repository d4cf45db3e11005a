"""How much is planted, by what was measured without a plant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.comparison import Comparison
from tcperf.errors import UsageError
from tcperf.plants.goal import TIMES, set_goal
from tcperf.plants.kinds import KINDS
from tcperf.plants.wish import Wish, parse_wish
from tcperf.rules import GatePolicy, Rule

DEFAULT = GatePolicy()


def clean(
    metric, median, threshold, floor, *, phase="messages", gated=True, published=True, note=None, **more
):
    """What the comparison of a node with itself says of a total."""
    return Comparison(
        key=f"tcperf.one_to_one.{phase}.{metric}",
        scenario="one_to_one",
        phase=phase,
        metric=metric,
        change="ok",
        gated=gated,
        published=published,
        base_median=median,
        head_median=more.get("head", median),
        threshold_pct=threshold,
        floor=floor,
        note=note,
    )


def test_two_thresholds_where_the_floor_is_below():
    goal = set_goal(Wish(KINDS["cpu"]), [clean("cpu_ms", 1000.0, 8.0, 20.0)], DEFAULT)
    assert (goal.clean, goal.needed) == (1000.0, pytest.approx(80.0))
    assert goal.amount == pytest.approx(160.0)
    assert goal.ratio == pytest.approx(0.16)
    assert goal.is_enough


def test_two_floors_where_the_threshold_is_below():
    goal = set_goal(Wish(KINDS["bytes"]), [clean("sent_bytes", 17_800, 3.0, 4096)], DEFAULT)
    assert goal.amount == 2 * 4096
    assert goal.ratio == pytest.approx(8192 / 17_800)


def test_the_clean_value_is_that_of_both_sides():
    goal = set_goal(Wish(KINDS["cpu"]), [clean("cpu_ms", 100.0, 8.0, 0.0, head=110.0)], DEFAULT)
    assert goal.clean == 105.0


@pytest.mark.parametrize(
    ("text", "amount", "is_enough"),
    [("cpu=15%", 150.0, True), ("cpu=3%", 30.0, False), ("cpu=90ms", 90.0, True), ("cpu=80ms", 80.0, False)],
)
def test_a_size_that_was_asked_for_is_taken_as_it_is(text, amount, is_enough):
    goal = set_goal(parse_wish(text), [clean("cpu_ms", 1000.0, 8.0, 20.0)], DEFAULT)
    assert goal.amount == pytest.approx(amount)
    assert goal.is_enough == is_enough


def test_of_several_phases_the_easiest_is_taken():
    found = [
        clean("cpu_ms", 50.0, 8.0, 20.0, phase="boot"),
        clean("cpu_ms", 900.0, 8.0, 20.0, phase="account"),
        clean("cpu_ms", 5.0, 8.0, 20.0, phase="first_peer"),
        clean("sent_bytes", 10**9, 3.0, 4096),
    ]
    goal = set_goal(Wish(KINDS["cpu"]), found, DEFAULT)
    assert goal.phase == "account"
    assert goal.key == "tcperf.one_to_one.account.cpu_ms"


def test_what_turned_out_too_noisy_has_to_stand_its_drill_all_the_same():
    noisy = clean("cpu_ms", 1000.0, 8.0, 20.0, gated=False, note="too noisy to be gated at 8.0%")
    assert set_goal(Wish(KINDS["cpu"]), [noisy], DEFAULT).amount == pytest.approx(160.0)


@pytest.mark.parametrize(
    ("found", "policy", "words"),
    [
        ([], DEFAULT, "delay cannot be drilled: latency_ms is not measured"),
        ([clean("cpu_ms", 5.0, 8.0, 20.0)], DEFAULT, "latency_ms is not measured"),
        (
            [clean("latency_ms", 5.0, 10.0, 0.1, gated=False, note="a rule says report_only")],
            GatePolicy(rules=(Rule(match="*latency_ms", report_only=True),)),
            "latency_ms is not gated: a rule says report_only",
        ),
        ([clean("latency_ms", 5.0, 10.0, 0.1, gated=False, published=False)], DEFAULT, "is not gated"),
        ([clean("latency_ms", None, 10.0, 0.1)], DEFAULT, "is not gated"),
    ],
)
def test_what_no_rule_gates_no_plant_can_turn_red(found, policy, words):
    with pytest.raises(UsageError, match=words) as caught:
        set_goal(Wish(KINDS["delay"]), found, policy)
    assert "[[gate.rule]]" in caught.value.cure


@given(
    median=st.floats(1.0, 1e9),
    threshold=st.floats(0.1, 50.0),
    floor=st.floats(0.0, 1e6),
    kind=st.sampled_from(sorted(KINDS)),
)
def test_what_is_planted_is_always_twice_what_the_gate_needs(median, threshold, floor, kind):
    goal = set_goal(Wish(KINDS[kind]), [clean(KINDS[kind].metric, median, threshold, floor)], DEFAULT)
    assert goal.is_enough
    assert goal.amount >= TIMES * floor
    assert goal.ratio >= 0.999 * TIMES * threshold / 100

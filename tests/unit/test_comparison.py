"""What a comparison is: its verdict, what makes a build bad, and values that nobody changes."""

from typing import get_args

import attrs
import comparisons
import pytest

from tcperf.comparison import Change, Comparison, Pairing, Verdict

WORSE = comparisons.WORSE


def limited(limit, head=110.0, **changes):
    return attrs.evolve(WORSE, limit=limit, head_median=head, **changes)


@pytest.mark.parametrize(
    ("limit", "head", "is_over"),
    [
        (100.0, 110.0, True),
        (110.0, 110.0, False),
        (120.0, 110.0, False),
        (None, 110.0, False),
        (100.0, None, False),
    ],
)
def test_over_budget_is_above_the_limit(limit, head, is_over):
    assert limited(limit, head).is_over_budget is is_over


@pytest.mark.parametrize("change", get_args(Change))
def test_the_budget_comes_before_the_change(change):
    assert limited(100.0, change=change).verdict == "over_budget"
    assert limited(120.0, change=change).verdict == change


def test_every_change_is_a_verdict_and_there_is_one_more():
    assert {*get_args(Verdict)} - {*get_args(Change)} == {"over_budget"}


def test_a_budget_needs_no_base():
    alone = Comparison(
        "tcperf.idle.idle.cpu_ms", "idle", "idle", "cpu_ms", "not_compared", gated=True, published=True
    )
    assert not alone.is_over_budget
    assert attrs.evolve(alone, limit=5.0, head_median=6.0).verdict == "over_budget"


@pytest.mark.parametrize(
    ("changes", "is_bad"),
    [
        ({}, True),
        ({"gated": False}, False),
        ({"accepted": "larger keys"}, False),
        ({"change": "better"}, False),
        ({"change": "cannot_tell"}, False),
        ({"change": "not_compared"}, False),
    ],
)
def test_a_regression_is_gated_worse_and_not_accepted(changes, is_bad):
    assert attrs.evolve(WORSE, **changes).is_regression is is_bad


def test_over_budget_alone_is_no_regression():
    assert not limited(100.0, change="ok").is_regression
    assert limited(100.0).is_regression


@pytest.mark.parametrize("value", [WORSE, Pairing("idle", 7)])
def test_values_are_frozen(value):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, attrs.fields(type(value))[0].name, None)


def test_pairs_are_decided_in_one_lane_unless_it_is_said():
    assert attrs.astuple(Pairing("idle", 7)) == ("idle", 7, 0, 1, "decided", None)


# --- past builds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_regression", "is_warned_of"),
    [
        ({}, False, True),
        ({"warns_only": False}, True, False),
        ({"accepted": "larger keys"}, False, False),
        ({"gated": False}, False, False),
        ({"change": "ok"}, False, False),
        ({"change": "cannot_tell"}, False, False),
    ],
)
def test_what_warns_only_is_no_regression(changes, is_regression, is_warned_of):
    found = attrs.evolve(comparisons.UNUSUAL, **changes)
    assert found.is_regression is is_regression
    assert found.is_warned_of is is_warned_of
    assert found.is_alarming is (is_regression or is_warned_of)


def test_a_limit_holds_for_what_warns_only():
    assert attrs.evolve(comparisons.UNUSUAL, limit=1.0).is_over_budget


def test_nothing_is_of_past_builds_unless_it_is_said():
    assert WORSE.history_builds is None
    assert WORSE.history_of is None
    assert not WORSE.warns_only

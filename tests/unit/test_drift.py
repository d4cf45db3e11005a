"""Slow drift: its slope and its test against scipy's and against counting, and what is taken for drift."""

import itertools
import math
import random

import pytest
from scipy import stats as oracle

from tcperf.drift import ALPHA, FEWEST, Drift, drift, mann_kendall_p, theil_sen


def rising(count, whole, noise=0.0):
    """Figures around 1000 that rise by ``whole`` (0.06) from the first to the last."""
    return [
        1000 * math.exp(math.log1p(whole) * place / (count - 1) + noise * math.sin(9 * place + 2))
        for place in range(count)
    ]


# --- the slope ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3, 4],
        [5, 3, 8, 8, 1, 9, 2.5],
        [0, 0, 0, 0, 0, 7],
        [10, 9.5, 9.75, 9, 8.25, 8.5, 8, 7.5, 99],
    ],
)
def test_the_slope_is_scipys(values):
    assert theil_sen(values) == pytest.approx(oracle.theilslopes(values).slope)


def test_of_one_value_there_is_no_slope():
    with pytest.raises(ValueError, match="no values"):
        theil_sen([1.0])


# --- the test ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(2, 8))
def test_p_is_the_share_of_orders_that_rise_as_much(count):
    orders = list(itertools.permutations(range(count)))
    rises = [
        sum((after > before) - (after < before) for before, after in itertools.combinations(order, 2))
        for order in orders
    ]
    for order, own in zip(orders[:: 1 + len(orders) // 60], rises[:: 1 + len(orders) // 60], strict=True):
        share = sum(each >= own for each in rises) / len(orders)
        assert mann_kendall_p(order) == pytest.approx(share)


@pytest.mark.parametrize(
    "values",
    [
        [3, 1, 4, 1.5, 9, 2.6, 5, 3.5, 8, 9.7],
        [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
        [1, 2, 3, 4, 5, 6, 8, 7, 9, 10, 11, 12],
        [math.sin(place) + place / 40 for place in range(40)],
    ],
)
def test_p_is_kendalls_of_the_order(values):
    expected = oracle.kendalltau(range(len(values)), values, alternative="greater", method="exact").pvalue
    assert mann_kendall_p(values) == pytest.approx(expected, rel=1e-6)


def test_the_variance_is_corrected_for_ties():
    # Kendall (1975): var = (n (n-1) (2n+5) - sum of t (t-1) (2t+5)) / 18; of [1, 1, 2, 2, 3] that is (300 - 36) / 18.
    # Eight of the ten pairs rise and none falls: z = (8 - 1) / sqrt(14.667).
    expected = oracle.norm.sf(7 / math.sqrt((300 - 2 * 18) / 18))
    assert mann_kendall_p([1, 1, 2, 2, 3]) == pytest.approx(expected)


def test_many_values_are_taken_for_normal():
    values = [math.sin(5 * place) + place / 60 for place in range(120)]
    expected = oracle.kendalltau(range(120), values, alternative="greater", method="asymptotic").pvalue
    assert mann_kendall_p(values) == pytest.approx(expected, rel=0.05)


def test_where_all_is_equal_nothing_rises():
    assert mann_kendall_p([4.0] * 9) == 1.0


# --- what drift is -----------------------------------------------------------------------------------


def test_a_slow_rise_is_drift():
    found = drift(rising(10, 0.06, noise=0.001))
    assert found.builds == 10
    assert found.change == pytest.approx(0.06, abs=0.004)
    assert found.step < 0.03
    assert found.p < ALPHA
    assert found.is_slow(0.03)
    assert not found.is_slow(0.08)


def test_a_slow_fall_is_drift_the_other_way():
    found = drift(rising(12, -0.08, noise=0.001))
    assert found.change == pytest.approx(-0.08, abs=0.004)
    assert found.is_slow(0.05)


def test_one_step_is_no_drift():
    found = drift([1000 + place % 2 for place in range(10)] + [1060 + place % 2 for place in range(10)])
    assert found.change > 0.03
    assert found.step == pytest.approx(0.06, abs=0.003)
    assert not found.is_slow(0.03)


def test_noise_is_no_drift():
    found = drift([1000 * (1 + 0.02 * math.sin(7 * place + 1)) for place in range(20)])
    assert not found.is_slow(0.03)
    assert found.p > ALPHA


def test_a_build_that_went_wrong_is_no_drift_and_hides_none():
    values = rising(16, 0.05, noise=0.001)
    values[5] *= 3
    assert drift(values).is_slow(0.03)
    flat = rising(16, 0.0, noise=0.001)
    flat[15] *= 1.5
    assert not drift(flat).is_slow(0.03)


@pytest.mark.parametrize("count", range(FEWEST))
def test_of_few_builds_nobody_says_so(count):
    assert drift([float(place + 1) for place in range(count)]) is None
    assert drift([float(place + 1) for place in range(FEWEST)]) is not None


def test_what_is_nothing_at_times_has_no_ratio():
    assert drift([0.0, *rising(12, 0.5)]) is None


@pytest.mark.parametrize(
    ("found", "is_slow"),
    [
        (Drift(20, 0.06, 0.01, 0.0001), True),
        (Drift(20, 0.03, 0.01, 0.0001), False),
        (Drift(20, 0.06, 0.03, 0.0001), True),
        (Drift(20, 0.06, 0.031, 0.0001), False),
        (Drift(20, 0.06, 0.01, ALPHA), False),
        (Drift(20, -0.06, 0.01, 0.0001), True),
        (Drift(20, 0.06, 0.05, 0.0001, is_even=True), True),
        (Drift(20, 0.06, 0.05, ALPHA, is_even=True), False),
        (Drift(20, 0.03, 0.05, 0.0001, is_even=True), False),
    ],
)
def test_it_goes_beyond_the_threshold_as_a_whole_and_by_no_step(found, is_slow):
    assert found.is_slow(0.03) is is_slow


@pytest.mark.parametrize("count", [8, 12, 15, 16, 21])
@pytest.mark.parametrize("whole", [0.12, 0.25, 0.6])
def test_many_builds_that_change_alike_are_drift_however_far_they_go(count, whole):
    found = drift([100.0 * (1 + whole) ** (number / (count - 1)) for number in range(count)])
    assert found.change == pytest.approx(whole)
    assert found.is_even
    assert found.is_slow(0.05)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("stray", [0.0, 0.003])
def test_few_large_steps_are_no_drift(steps, stray):
    levels = [
        100.0 * 1.1 ** (number * (steps + 1) // 24) * (1 + stray * math.sin(9 * number))
        for number in range(24)
    ]
    found = drift(levels)
    assert found.change > 0.05
    assert found.p < ALPHA
    assert not found.is_even
    assert not found.is_slow(0.05)


def test_whether_it_goes_in_steps_is_looked_for_only_where_it_goes_one_way():
    assert not drift([100.0 + place % 3 for place in range(20)]).is_even


# --- among builds that stray -------------------------------------------------------------------------


def strayed(draws, count, stray, level):
    """Figures around ``level(place)`` of a whole, strayed by that share of them; a build in 33 went wrong by eight times as much."""
    return [
        1000
        * (1 + level(place))
        * math.exp(
            draws.gauss(0, stray) + (8 * stray * draws.choice((-1, 1)) if draws.random() < 0.03 else 0)
        )
        for place in range(count)
    ]


def share(count, stray, level, tries, is_told=lambda found: found.is_slow(0.03)):
    """In which share of histories, the same in every run, something is told at a threshold of 3 %."""
    draws = random.Random(2026)
    return sum(is_told(drift(strayed(draws, count, stray, level))) for _ in range(tries)) / tries


@pytest.mark.parametrize("count", [9, 21])
@pytest.mark.parametrize("stray", [0.005, 0.015, 0.06])
def test_builds_that_only_stray_are_hardly_ever_taken_for_drift(count, stray):
    assert share(count, stray, lambda _place: 0.0, 600) <= 0.01


@pytest.mark.parametrize(("count", "stray", "whole", "least"), [
    (21, 0.005, 0.06, 0.97),
    (21, 0.015, 0.10, 0.70),
    (50, 0.015, 0.06, 0.90),
    (50, 0.015, 0.10, 0.95),
])  # fmt: skip
def test_a_rise_among_builds_that_stray_is_told_mostly(count, stray, whole, least):
    assert share(count, stray, lambda place: whole * place / (count - 1), 150) >= least


def test_a_rise_that_strays_has_levels_that_differ_by_more_than_the_threshold_and_is_told():
    """By the levels alone it would be steps: they are apart by five builds' rise, and by what strays."""
    draws = random.Random(5)
    found = [drift(strayed(draws, 21, 0.015, lambda place: 0.10 * place / 20)) for _ in range(60)]
    beyond = [each for each in found if each.step > 0.03 and each.p < ALPHA]
    assert len(beyond) > 40
    assert sum(each.is_slow(0.03) for each in beyond) > 0.6 * len(beyond)


@pytest.mark.parametrize(("count", "stray", "most"), [(9, 0.005, 0.0), (21, 0.015, 0.05), (50, 0.015, 0.01)])
def test_a_single_step_is_hardly_ever_taken_for_a_rise(count, stray, most):
    assert share(count, stray, lambda place: 0.06 * (place >= count // 2), 200) <= most

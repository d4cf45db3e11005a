"""Estimates, intervals and noise: scipy and numpy where they have the same, the long way elsewhere."""

import math
import random
import statistics

import pytest
from scipy import stats as scipy_stats

from tcperf.judging import ALPHA, SINGLE_ALPHA
from tcperf.stats import (
    Estimate,
    deviation,
    hodges_lehmann,
    holm,
    median,
    rank_sum_p,
    rank_sum_tails,
    reaches,
    run_noise,
    shift,
    signed_rank_p,
    signed_rank_tails,
    smallest_visible,
    smallest_visible_shift,
    walsh_averages,
)


def normal(size, seed=1, mean=0.0, digits=12):
    chance = random.Random(f"{size} {seed}")
    return [round(chance.gauss(mean), digits) for _number in range(size)]


def test_walsh_averages():
    assert walsh_averages([3, 1, 8]) == [1, 2, 3, 4.5, 5.5, 8]
    assert walsh_averages([]) == []
    assert len(walsh_averages(range(30))) == 465


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 30])
def test_hodges_lehmann_is_the_median_of_all_averages(size):
    values = normal(size, mean=0.5)
    averages = [(values[i] + values[j]) / 2 for i in range(size) for j in range(i, size)]
    assert hodges_lehmann(values).value == pytest.approx(statistics.median(averages), rel=1e-12)


# The depression scale factors of Hollander and Wolfe, example 3.1: their estimate and 96 % interval.
HAMILTON = [-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010]


def test_a_published_example():
    found = hodges_lehmann(HAMILTON, confidence=0.96)
    assert found == Estimate(pytest.approx(-0.46), pytest.approx(-0.786), pytest.approx(-0.01))
    assert signed_rank_p([-each for each in HAMILTON]) == pytest.approx(0.0195, abs=1e-4)


def test_the_interval_is_the_tests_turned_round():
    """A shift within the interval is not refuted at .025 on either side, one beyond it is."""
    for size in (6, 7, 10, 15, 30):
        values = normal(size, seed=2)
        found, step = hodges_lehmann(values), 1e-9
        for end, sign in ((found.low, -1), (found.high, 1)):
            within = [value - (end - sign * step) for value in values]
            beyond = [value - (end + sign * step) for value in values]
            assert min(signed_rank_p(within), signed_rank_p([-each for each in within])) > 0.025
            assert min(signed_rank_p(beyond), signed_rank_p([-each for each in beyond])) <= 0.025


def test_the_interval_covers_the_truth():
    chance = random.Random(7)
    samples = [[chance.gauss(1) for _value in range(10)] for _sample in range(2000)]
    covered = sum(found.low <= 1 <= found.high for found in map(hodges_lehmann, samples)) / len(samples)
    assert 0.94 < covered < 0.97  # exactly .951 for 10


@pytest.mark.parametrize("size", range(1, 6))
def test_too_few_for_an_interval(size):
    found = hodges_lehmann(normal(size))
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert math.isfinite(found.value)


def test_nothing_cannot_be_estimated():
    for estimate in (
        lambda: hodges_lehmann([]),
        lambda: shift([], [1.0]),
        lambda: shift([1.0], []),
        lambda: median([]),
    ):
        with pytest.raises(ValueError, match="no values to estimate from"):
            estimate()


def test_reaching():
    for size in (1, 5, 6, 10, 30):
        values = normal(size, digits=1)
        high = hodges_lehmann(values).high
        bounds = {*walsh_averages(values), -9.0, 9.0, 0.05}
        assert [reaches(values, bound) for bound in bounds] == [high >= bound for bound in bounds]


def test_tails_are_both_tests():
    values = normal(12, mean=0.3)
    tails = signed_rank_tails(values)
    assert tails.above == signed_rank_p(values)
    assert tails.below == signed_rank_p([-value for value in values])
    base, head = normal(8), normal(9, mean=0.3)
    tails = rank_sum_tails(base, head)
    assert tails.above == rank_sum_p(base, head)
    assert tails.below == rank_sum_p(head, base)


def test_deviation():
    values = normal(20)
    assert deviation(values) == pytest.approx(statistics.stdev(values), rel=1e-12)
    assert deviation([1e300, -1e300]) == pytest.approx(math.sqrt(2) * 1e300)
    assert deviation([0.1] * 7) == 0
    assert deviation([0.1]) is None


def test_noise_is_one_runs():
    base, head = normal(2000), normal(2000, seed=2)
    noise = run_noise([after - before for before, after in zip(base, head, strict=True)])
    assert noise == pytest.approx(1, abs=0.05)
    assert run_noise([1.0]) is None


@pytest.mark.parametrize("pairs", [8, 9, 10, 13, 15, 20, 30, 31, 45])
def test_the_smallest_visible_change_is_proved_nine_times_in_ten(pairs):
    """Told by some pairs, proved by others of the same noise, at one look of the gate."""
    chance, trials = random.Random(3), 800
    sizes = [smallest_visible([chance.gauss() for _pair in range(pairs)]) for _trial in range(trials)]
    proved = [signed_rank_p([chance.gauss(size) for _pair in range(pairs)]) < ALPHA for size in sizes]
    assert sum(proved) / trials == pytest.approx(0.9, abs=0.035)


def test_of_fewer_pairs_than_prove_anything_it_is_what_the_fewest_would():
    assert signed_rank_p([1.0] * 7) >= ALPHA > signed_rank_p([1.0] * 8)
    values = normal(7)
    assert smallest_visible(values) == smallest_visible(values, 8) > smallest_visible(values, 9)
    assert smallest_visible(values) == pytest.approx(7.67 * statistics.stdev(values) / math.sqrt(8))


def test_the_smallest_visible_change_is_of_the_spread_and_falls_with_the_pairs():
    values = normal(20)
    assert smallest_visible(values) == pytest.approx(4.85 * statistics.stdev(values) / math.sqrt(20))
    found = [smallest_visible(values, pairs) for pairs in range(8, 200)]
    assert found == sorted(found, reverse=True)
    assert found[2] == pytest.approx(6.47 * statistics.stdev(values) / math.sqrt(10))
    assert smallest_visible(values[:1]) is None


def test_of_many_pairs_it_is_what_theory_says():
    """Noether 1987: the sum of both quantiles, over the root of the test's efficiency for normal differences."""
    quantile = statistics.NormalDist().inv_cdf
    errors = (quantile(1 - ALPHA) + quantile(0.9)) / math.sqrt(3 / math.pi)
    values = normal(5000)
    standard_error = statistics.stdev(values) / math.sqrt(5000)
    assert smallest_visible(values) / standard_error == pytest.approx(errors, rel=0.003)


def test_shift_is_the_median_of_all_differences():
    for sizes in ((1, 1), (3, 4), (10, 10), (12, 25)):
        base, head = normal(sizes[0]), normal(sizes[1], seed=2, mean=2)
        differences = [after - before for before in base for after in head]
        assert shift(base, head).value == pytest.approx(statistics.median(differences), rel=1e-12)


def test_the_shifts_interval_is_the_tests_turned_round():
    for sizes in ((4, 4), (7, 10), (15, 15)):
        base, head = normal(sizes[0]), normal(sizes[1], seed=2, mean=2)
        found, step = shift(base, head), 1e-9
        for end, sign in ((found.low, -1), (found.high, 1)):
            within, beyond = ([value - (end - side * sign * step) for value in head] for side in (1, -1))
            assert min(rank_sum_p(base, within), rank_sum_p(within, base)) > 0.025
            assert min(rank_sum_p(base, beyond), rank_sum_p(beyond, base)) <= 0.025


def test_smallest_visible_shift_is_of_welchs_error():
    base, head = normal(10), normal(15, seed=2)
    theirs = scipy_stats.ttest_ind(head, base, equal_var=False)
    error = (statistics.mean(head) - statistics.mean(base)) / theirs.statistic
    assert smallest_visible_shift(base, head) == pytest.approx(3.69 * (1 + 1.2 / 10 + 8 / 100) * error)
    assert smallest_visible_shift([1.0], head) is None
    assert smallest_visible_shift(base, []) is None


@pytest.mark.parametrize("size", [5, 6, 8, 10, 15, 20])
def test_the_smallest_visible_shift_is_proved_nine_times_in_ten(size):
    chance, trials = random.Random(4), 600
    proved = 0
    for _trial in range(trials):
        one, other, base, head = ([chance.gauss() for _run in range(size)] for _sample in range(4))
        visible = smallest_visible_shift(one, other)
        proved += rank_sum_p(base, [value + visible for value in head]) < SINGLE_ALPHA
    assert proved / trials == pytest.approx(0.9, abs=0.04)


def test_of_fewer_runs_than_prove_anything_the_factor_is_that_of_the_fewest():
    assert rank_sum_p([0.0] * 4, [1.0] * 4) >= SINGLE_ALPHA > rank_sum_p([0.0] * 5, [1.0] * 5)
    base, head = normal(3), normal(3, seed=2)
    error = math.hypot(statistics.stdev(base), statistics.stdev(head)) / math.sqrt(3)
    assert smallest_visible_shift(base, head) == pytest.approx(3.69 * (1 + 1.2 / 5 + 8 / 25) * error)


# Holm's own steps: the smallest against alpha / 4, the next against alpha / 3, and so on until one fails.
@pytest.mark.parametrize(
    ("ps", "held"),
    [
        ([], []),
        ([0.05], [True]),
        ([0.051], [False]),
        ([0.01, 0.04, 0.03, 0.005], [True, False, False, True]),
        ([0.0125, 0.0166, 0.025, 0.05], [True] * 4),
        ([0.013, 0.0001, 0.013, 0.013], [True] * 4),
        ([0.013, 0.013, 0.013, 0.013], [False] * 4),
        ([0.02, 0.02], [True, True]),
    ],
)
def test_holm(ps, held):
    assert holm(ps, 0.05) == held


def test_median():
    assert median([3]) == 3
    assert median([4, 1, 2, 3]) == 2.5
    assert median([1.7e308, 1.6e308]) == pytest.approx(1.65e308)

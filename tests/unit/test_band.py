"""What is usual: the band against tables worked out by hand, and against scipy's."""

import math

import pytest
from scipy import stats as oracle

from tcperf.band import FEWEST, Band, usual


def test_the_median_and_three_sigmas_of_the_mad_around_it():
    found = usual([100, 101, 102, 103, 110])
    assert found.median == 102
    assert found.builds == 5
    # Distances from 102 are 2, 1, 0, 1, 8: their median is 1.
    assert found.high == pytest.approx(102 + 3 * 1.4826)
    assert found.low == pytest.approx(102 - 3 * 1.4826)
    assert found.reach == pytest.approx(4.4478)
    assert found.deviation == pytest.approx(1.4826)


def test_it_is_what_scipy_makes_of_it():
    values = [20.5, 19.25, 22, 21, 20, 35, 20.75, 19.5, 21.5, 1]
    found = usual(values)
    mad = oracle.median_abs_deviation(values, scale="normal")
    assert found.reach == pytest.approx(3 * mad, rel=1e-4)
    assert found.median == pytest.approx(20.625)


def test_the_scale_is_that_of_a_normal_distribution():
    values = [oracle.norm.ppf((place + 0.5) / 2001, 100, 7) for place in range(2001)]
    assert usual(values).deviation == pytest.approx(7, rel=0.002)


@pytest.mark.parametrize("count", range(FEWEST))
def test_of_too_few_builds_there_is_none(count):
    assert usual([5.0] * count) is None
    assert usual([5.0] * FEWEST) is not None


def test_builds_that_went_wrong_do_not_move_it():
    healthy = [100, 101, 102, 103, 104, 105, 106]
    assert usual([*healthy, 9_999, 8_888]).high < 120
    assert usual([*healthy, 0, 1]).low > 80


def test_of_equal_figures_the_band_is_a_line():
    found = usual([64] * 12)
    assert (found.low, found.median, found.high) == (64, 64, 64)
    assert found.holds(64)
    assert not found.holds(65)
    assert not found.holds(63)


def test_of_what_is_never_below_nothing_the_band_is_not_either():
    assert usual([0, 0, 5, 10, 20]).low == 0
    assert usual([-5, 0, 5, 10, 20]).low < 0


def test_the_ends_belong_to_it():
    band = Band(100, 90, 110, 9)
    assert band.holds(90)
    assert band.holds(110)
    assert not band.holds(math.nextafter(110, 111))
    assert not band.holds(math.nextafter(90, 89))


def test_the_order_makes_no_difference():
    values = [5, 3, 9, 1, 7, 2]
    assert usual(values) == usual(values[::-1]) == usual(sorted(values))

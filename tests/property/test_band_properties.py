"""What holds for every band, every verdict by one, and every drift."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.band import FEWEST, usual
from tcperf.drift import FEWEST as FEWEST_OF_DRIFT
from tcperf.drift import drift, mann_kendall_p, theil_sen
from tcperf.gate import Criterion
from tcperf.precedent import judge

FIGURES = st.one_of(st.integers(0, 10**12), st.floats(0, 1e12, allow_subnormal=False), st.integers(0, 5))
BUILDS = st.lists(FIGURES, min_size=FEWEST, max_size=40)
CRITERIA = st.builds(Criterion, st.sampled_from([0.0, 0.03, 0.1]), st.sampled_from([0.0, 1.0, 4096.0]))
SERIES = st.lists(st.floats(1, 1000), min_size=FEWEST_OF_DRIFT, max_size=30)
DISTINCT = st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30, unique=True)


@given(BUILDS)
def test_half_of_the_builds_at_least_are_in_their_band(values):
    band = usual(values)
    assert band.low <= band.median <= band.high
    assert 2 * sum(map(band.holds, values)) >= len(values)
    assert band.low >= 0


@given(BUILDS, st.integers(-20, 20))
def test_the_unit_of_the_figures_makes_no_difference(values, power):
    scale = 2.0**power
    band, scaled = usual(values), usual([value * scale for value in values])
    assert scaled.median == pytest.approx(band.median * scale)
    assert scaled.high == pytest.approx(band.high * scale)


@given(BUILDS, FIGURES, CRITERIA)
def test_what_alarms_is_outside_of_the_band_and_beyond_threshold_and_floor(values, value, criterion):
    band = usual(values)
    change = judge(value, band, criterion)
    if change == "worse":
        assert value > band.high
        assert value - band.median > criterion.worse_by * band.median
        assert value - band.median > criterion.floor
    if change == "better":
        assert value < band.low
        assert band.median - value > criterion.floor
    if change == "cannot_tell":
        assert band.median < value <= band.high


@given(BUILDS, FIGURES, FIGURES, CRITERIA)
def test_a_larger_figure_is_never_the_better_one(values, one, other, criterion):
    order = ["better", "ok", "cannot_tell", "worse"]
    low, high = sorted((one, other))
    band = usual(values)
    assert order.index(judge(low, band, criterion)) <= order.index(judge(high, band, criterion))


@given(BUILDS, FIGURES, CRITERIA)
def test_where_more_is_better_it_is_the_other_way_round(values, value, criterion):
    band = usual(values)
    turned = judge(value, band, criterion, less_is_better=False)
    if judge(value, band, criterion) == "worse":
        assert turned == "better"
    if judge(value, band, criterion) == "better":
        assert turned == "worse"


@given(BUILDS, CRITERIA)
def test_the_median_itself_is_nothing_to_speak_of(values, criterion):
    band = usual(values)
    assert judge(band.median, band, criterion) == "ok"


@given(st.integers(5, 20), st.integers(1, 10**9), st.integers(-1, 1))
def test_builds_that_never_differ_fail_nobody_for_one_byte(count, value, difference):
    band = usual([value] * count)
    assert judge(value + difference, band, Criterion(0.03, 4096.0)) == "ok"


# --- drift -------------------------------------------------------------------------------------------


@given(SERIES)
def test_drift_the_other_way_round_in_time_goes_the_other_way(values):
    found, back = drift(values), drift(values[::-1])
    assert math.log1p(found.change) == pytest.approx(-math.log1p(back.change), abs=1e-4)
    assert found.step == pytest.approx(back.step, abs=1e-9)
    assert 0 <= found.p <= 1


@given(SERIES, st.floats(0.001, 1000))
def test_drift_is_relative(values, scale):
    found, scaled = drift(values), drift([value * scale for value in values])
    assert scaled.change == pytest.approx(found.change, rel=1e-6, abs=1e-9)
    assert scaled.step == pytest.approx(found.step, rel=1e-6, abs=1e-9)


@given(DISTINCT)
def test_both_tails_cover_everything_and_more(values):
    up, down = mann_kendall_p(values), mann_kendall_p([-value for value in values])
    assert up + down >= 1 - 1e-9
    assert 0 < min(up, down) <= max(up, down) <= 1


@given(DISTINCT)
def test_what_only_rises_rises_most(values):
    ordered = sorted(values)
    assert theil_sen(ordered) > 0
    assert mann_kendall_p(ordered) == pytest.approx(1 / math.factorial(len(values)))
    assert mann_kendall_p(values) >= mann_kendall_p(ordered)

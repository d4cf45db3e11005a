"""What counts prove: against scipy, and against the meaning itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from tcperf.rates import tries_needed, upper_rate

COUNTS = st.integers(1, 120).flatmap(lambda tried: st.tuples(st.integers(0, tried), st.just(tried)))


@pytest.mark.parametrize(
    ("seen", "tried", "rate"), [(0, 40, 0.0722), (1, 40, 0.1132), (0, 4, 0.5271), (0, 299, 0.00997)]
)
def test_what_is_read_in_tables(seen, tried, rate):
    assert upper_rate(seen, tried) == pytest.approx(rate, abs=5e-5)


@given(COUNTS)
def test_it_is_clopper_and_pearsons(counts):
    seen, tried = counts
    expected = 1.0 if seen == tried else scipy_stats.beta.ppf(0.95, seen + 1, tried - seen)
    assert upper_rate(seen, tried) == pytest.approx(expected, rel=1e-8)


@given(COUNTS)
def test_more_seen_is_more_and_more_tried_is_less(counts):
    seen, tried = counts
    assert seen / tried <= upper_rate(seen, tried) <= 1
    assert upper_rate(seen, tried + 1) <= upper_rate(seen, tried) + 1e-9
    if seen:
        assert upper_rate(seen - 1, tried) <= upper_rate(seen, tried) + 1e-9


def test_of_many_nothing_overflows():
    assert upper_rate(5_000, 10_000) == pytest.approx(scipy_stats.beta.ppf(0.95, 5_001, 5_000), rel=1e-6)


def test_nothing_tried_proves_nothing():
    assert upper_rate(0, 0) == 1.0


@pytest.mark.parametrize(("seen", "tried"), [(2, 1), (-1, 4)])
def test_more_seen_than_tried_is_a_mistake(seen, tried):
    with pytest.raises(ValueError, match=f"{seen} of {tried}"):
        upper_rate(seen, tried)


@given(st.floats(0.001, 0.5))
def test_so_many_tries_are_needed_and_no_fewer(rate):
    needed = tries_needed(rate)
    assert upper_rate(0, needed) <= rate * (1 + 1e-9)
    assert needed == 1 or upper_rate(0, needed - 1) > rate * (1 - 1e-9)

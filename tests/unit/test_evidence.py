"""What the values of two sides say: in logarithms, and where there are none."""

import math
import random
import statistics

import pytest

from tcperf.evidence import Evidence, differences, weigh_pairs, weigh_samples
from tcperf.stats import Estimate, hodges_lehmann, smallest_visible


def lognormal(size, *, cv=0.02, times=1.0, seed=1):
    chance = random.Random(f"{size} {seed}")
    return [times * 1000 * chance.lognormvariate(0, cv) for _value in range(size)]


def pairs(size=10, *, times=1.0, cv=0.02):
    return list(zip(lognormal(size, cv=cv), lognormal(size, cv=cv, times=times, seed=2), strict=True))


def test_pairs_are_weighed_by_logarithms():
    values = pairs(12, times=1.1)
    found = weigh_pairs(values)
    logarithms = [math.log(after / before) for before, after in values]
    expected = hodges_lehmann(logarithms)
    assert found.relative == Estimate(
        *(pytest.approx(each) for each in (expected.value, expected.low, expected.high))
    )
    assert found.absolute == hodges_lehmann([after - before for before, after in values])
    assert (found.base_median, found.head_median) == tuple(map(statistics.median, zip(*values, strict=True)))
    assert (found.pairs, found.worse_pairs, found.better_pairs) == (12, 12, 0)
    assert (found.p_worse, found.p_better) == (2**-12, 1)
    assert (found.is_paired, found.is_additive, found.is_unchanged) == (True, False, False)
    assert found.visible == pytest.approx(smallest_visible(logarithms))


def test_equal_pairs_count_for_no_side():
    found = weigh_pairs([(1, 2), (3, 3), (5, 4), (5, 4)])
    assert (found.pairs, found.worse_pairs, found.better_pairs) == (4, 1, 2)
    assert not found.is_unchanged
    assert weigh_pairs([(1, 1), (3, 3)]).is_unchanged
    assert weigh_pairs([(0, 0)]).is_unchanged


def test_a_zero_makes_it_additive():
    """Differences over the base's median: 0 has no logarithm."""
    found = weigh_pairs([(0, 1), (2, 4), (4, 4), (2, 3), (2, 4), (4, 5)])
    assert found.is_additive
    assert found.absolute.value == 1.0
    assert found.relative == Estimate(0.5, 0.0, 1.0)
    assert found.ratio(found.relative.value) == 0.5
    assert found.logarithm(0.5) == 0.5
    assert found.noise == pytest.approx(statistics.stdev([0.5, 1, 0, 0.5, 1, 0.5]) / math.sqrt(2))


@pytest.mark.parametrize("base", [[0, 0, 0, 5, 0], [-3, -1, -2, 1, -4], [1e-9, 0, 1e9, 1e-9, 1e-9]])
def test_next_to_nothing_is_no_measure(base):
    found = weigh_pairs([(before, before + 3) for before in base])
    assert found.is_additive
    assert (found.relative, found.noise, found.visible) == (None, None, None)
    assert found.absolute.value == 3
    assert found.p_worse == 2**-5


def test_noise_is_the_least_that_tells():
    """Neither drift nor an erratic head is the metric's noise."""
    base = lognormal(20, cv=0.01)
    steady = [(value, value * 1.001) for value in base]
    drifting = [(value * (1 + number / 20), value * (1 + number / 20)) for number, value in enumerate(base)]
    erratic = [(value, value * (1 + 0.5 * (number % 2))) for number, value in enumerate(base)]
    assert weigh_pairs(steady).noise == pytest.approx(0, abs=1e-9)
    assert weigh_pairs(drifting).noise == pytest.approx(0, abs=1e-9)
    assert weigh_pairs(erratic).noise == pytest.approx(0.01, rel=0.5)
    additive = [(before, after) for before, after in erratic[:-1]] + [(base[-1], 0.0)]
    assert weigh_pairs(additive).noise == pytest.approx(0.01, rel=0.5)


def test_one_pair():
    found = weigh_pairs([(100.0, 110.0)])
    assert found.relative.value == pytest.approx(math.log(1.1))
    assert (found.relative.low, found.relative.high) == (-math.inf, math.inf)
    assert (found.p_worse, found.p_better) == (0.5, 1)
    assert (found.noise, found.visible) == (None, None)


def test_nothing_has_no_evidence():
    with pytest.raises(ValueError, match="there are no pairs"):
        weigh_pairs([])
    for sides in (([], [1.0]), ([1.0], []), ([], [])):
        with pytest.raises(ValueError, match="a side has no values"):
            weigh_samples(*sides)


def test_ratios():
    found = weigh_pairs(pairs())
    assert found.ratio(0) == 0
    assert found.ratio(math.log(1.25)) == pytest.approx(0.25)
    assert found.logarithm(0.25) == pytest.approx(math.log(1.25))
    assert (found.ratio(math.inf), found.ratio(-math.inf)) == (math.inf, -math.inf)
    assert math.isfinite(found.ratio(1e6))


def test_nothing_falls_by_more_than_all_of_it():
    """Where a value is 0 the differences stand over the base's median, and that may be less than what was lost."""
    found = weigh_pairs([(before, 0) for before in (0, 5, 5, 5, 20, 25, 30, 30)])
    assert found.is_additive
    assert found.relative.low < found.relative.value < -1
    assert found.ratio(found.relative.low) == found.ratio(found.relative.value) == -1
    assert found.ratio(-0.999) == -0.999
    assert found.ratio(7.5) == 7.5
    assert (found.ratio(math.inf), found.ratio(-math.inf)) == (math.inf, -math.inf)


def test_samples():
    base, head = lognormal(8), lognormal(9, times=1.2)
    found = weigh_samples(base, head)
    assert (found.pairs, found.worse_pairs, found.better_pairs) == (8, 0, 0)
    assert not found.is_paired
    assert found.ratio(found.relative.value) == pytest.approx(0.2, abs=0.03)
    assert found.p_worse == pytest.approx(1 / math.comb(17, 8))
    assert found.p_better == 1
    assert found.noise == pytest.approx(0.02, rel=0.5)
    assert weigh_samples([5, 5], [5, 5, 5]).is_unchanged
    assert not weigh_samples([5], [6]).is_unchanged


def test_samples_with_zeros():
    found = weigh_samples([0, 2, 2, 2], [2, 4, 4, 4])
    assert found.is_additive
    assert found.relative.value == 1.0
    assert weigh_samples([0, 0, 0], [2, 4]).relative is None


def test_differences_are_in_the_order_of_the_pairs():
    found = differences([(1, math.e), (math.e, 1), (2, 2)])
    assert found.tested == found.relative == [1, -1, 0]
    assert found.before == [0, 1, math.log(2)]
    found = differences([(0, 3), (2, 1), (2, 2)])
    assert found.tested == found.absolute == [3, -1, 0]
    assert found.relative == [1.5, -0.5, 0]


def test_evidence_is_a_value():
    assert weigh_pairs(pairs()) == weigh_pairs(pairs())
    assert isinstance(weigh_pairs(pairs()), Evidence)

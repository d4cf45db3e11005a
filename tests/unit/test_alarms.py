"""Windows of pairs judged as builds: how many there are, and which are red."""

import random

import pytest

from tcperf.alarms import Alarms, count_alarms
from tcperf.gate import Criterion

CRITERION = Criterion(worse_by=0.05)


def quiet(count, seed=1):
    rng = random.Random(seed)
    return [(100 * rng.lognormvariate(0, 0.01), 100 * rng.lognormvariate(0, 0.01)) for _ in range(count)]


def shifted(pairs, factor):
    return [(before, after * factor) for before, after in pairs]


@pytest.mark.parametrize(
    ("pairs", "comparisons"), [(0, 0), (9, 0), (10, 2), (19, 2), (20, 4), (25, 4), (30, 6)]
)
def test_each_window_of_ten_is_judged_both_ways(pairs, comparisons):
    assert count_alarms({"cpu": quiet(pairs)}, {"cpu": CRITERION}) == Alarms(comparisons)


def test_a_window_that_differs_is_red_one_way():
    pairs = [*quiet(10), *shifted(quiet(10, 2), 1.2)]
    assert count_alarms({"cpu": pairs}, {"cpu": CRITERION}).red == (("cpu",),)
    exchanged = [(after, before) for before, after in pairs]
    assert count_alarms({"cpu": exchanged}, {"cpu": CRITERION}).red == (("cpu",),)


def test_a_build_is_red_once_no_matter_how_many_of_its_metrics_are():
    bad = shifted(quiet(10), 1.2)
    found = count_alarms(
        {"cpu": bad, "time": bad, "sent": quiet(10)}, dict.fromkeys(("cpu", "time", "sent"), CRITERION)
    )
    assert found.red == (("cpu", "time"),)
    assert found.comparisons == 2


def test_only_what_has_a_criterion_is_judged():
    series = {"cpu": shifted(quiet(10), 1.2), "time": quiet(10)}
    assert count_alarms(series, {"time": CRITERION}) == Alarms(2)
    assert count_alarms(series, {}) == Alarms(0)


def test_what_is_not_gated_or_too_noisy_is_no_alarm():
    series = {"cpu": shifted(quiet(10), 1.2)}
    assert count_alarms(series, {"cpu": Criterion(worse_by=0.05, gated=False)}).red == ()
    assert count_alarms(series, {"cpu": Criterion(worse_by=0.05, floor=50.0)}).red == ()


def test_series_of_unlike_lengths_have_the_windows_that_all_have():
    series = {"cpu": quiet(20), "time": quiet(12)}
    assert count_alarms(series, dict.fromkeys(series, CRITERION)).comparisons == 2


def test_what_so_few_prove():
    assert Alarms(4).upper_rate == pytest.approx(0.527, abs=1e-3)
    assert Alarms(40, (("cpu",),)).upper_rate == pytest.approx(0.1132, abs=1e-4)
    assert Alarms(0).upper_rate == 1.0


def test_two_ways_of_a_window_claim_less_than_is_known():
    """A window is red one way at most: of a rate r each way, none of n windows has the chance (1 - 2 r)^n."""
    windows = 7
    rate = Alarms(2 * windows).upper_rate
    assert (1 - 2 * rate) ** windows < 0.05

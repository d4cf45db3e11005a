"""What one look says, rule by rule."""

import math
import random

import pytest
from attrs import evolve

from tcperf.evidence import Evidence, weigh_pairs, weigh_samples
from tcperf.judging import (
    ALPHA,
    LOOKS,
    Criterion,
    judge,
    may_be_better,
    may_decide,
    stays,
    stays_by_floor,
    too_noisy,
)
from tcperf.stats import Estimate

#: 3 %, and more than 10 of the unit.
CRITERION = Criterion(worse_by=0.03, floor=10.0)


def evidence(relative=(0.05, 0.04, 0.06), absolute=(50, 40, 60), p=(0.001, 1.0), **fields):
    return Evidence(
        pairs=fields.pop("pairs", 10),
        base_median=fields.pop("base_median", 1000.0),
        head_median=1050.0,
        relative=None if relative is None else Estimate(*relative),
        absolute=Estimate(*absolute),
        p_worse=p[0],
        p_better=p[1],
        **fields,
    )


SMALL = math.log1p(0.03)


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (evidence(), "worse"),
        (evidence(p=(0.00399, 1)), "worse"),
        (evidence(p=(ALPHA, 1)), "cannot_tell"),
        (evidence(relative=(SMALL, 0.01, 0.06)), "cannot_tell"),
        (evidence(relative=(SMALL * 1.001, 0.01, 0.06)), "worse"),
        (evidence(absolute=(10, 9, 11)), "cannot_tell"),
        (evidence(absolute=(10.1, 9, 11)), "worse"),
        (evidence(relative=(0.02, 0.01, 0.0295)), "ok"),
        (evidence(relative=(0.02, 0.01, SMALL)), "cannot_tell"),
        (evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 9.9)), "ok"),
        (evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 10)), "ok"),
        (evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 10.1)), "cannot_tell"),
        (evidence((-0.05, -0.06, -0.04), (-50, -60, -40), (1, 0.001)), "better"),
        (evidence((-0.05, -0.06, -0.04), (-50, -60, -40), (1, 0.005)), "ok"),
        (evidence((-0.02, -0.03, -0.01), (-20, -30, -10), (1, 0.001)), "ok"),
        (evidence((-0.05, -0.06, -0.04), (-9, -9, -8), (1, 0.001)), "ok"),
        (evidence((-0.05, -0.2, 0.1), (-50, -60, 40), (1, 0.02)), "cannot_tell"),
        (evidence((0, -math.inf, math.inf), (0, -math.inf, math.inf), (1, 1)), "ok"),
        (evidence((0, -math.inf, math.inf), (0, -math.inf, math.inf), (0.5, 0.5)), "cannot_tell"),
        (evidence(relative=None), "worse"),
        (evidence(relative=None, absolute=(10, 9, 11)), "cannot_tell"),
        (evidence(relative=None, absolute=(5, 4, 6)), "ok"),
        (evidence(relative=None, absolute=(-50, -60, -40), p=(1, 0.001)), "better"),
        (evidence(relative=(0.0301, 0.01, 0.05), is_additive=True), "worse"),
        (evidence(relative=(0.0299, 0.01, 0.05), is_additive=True), "cannot_tell"),
    ],
)
def test_the_rules(at, change):
    assert judge(at, CRITERION) == change


def test_the_level_may_be_another():
    assert judge(evidence(p=(0.009, 1)), CRITERION, 0.01) == "worse"


def test_seven_pairs_prove_nothing_and_eight_may():
    pairs = [(1000.0 + number, 1200.0 + 2 * number) for number in range(8)]
    assert judge(weigh_pairs(pairs[:7]), CRITERION) == "cannot_tell"
    assert judge(weigh_pairs(pairs), CRITERION) == "worse"


@pytest.mark.parametrize("pairs", [*range(1, 9)])
def test_before_the_first_look_nothing_is_ok_however_equal_it_is(pairs):
    change = "ok" if pairs >= LOOKS[0] else "cannot_tell"
    assert judge(weigh_pairs([(1000.0, 1000.0)] * pairs), CRITERION) == change
    assert judge(evidence(relative=(0.0, -0.01, 0.01), p=(0.4, 0.6), pairs=pairs), CRITERION) == change
    assert judge(evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 9.9), pairs=pairs), CRITERION) == change
    assert stays(weigh_pairs([(1000.0, 1000.0)] * pairs), CRITERION)


@pytest.mark.parametrize(
    ("at", "by_floor"),
    [
        (evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 9.9)), True),
        (evidence(relative=(0.02, 0.01, SMALL), absolute=(9, 8, 9.9)), True),
        (evidence(relative=(0.02, 0.01, 0.0295), absolute=(9, 8, 9.9)), False),
        (evidence(relative=None, absolute=(5, 4, 6)), True),
        (evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 10)), True),
        (evidence(relative=(0.2, 0.1, 0.3), absolute=(9, 8, 10.1)), False),
        (evidence((0, -math.inf, math.inf), (0, -math.inf, math.inf), (1, 1)), False),
        (evidence(relative=None, absolute=(0, 0, 0), p=(1, 1)), False),
    ],
)
def test_what_stays_by_its_floor_alone(at, by_floor):
    assert stays_by_floor(at, CRITERION) is by_floor
    assert by_floor <= stays(at, CRITERION)


def test_samples_are_not_ok_for_want_of_pairs():
    """They have none that are worse or better, which once was taken for equality."""
    assert judge(weigh_samples([1000.0, 1010.0], [1400.0, 1500.0]), CRITERION) == "cannot_tell"


@pytest.mark.parametrize(("size", "change"), [(1, "cannot_tell"), (4, "cannot_tell"), (5, "ok")])
def test_fewer_samples_than_prove_anything_are_not_ok_either_however_equal_they_are(size, change):
    assert judge(weigh_samples([1000.0] * size, [1000.0] * 9), CRITERION) == change
    assert judge(weigh_samples([1000.0] * 9, [1000.0] * size), CRITERION) == change


@pytest.mark.parametrize("pairs", [7, 10, 15, 20, 30])
def test_what_reaches_its_floor_and_no_further_is_ok(pairs):
    """WORSE is what exceeds it: were this neither, no number of pairs would ever decide it."""
    at_floor = [(100.0, 110.0)] * pairs
    assert judge(weigh_pairs(at_floor), CRITERION) == "ok"
    assert may_decide(at_floor, CRITERION)
    assert judge(weigh_pairs([(100.0, 110.5)] * 30), CRITERION) == "worse"


@pytest.mark.parametrize("pairs", [15, 20, 30])
def test_a_count_that_is_mostly_0_is_decided_without_a_floor(pairs):
    """One more in one pair, one less in another: as retransmissions and connections are."""
    counts = [(0.0, 0.0)] * (pairs - 2) + [(0.0, 1.0), (1.0, 0.0)]
    assert judge(weigh_pairs(counts), Criterion(0.05)) == "ok"
    assert may_decide(counts, Criterion(0.05))


@pytest.mark.parametrize("cv", [0.002, 0.02, 0.1])
@pytest.mark.parametrize("change", [-0.1, 0.0, 0.02, 0.03, 0.05])
@pytest.mark.parametrize("zero", [False, True])
def test_what_may_not_decide_does_not(cv, change, zero):
    chance = random.Random(f"{cv} {change}")
    seen = set()
    for size in (1, 5, 6, 7, 10, 20) * 5:
        pairs = [
            (1000 * chance.lognormvariate(0, cv), 1000 * (1 + change) * chance.lognormvariate(0, cv))
            for _pair in range(size)
        ]
        pairs += [(0.0, 0.0)] * zero
        decides = judge(weigh_pairs(pairs), CRITERION) != "cannot_tell"
        seen.add(decides)
        assert decides <= may_decide(pairs, CRITERION)
        if not decides:
            assert not may_decide(pairs, CRITERION) or weigh_pairs(pairs).p_worse < ALPHA
    assert False in seen


def test_equal_pairs_decide():
    assert may_decide([(5, 5)] * 7, CRITERION)
    assert may_decide([(0, 0)] * 7, CRITERION)
    assert not may_decide([(5, 5)] * 6, CRITERION)


# --- noise -------------------------------------------------------------------------------------------


def noisy(noise, change="cannot_tell", criterion=CRITERION, **fields):
    fields = {"relative": (0.0, -0.1, 0.1), "absolute": (0, -100, 100), "p": (0.5, 0.5), **fields}
    return too_noisy(change, evidence(noise=noise, **fields), criterion)


def test_a_threshold_below_the_noise_carries_nothing():
    assert noisy(0.06) == "too noisy to be gated at 3 %: a run varies by 6 %"
    assert noisy(0.0214) is None  # 1.4 times it is just the threshold
    assert noisy(0.029) is None  # .0214 may be the truth, of ten pairs
    assert noisy(0.029, pairs=200) is not None
    assert noisy(None) is None
    assert noisy(0.06, pairs=6) is None


def test_a_floor_carries_as_a_threshold_does():
    floor = Criterion(worse_by=0.0, floor=100.0)
    assert noisy(0.05, criterion=floor) is None
    assert noisy(0.2, criterion=floor) is not None
    assert noisy(0.05, criterion=floor, base_median=0.0) is not None


def test_a_large_change_is_carried():
    assert noisy(0.06, "worse", relative=(0.08, 0.05, 0.2), p=(0.001, 1)) is not None
    assert noisy(0.06, "worse", relative=(0.085, 0.05, 0.2), p=(0.001, 1)) is None
    assert noisy(0.06, "better", relative=(-0.085, -0.2, -0.01), p=(1, 0.001)) is None


def test_what_may_become_worse_is_given_its_pairs():
    rising = {"relative": (0.05, -0.01, 0.2), "absolute": (50, -10, 200)}
    assert noisy(0.06, **rising, p=(0.04, 1)) is None
    assert noisy(0.06, **rising, p=(0.06, 1)) is not None
    assert noisy(0.06, "ok", **rising, p=(0.04, 1)) is not None
    assert noisy(0.06, relative=(0.02, -0.01, 0.2), absolute=(50, -10, 200), p=(0.04, 1)) is not None


def test_nothing_is_too_noisy_where_nothing_is_relative():
    assert noisy(0.06, relative=None) is None


def test_an_improvement_takes_until_the_second_look():
    falling = evidence((-0.05, -0.06, -0.04), (-50, -60, -40), (1, 0.0078), pairs=7)
    assert may_be_better("ok", falling, CRITERION)
    assert not may_be_better("cannot_tell", falling, CRITERION)
    assert not may_be_better("ok", evolve(falling, pairs=10), CRITERION)
    assert not may_be_better("ok", evolve(falling, absolute=Estimate(-5, -6, -4)), CRITERION)
    assert not may_be_better("ok", evidence((-0.01, -0.02, 0), pairs=7), CRITERION)

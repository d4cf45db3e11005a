"""What holds for all estimates and tests."""

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tcperf import ranks, stats

#: As large and as small as they come, and small whole ones, for their ties and zeros.
VALUES = st.one_of(st.floats(-1e300, 1e300), st.integers(-4, 4).map(float), st.floats(-10, 10))
SAMPLES = st.lists(VALUES, min_size=1, max_size=40)
WHOLE = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=40)
DIFFERENT = st.lists(st.integers(-10_000, 10_000).map(float), min_size=1, max_size=40, unique_by=abs)
MODERATE = st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=30)
SIDES = st.lists(st.integers(-9, 9).map(float), max_size=24)
RISES = st.sampled_from([0.001, 0.5, 1.0, 2.0, 3.5, 100.0])


def turned(values):
    return [-value for value in values]


@given(SAMPLES)
def test_the_other_way_round_it_is_the_other_way_round(values):
    tails, other = stats.signed_rank_tails(values), stats.signed_rank_tails(turned(values))
    assert (tails.above, tails.below) == (other.below, other.above)
    found, opposite = stats.hodges_lehmann(values), stats.hodges_lehmann(turned(values))
    assert (found.value, found.low, found.high) == (-opposite.value, -opposite.high, -opposite.low)
    assert stats.run_noise(values) == pytest.approx(stats.run_noise(turned(values)), nan_ok=False)


@given(SAMPLES, st.integers(0, 99).map(random.Random))
def test_the_order_makes_no_difference(values, chance):
    mixed = chance.sample(values, len(values))
    for figure in (
        stats.hodges_lehmann,
        stats.signed_rank_tails,
        stats.run_noise,
        stats.smallest_visible,
        stats.walsh_averages,
    ):
        assert figure(mixed) == figure(values)


@given(MODERATE, st.integers(-20, 20))
def test_the_unit_makes_no_difference(values, power):
    scale = 2.0**power  # by which every product is exact
    scaled = [value * scale for value in values]
    assume(all(value == 0 or abs(value) > 1e-200 for value in (*values, *scaled)))
    assert stats.signed_rank_tails(scaled) == stats.signed_rank_tails(values)
    found, larger = stats.hodges_lehmann(values), stats.hodges_lehmann(scaled)
    assert (larger.value, larger.low, larger.high) == tuple(
        each * scale for each in (found.value, found.low, found.high)
    )
    if len(values) > 1:
        assert stats.run_noise(scaled) == pytest.approx(stats.run_noise(values) * scale, rel=1e-9)
        assert stats.smallest_visible(scaled) == pytest.approx(
            stats.smallest_visible(values) * scale, rel=1e-9
        )


@given(st.one_of(WHOLE, DIFFERENT), RISES)
def test_more_is_never_less_evidence(values, rise):
    """Ties and zeros included: what has grown is no less above zero."""
    grown = [value + rise for value in values]
    before, after = stats.signed_rank_tails(values), stats.signed_rank_tails(grown)
    assert after.above <= before.above * (1 + 1e-12)
    assert after.below >= before.below * (1 - 1e-12)
    found, larger = stats.hodges_lehmann(values), stats.hodges_lehmann(grown)
    assert larger.value == pytest.approx(found.value + rise)
    assert (larger.low, larger.high) == (pytest.approx(found.low + rise), pytest.approx(found.high + rise))
    if len(values) > 1:
        assert stats.run_noise(grown) == pytest.approx(stats.run_noise(values), abs=1e-9)


@given(SAMPLES)
def test_everything_is_a_number(values):
    found = stats.hodges_lehmann(values)
    assert math.isfinite(found.value)
    assert found.low <= found.value <= found.high
    assert math.isfinite(found.low) == math.isfinite(found.high) == (len(values) >= 6)
    tails = stats.signed_rank_tails(values)
    assert 0 < tails.above <= 1
    assert 0 < tails.below <= 1
    assert tails.above + tails.below >= 1 - 1e-12
    for noise in (stats.run_noise(values), stats.smallest_visible(values)):
        assert (noise is None) == (len(values) == 1)
        assert noise is None or (math.isfinite(noise) and noise >= 0)


@given(st.one_of(SAMPLES, WHOLE), st.one_of(VALUES, st.none()))
def test_reaching_is_what_the_interval_says(values, bound):
    high = stats.hodges_lehmann(values).high
    for each in {high, 0.0 if bound is None else bound}:
        if math.isfinite(each):
            assert stats.reaches(values, each) == (high >= each)
            assert stats.reaches(values, each, beyond=True) == (high > each)


@given(MODERATE, st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_more_confidence_is_a_wider_interval(values, one, other):
    less, more = (stats.hodges_lehmann(values, confidence) for confidence in sorted((one, other)))
    assert more.low <= less.low
    assert less.high <= more.high


# --- distributions -----------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 60), max_size=30))
def test_all_signs_are_counted(sizes):
    assert fields(ranks._signs(tuple(sizes)), len(sizes)) == pytest.approx(2 ** len(sizes))
    assert len(bin(ranks._signs(tuple(sizes)))) - 2 <= (sum(sizes) + 1) * ranks._field_bits(len(sizes))


@given(st.lists(st.integers(1, 60), max_size=16), st.integers(0, 16))
def test_all_choices_are_counted(sizes, drawn):
    drawn = min(drawn, len(sizes))
    assert fields(ranks._choices(tuple(sizes), drawn), len(sizes)) == math.comb(len(sizes), drawn)


def fields(polynomial, count):
    width, total = ranks._field_bits(count), 0
    while polynomial:
        total += polynomial & ((1 << width) - 1)
        polynomial >>= width
    return total


@given(st.integers(0, 80))
def test_places_leave_something_between(count):
    place = ranks.signed_rank_place(count, 0.95)
    assert 0 <= place <= (count * (count + 1) // 2 + 1) // 2
    assert (place > 0) == (count >= 6)
    assert place <= ranks.signed_rank_place(count + 1, 0.95)


@given(st.integers(0, 30), st.integers(0, 30))
def test_places_of_samples_are_the_same_both_ways(base, head):
    place = ranks.rank_sum_place(base, head, 0.95)
    assert place == ranks.rank_sum_place(head, base, 0.95)
    assert 0 <= place <= (base * head + 1) // 2


# --- samples -----------------------------------------------------------------------------------------


@given(SIDES, SIDES)
def test_sides_swapped(base, head):
    tails, other = stats.rank_sum_tails(base, head), stats.rank_sum_tails(head, base)
    assert (tails.above, tails.below) == pytest.approx((other.below, other.above))
    assert tails.above + tails.below >= 1 - 1e-12
    assert 0 < min(tails.above, tails.below) <= max(tails.above, tails.below) <= 1
    if base and head:
        found, opposite = stats.shift(base, head), stats.shift(head, base)
        assert (found.value, found.low, found.high) == (-opposite.value, -opposite.high, -opposite.low)
        assert found.low <= found.value <= found.high


@given(SIDES, SIDES, st.integers(0, 99).map(random.Random))
def test_the_order_of_samples_makes_no_difference(base, head, chance):
    mixed = chance.sample(base, len(base)), chance.sample(head, len(head))
    assert stats.rank_sum_tails(*mixed) == stats.rank_sum_tails(base, head)
    assert stats.smallest_visible_shift(*mixed) == stats.smallest_visible_shift(base, head)
    if base and head:
        assert stats.shift(*mixed) == stats.shift(base, head)


@given(SIDES, SIDES, RISES)
def test_a_higher_head_is_never_less_evidence(base, head, rise):
    if len(base) * len(head) <= ranks.EXACT_CHOICES and len({*base, *head}) == len(base) + len(head):
        grown = stats.rank_sum_tails(base, [value + rise + 1e-6 for value in head])
        assert grown.above <= stats.rank_sum_tails(base, head).above


# --- many --------------------------------------------------------------------------------------------

PS = st.lists(st.floats(0, 1), max_size=30)


@given(PS, st.floats(0.001, 0.2), st.floats(0.001, 0.2))
def test_holm_is_between_one_alone_and_all_at_once(ps, one, other):
    alpha, larger = sorted((one, other))
    held = stats.holm(ps, alpha)
    assert len(held) == len(ps)
    for p, holds in zip(ps, held, strict=True):
        assert not holds or p <= alpha
        assert holds or p > alpha / len(ps)
    assert all(more >= less for more, less in zip(stats.holm(ps, larger), held, strict=True))


@given(PS, st.integers(0, 99).map(random.Random))
def test_holm_asks_for_no_order(ps, chance):
    order = chance.sample(range(len(ps)), len(ps))
    held = stats.holm(ps, 0.05)
    assert stats.holm([ps[place] for place in order], 0.05) == [held[place] for place in order]


@given(PS, st.lists(st.floats(0, 1), max_size=9))
def test_what_holds_beside_tests_that_nobody_knows_holds_whatever_they_say(ps, others):
    held = stats.holm(ps, 0.05, len(ps) + len(others))
    assert stats.holm([*ps, *[1.0] * len(others)], 0.05)[: len(ps)] == held
    known = stats.holm([*ps, *others], 0.05)[: len(ps)]
    assert all(then <= now for then, now in zip(held, known, strict=True))
    assert stats.holm(ps, 0.05, 0) == stats.holm(ps, 0.05)


@given(SAMPLES)
def test_middles(values):
    middle = stats.median(values)
    assert sum(value <= middle for value in values) * 2 >= len(values)
    assert sum(value >= middle for value in values) * 2 >= len(values)

"""Chances of rank sums: published tables, scipy, and counting every case one by one."""

import itertools
import math
import random

import pytest
from scipy import stats as scipy_stats

from tcperf import ranks
from tcperf.ranks import Tails, rank_sum, rank_sum_place, signed_rank, signed_rank_place


def counted_signs(differences):
    """Both tails by trying all signs, with ranks that are counted the long way."""
    sizes = [abs(each) for each in differences]
    rank = {size: sum(s < size for s in sizes) + (sizes.count(size) + 1) / 2 for size in sizes}
    left = [rank[abs(each)] for each in differences if each]
    found = sum(rank[each] for each in differences if each > 0)
    sums = [sum(itertools.compress(left, signs)) for signs in itertools.product((0, 1), repeat=len(left))]
    return Tails(sum(s >= found for s in sums) / len(sums), sum(s <= found for s in sums) / len(sums))


def counted_choices(base, head):
    values = [*base, *head]
    rank = {value: sum(v < value for v in values) + (values.count(value) + 1) / 2 for value in values}
    found = sum(rank[value] for value in head)
    sums = [sum(rank[value] for value in chosen) for chosen in itertools.combinations(values, len(head))]
    return Tails(sum(s >= found for s in sums) / len(sums), sum(s <= found for s in sums) / len(sums))


def samples(count, *sizes, digits):
    chance = random.Random(f"{sizes} {digits}")
    for _number in range(count):
        yield tuple([round(chance.gauss(0.4), digits) for _value in range(size)] for size in sizes)


@pytest.mark.parametrize("size", [1, 2, 5, 7, 10, 15, 20, 30, 50])
def test_signed_rank_is_scipys_without_ties(size):
    for (values,) in samples(20, size, digits=12):
        found = signed_rank(values)
        for alternative, p in (("greater", found.above), ("less", found.below)):
            theirs = scipy_stats.wilcoxon(values, alternative=alternative, method="exact").pvalue
            assert p == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 9, 12])
@pytest.mark.parametrize("digits", [0, 1])
def test_signed_rank_is_counted_with_ties_and_zeros(size, digits):
    for (values,) in samples(12, size, digits=digits):
        assert signed_rank(values) == counted_signs(values)


def test_signed_rank_is_scipys_with_ties_and_zeros():
    every_sign = scipy_stats.PermutationMethod(n_resamples=math.inf)
    for (values,) in samples(8, 8, digits=0):
        if any(values):
            theirs = scipy_stats.wilcoxon(
                values, alternative="greater", zero_method="pratt", method=every_sign
            )
            assert signed_rank(values).above == pytest.approx(theirs.pvalue, rel=1e-9)


def test_pratts_zeros():
    """Left out before the ranking, a zero makes p larger than where it were a little below zero (Pratt 1959)."""
    grown = [0, 2, 3, 4, 6, 7, 8, 9, 11, 14, 15, 17, -18]
    less = [value - 1 for value in grown]
    dropped = scipy_stats.wilcoxon([value for value in grown if value], alternative="greater", method="exact")
    assert dropped.pvalue > signed_rank(less).above
    assert signed_rank(grown).above <= signed_rank(less).above


def test_nothing_is_no_evidence():
    for values in ([], [0.0], [0.0, -0.0, 0]):
        assert signed_rank(values) == Tails(1.0, 1.0)
    for sides in (([], []), ([], [1.0]), ([1.0], []), ([2.0, 2.0], [2.0])):
        assert rank_sum(*sides) == Tails(1.0, 1.0)


def test_all_above():
    for size in (1, 7, 8, 30, 60):
        assert signed_rank(range(1, size + 1)) == Tails(2.0**-size, 1.0)
        assert signed_rank(range(-size, 0)) == Tails(1.0, 2.0**-size)
        assert signed_rank([3.5] * size) == Tails(2.0**-size, 1.0)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 4), (5, 5), (9, 2), (2, 9), (12, 15), (20, 20), (3, 100)])
def test_rank_sum_is_scipys_without_ties(sizes):
    for base, head in samples(10, *sizes, digits=12):
        found = rank_sum(base, head)
        for alternative, p in (("greater", found.above), ("less", found.below)):
            theirs = scipy_stats.mannwhitneyu(head, base, alternative=alternative, method="exact").pvalue
            assert p == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("sizes", [(1, 1), (2, 3), (4, 4), (6, 5), (1, 9), (9, 1)])
@pytest.mark.parametrize("digits", [0, 1])
def test_rank_sum_is_counted_with_ties(sizes, digits):
    for base, head in samples(12, *sizes, digits=digits):
        assert rank_sum(base, head) == counted_choices(base, head)


@pytest.mark.parametrize("size", [61, 100, 400])
def test_many_pairs_are_scipys_normal_ones(size):
    for (values,) in samples(5, size, digits=1):
        scaled = [value - 0.3 for value in values]  # not too clear
        found = signed_rank(scaled)
        exact = scipy_stats.wilcoxon(
            scaled, alternative="greater", method="asymptotic", correction=True, zero_method="pratt"
        )
        assert found.above == pytest.approx(exact.pvalue, rel=0.02)


def test_the_normal_ones_are_near_the_exact_ones(monkeypatch):
    cases = [values for (values,) in samples(30, 60, digits=12)] + [
        [value - 0.2 for value in values] for (values,) in samples(30, 60, digits=6)
    ]
    exact = [signed_rank(values).above for values in cases]
    monkeypatch.setattr(ranks, "EXACT_PAIRS", 0)
    for values, p in zip(cases, exact, strict=True):
        normal = signed_rank(values).above
        if p > 0.002:
            assert normal == pytest.approx(p, rel=0.12)
        assert p > 0.05 or normal > p * 0.99  # rather too careful


@pytest.mark.parametrize("sizes", [(21, 20), (30, 30), (8, 200)])
def test_many_samples_are_scipys_normal_ones(sizes):
    for base, head in samples(5, *sizes, digits=1):
        for alternative, p in zip(
            ("greater", "less"), (rank_sum(base, head).above, rank_sum(base, head).below), strict=True
        ):
            theirs = scipy_stats.mannwhitneyu(head, base, alternative=alternative, method="asymptotic")
            assert p == pytest.approx(theirs.pvalue, rel=0.05)


# Hollander, Wolfe and Chicken, table A.4 (upper tail .025), as the k from below: none below 6 differences.
@pytest.mark.parametrize(
    ("count", "place"),
    [(0, 0), (1, 0), (5, 0), (6, 1), (7, 3), (8, 4), (10, 9), (15, 26), (20, 53), (30, 138)],
)
def test_places_of_the_signed_rank_interval(count, place):
    assert signed_rank_place(count, 0.95) == place


def test_a_place_that_covers_just_what_it_should():
    """Both signs alone of six have a chance of 1/64 each."""
    assert signed_rank_place(6, 1 - 2 / 64) == 1
    assert signed_rank_place(6, 1 - 1.99 / 64) == 0


# Mann and Whitney's critical values at .05 two-sided, and one more: the first of them that is inside.
@pytest.mark.parametrize(
    ("sizes", "place"),
    [
        ((0, 0), 0),
        ((0, 5), 0),
        ((3, 3), 0),
        ((4, 4), 1),
        ((5, 5), 3),
        ((7, 7), 9),
        ((10, 10), 24),
        ((20, 20), 128),
    ],
)
def test_places_of_the_rank_sum_interval(sizes, place):
    assert rank_sum_place(*sizes, 0.95) == place


def test_a_place_covers_what_it_should():
    """P(T < k) is within the tail, P(T < k + 1) is not."""
    for count in range(6, 31):
        chances, place = _signed_rank_distribution(count), signed_rank_place(count, 0.95)
        assert sum(chances[:place]) <= 0.025 < sum(chances[: place + 1])


def _signed_rank_distribution(count):
    ways = [1]
    for rank in range(1, count + 1):
        ways = [
            (ways[t] if t < len(ways) else 0) + (ways[t - rank] if 0 <= t - rank < len(ways) else 0)
            for t in range(len(ways) + rank)
        ]
    assert sum(ways) == 2**count
    return [way / 2**count for way in ways]


@pytest.mark.parametrize("count", [61, 75, 100])
def test_places_of_many_are_the_exact_ones_nearly(count, monkeypatch):
    normal = signed_rank_place(count, 0.95)
    monkeypatch.setattr(ranks, "EXACT_PAIRS", 1000)
    exact = signed_rank_place.__wrapped__(count, 0.95)
    assert abs(normal - exact) <= 2


def test_places_of_many_samples_are_the_exact_ones_nearly(monkeypatch):
    for sizes in ((21, 21), (30, 18)):
        normal = rank_sum_place(*sizes, 0.95)
        monkeypatch.setattr(ranks, "EXACT_CHOICES", 10_000)
        assert abs(normal - rank_sum_place.__wrapped__(*sizes, 0.95)) <= 1
        monkeypatch.undo()

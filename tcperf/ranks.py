"""How likely a sum of ranks is by chance alone: exact for the few runs that there are.  Pure.

*Paired* data: each rank counts or does not, by the toss of a coin (Wilcoxon's signed-rank statistic, over all 2^N
signs).  *Unpaired* data: so many of all ranks are drawn (Mann and Whitney's rank sum, over all choices).
Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (3rd edition), chapters 3 and 4.

A distribution is a polynomial in one whole number: the coefficient of x^t stands in the t-th field of bits, and a
factor 1 + x^r is one shift and one addition.  Beyond EXACT_PAIRS and EXACT_CHOICES the normal distribution of the
same mean and variance takes its place, with the correction for continuity.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from typing import Final

from attrs import frozen

__all__ = [
    "EXACT_CHOICES",
    "EXACT_PAIRS",
    "Tails",
    "rank_sum",
    "rank_sum_place",
    "signed_rank",
    "signed_rank_place",
]

#: All signs of so many pairs are counted: of 60 with ties that takes some tenths of a millisecond.
EXACT_PAIRS: Final = 60
#: All choices are counted where the sizes of both sides multiply to so much: of 20 and 20, about a millisecond.
EXACT_CHOICES: Final = 400
#: What lies beyond the middle of a step of the statistic.
_HALF_STEP: Final = 0.5


@frozen
class Tails:
    """The chance of a sum as large as the one found or larger, and of one as small or smaller."""

    above: float
    below: float


def signed_rank(differences: Sequence[float]) -> Tails:
    """The tails of the sum of the positive differences' ranks, ranked by size.

    Equal sizes share the mean of their ranks.  Zeros take the lowest ranks, which then are left out (Pratt 1959):
    left out before the ranking, they could make a sample less significant by growing.  Both are 1 where all are 0.
    """
    doubled = _doubled_ranks([abs(difference) for difference in differences])
    ranks = _whole([rank for rank, difference in zip(doubled, differences, strict=True) if difference])
    signs = [difference > 0 for difference in differences if difference]
    found = sum(rank for rank, is_positive in zip(ranks, signs, strict=True) if is_positive)
    if len(ranks) > EXACT_PAIRS:
        return _normal(found, sum(ranks) / 2, math.hypot(*ranks) / 2)
    return _exact(_signs(tuple(sorted(ranks))), len(ranks), found, 1 << len(ranks))


def rank_sum(base: Sequence[float], head: Sequence[float]) -> Tails:
    """The tails of the sum of the head's ranks among the values of both sides.

    Equal values share the mean of their ranks.  Both are 1 where a side is empty.
    """
    if len(head) > len(base):  # fewer ranks have fewer sums
        turned = rank_sum(head, base)
        return Tails(turned.below, turned.above)
    count, drawn = len(base) + len(head), len(head)
    ranks = _whole(_doubled_ranks([*base, *head]))
    found = sum(ranks[len(base) :])
    if len(base) * drawn > EXACT_CHOICES:
        spread = statistics.pstdev(ranks) * math.sqrt(drawn * len(base) / (count - 1))
        return _normal(found, drawn * sum(ranks) / count, spread)
    return _exact(_choices(tuple(sorted(ranks)), drawn), count, found, math.comb(count, drawn))


@functools.cache
def signed_rank_place(count: int, confidence: float) -> int:
    """How many from either end the ends of the Walsh averages' interval are, 0 where there are too few for one.

    That is the largest k with P(T < k) ≤ (1 - confidence) / 2, T being the signed-rank statistic without ties.
    """
    tail, most = (1 - confidence) / 2, count * (count + 1) // 2
    if count > EXACT_PAIRS:
        return _normal_place(tail, most / 2, math.sqrt(most * (2 * count + 1) / 12))
    return _exact_place(_signs(tuple(range(1, count + 1))), count, most, tail * (1 << count))


@functools.cache
def rank_sum_place(base: int, head: int, confidence: float) -> int:
    """The same of the differences between two samples of these sizes: by the rank-sum statistic without ties."""
    tail, count, drawn = (1 - confidence) / 2, base + head, min(base, head)
    if base * head > EXACT_CHOICES:
        return _normal_place(tail, base * head / 2, math.sqrt(base * head * (count + 1) / 12))
    least = drawn * (drawn + 1) // 2
    choices = _choices(tuple(range(1, count + 1)), drawn) >> least * _field_bits(count)
    return _exact_place(choices, count, base * head, tail * math.comb(count, drawn))


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each value: the mean of the ranks of equal ones may have a half."""
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for rank, value in enumerate(sorted(values), 1):
        first.setdefault(value, rank)
        last[value] = rank
    return [first[value] + last[value] for value in values]


def _whole(doubled: list[int]) -> list[int]:
    """The ranks themselves where none has a half: half as long a polynomial, and one for all such samples."""
    if any(rank & 1 for rank in doubled):
        return doubled
    return [rank >> 1 for rank in doubled]


@functools.lru_cache(maxsize=256)
def _signs(ranks: tuple[int, ...]) -> int:
    """In the field t: how many of all signs make the sum of the positive ranks t."""
    width, polynomial = _field_bits(len(ranks)), 1
    for rank in ranks:
        polynomial += polynomial << rank * width
    return polynomial


@functools.lru_cache(maxsize=256)
def _choices(ranks: tuple[int, ...], drawn: int) -> int:
    """In the field t: how many choices of so many ranks add up to t."""
    width = _field_bits(len(ranks))
    polynomials = [1] + [0] * drawn
    for rank in ranks:
        for chosen in range(drawn, 0, -1):
            polynomials[chosen] += polynomials[chosen - 1] << rank * width
    return polynomials[drawn]


def _field_bits(count: int) -> int:
    """So many that not even the sum of all fields, 2^N at most, is as large as the largest digit."""
    return count + 2


def _exact(polynomial: int, count: int, found: int, ways: int) -> Tails:
    """The fields from ``found`` on, added up: the digits of a number to the base b add up modulo b - 1."""
    width = _field_bits(count)
    field = (1 << width) - 1
    from_there = polynomial >> found * width
    above = from_there % field
    return Tails(above / ways, (ways - above + (from_there & field)) / ways)


def _normal(found: float, mean: float, spread: float) -> Tails:
    if not spread:
        return Tails(1.0, 1.0)
    above, below = ((found - mean) * sign - _HALF_STEP for sign in (1, -1))
    return Tails(*(min(1.0, math.erfc(distance / spread / math.sqrt(2)) / 2) for distance in (above, below)))


def _exact_place(polynomial: int, count: int, most: int, limit: float) -> int:
    width = _field_bits(count)
    field, below = (1 << width) - 1, 0
    for place in range(most + 1):
        below += polynomial >> place * width & field
        if below > limit:
            return place
    return 0  # there is nothing to be ordered


def _normal_place(tail: float, mean: float, spread: float) -> int:
    return max(0, math.floor(mean + _HALF_STEP + statistics.NormalDist().inv_cdf(tail) * spread))

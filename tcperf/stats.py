"""The statistics behind a verdict: pure, and quick to import.

*Paired* data are differences, one a pair (of logarithms, mostly): Hodges and Lehmann's estimate, the interval
from the order statistics of the Walsh averages, Wilcoxon's signed-rank test.  *Unpaired* data are two samples: the
median of all differences between them, the interval from its order statistics, Mann and Whitney's rank-sum test.
Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (3rd edition), chapters 3 and 4; what is likely by
chance is counted in tcperf.ranks.

Values are finite, and so are the differences between them: of the largest numbers there are (beyond 1e300) neither
sums nor differences are promised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf import ranks
from tcperf.ranks import Tails

__all__ = [
    "Estimate",
    "Tails",
    "deviation",
    "hodges_lehmann",
    "holm",
    "median",
    "rank_sum_p",
    "rank_sum_tails",
    "reaches",
    "run_noise",
    "shift",
    "signed_rank_p",
    "signed_rank_tails",
    "smallest_visible",
    "smallest_visible_shift",
    "walsh_averages",
]

CONFIDENCE: Final = 0.95
#: The smallest change that a one-sided test at .01 finds with a power of .9: (2.33 + 1.28) standard errors of the
#: mean difference, and a little more for ranks (asymptotic efficiency .955).  Simulated, the power is .88 from 60
#: pairs, .87 of 30, .85 of 20 and .76 of 10: the spread of few is uncertain itself.
_VISIBLE: Final = 3.7
#: A standard deviation needs two values.
_LEAST_FOR_NOISE: Final = 2


@frozen
class Estimate:
    """A difference, and the ends of its interval; infinite where there are too few values for one."""

    value: float
    low: float
    high: float


# --- of one sample -----------------------------------------------------------------------------------


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle.  Raises ValueError for no values."""
    return _middle(sorted(values))


def deviation(values: Sequence[float]) -> float | None:
    """The standard deviation, by N - 1; None for fewer than two values, exactly 0 for equal ones.

    The order of the values makes no difference, and squares of large ones do not overflow.
    """
    if len(values) < _LEAST_FOR_NOISE:
        return None
    ordered = sorted(values)
    above = [value - ordered[0] for value in ordered]
    mean = math.fsum(value / len(above) for value in above)
    return math.hypot(*[value - mean for value in above]) / math.sqrt(len(above) - 1)


# --- paired ------------------------------------------------------------------------------------------


def walsh_averages(differences: Sequence[float]) -> list[float]:
    """(d_i + d_j) / 2 for all i ≤ j, in rising order: N (N + 1) / 2 of them."""
    halves = sorted([difference / 2 for difference in differences])
    # Rising rows: what is sorted already in parts is sorted sooner.
    averages = [half + other for place, half in enumerate(halves) for other in halves[place:]]
    averages.sort()
    return averages


def hodges_lehmann(differences: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The median of the Walsh averages, and the k-th of them from below and from above.

    k is the largest at which the exact coverage is ``confidence`` or more (at .95 there is one from 6 differences
    on).  Raises ValueError for no differences.
    """
    return _estimate(walsh_averages(differences), ranks.signed_rank_place(len(differences), confidence))


def reaches(differences: Sequence[float], bound: float, confidence: float = CONFIDENCE) -> bool:
    """Whether ``hodges_lehmann(differences).high`` is the bound or more, without making all averages."""
    halves = sorted([difference / 2 for difference in differences])
    place = ranks.signed_rank_place(len(halves), confidence)
    count = low = 0
    for high in range(len(halves) - 1, -1, -1):
        while low <= high and halves[low] + halves[high] < bound:
            low += 1
        if low > high:
            break
        count += high - low + 1
    return not place or count >= place


def signed_rank_tails(differences: Sequence[float]) -> Tails:
    """The one-sided p of Wilcoxon's signed-rank test against "not above 0", and the one against "not below 0"."""
    return ranks.signed_rank(differences)


def signed_rank_p(differences: Sequence[float]) -> float:
    """The one-sided p of Wilcoxon's signed-rank test against "not above 0"; 1 where all are 0."""
    return signed_rank_tails(differences).above


def run_noise(differences: Sequence[float]) -> float | None:
    """The standard deviation of one run, from differences between two; None for fewer than two.

    Of differences of logarithms it is about the coefficient of variation, as a ratio.
    """
    spread = deviation(differences)
    return None if spread is None else spread / math.sqrt(2)


def smallest_visible(differences: Sequence[float]) -> float | None:
    """The smallest true difference that so many pairs, of such a spread, mostly show; None for fewer than two.

    Of many pairs that is 9 times in 10, of 10 pairs 3 times in 4.
    """
    spread = deviation(differences)
    return None if spread is None else _VISIBLE * spread / math.sqrt(len(differences))


# --- unpaired ----------------------------------------------------------------------------------------


def shift(base: Sequence[float], head: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The median of head - base over all choices of one of each, and the k-th from below and from above.

    Raises ValueError where a side is empty.
    """
    differences = sorted([after - before for before in base for after in head])
    return _estimate(differences, ranks.rank_sum_place(len(base), len(head), confidence))


def rank_sum_tails(base: Sequence[float], head: Sequence[float]) -> Tails:
    """The one-sided p of the rank-sum test against "head is not above base", and "head is not below base"."""
    return ranks.rank_sum(base, head)


def rank_sum_p(base: Sequence[float], head: Sequence[float]) -> float:
    """The one-sided p of the rank-sum test against "head is not above base"; 1 where a side is empty."""
    return rank_sum_tails(base, head).above


def smallest_visible_shift(base: Sequence[float], head: Sequence[float]) -> float | None:
    """The smallest visible difference of two samples: by the standard error of the difference of their means."""
    before, after = deviation(base), deviation(head)
    if before is None or after is None:
        return None
    return _VISIBLE * math.hypot(before / math.sqrt(len(base)), after / math.sqrt(len(head)))


# --- many --------------------------------------------------------------------------------------------


def holm(ps: Sequence[float], alpha: float) -> list[bool]:
    """Which of several tests hold together at ``alpha`` (Holm 1979), in their order."""
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    held = [False] * len(ps)
    for tried, place in enumerate(order):
        if ps[place] > alpha / (len(ps) - tried):
            break
        held[place] = True
    return held


# --- inside ------------------------------------------------------------------------------------------


def _estimate(ordered: Sequence[float], place: int) -> Estimate:
    middle = _middle(ordered)
    if not place:
        return Estimate(middle, -math.inf, math.inf)
    return Estimate(middle, ordered[place - 1], ordered[-place])


def _middle(ordered: Sequence[float]) -> float:
    if not ordered:
        raise ValueError("no values to estimate from")
    half, is_odd = divmod(len(ordered), 2)
    return ordered[half] if is_odd else ordered[half - 1] / 2 + ordered[half] / 2

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
#: The fewest pairs, and the fewest runs of a side that belong to no pairs, that prove anything to the gate.
_FEWEST_PAIRS: Final = 8
FEWEST_RUNS: Final = 5
#: What one look of the gate (exact signed-rank test, one-sided, .004) proves nine times in ten, in standard errors of
#: the mean difference as the very pairs tell them, of 8 pairs, of 9, and so on to 30.  Simulated with 200,000 normal
#: samples of each size; tools/simulate_gate.py holds them against the gate.  The steps are those of the exact test.
_VISIBLE: Final = (
    7.67, 6.60, 6.47, 5.92, 5.69, 5.59, 5.36, 5.25, 5.07, 4.97, 4.92, 4.90,
    4.85, 4.80, 4.74, 4.71, 4.64, 4.64, 4.58, 4.57, 4.56, 4.55, 4.51,
)  # fmt: skip
#: Of ever more pairs: (2.652 + 1.282) standard errors, over the root of the test's efficiency, 3 / π; and what is
#: more of as many as there are (fitted to 40 and 60 pairs).
_VISIBLE_AT_LAST: Final = 4.03
_VISIBLE_MORE: Final = 3.5
#: The same of two samples (rank-sum test, .01): (2.326 + 1.282) over that root; and what is more of n runs a side is
#: 1.2 / n + 8 / n², fitted to 40,000 samples of each of 5 … 30 runs.
_SHIFT_AT_LAST: Final = 3.69
_SHIFT_MORE: Final = (1.2, 8.0)
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


def reaches(
    differences: Sequence[float], bound: float, confidence: float = CONFIDENCE, *, beyond: bool = False
) -> bool:
    """Whether ``hodges_lehmann(differences).high`` is the bound or more, without making all averages.

    ``beyond``: whether it is more.
    """
    if beyond:
        bound = math.nextafter(bound, math.inf)
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


def smallest_visible(differences: Sequence[float], pairs: int | None = None) -> float | None:
    """The smallest true difference that ``pairs`` (None: as many as these) of such a spread prove 9 times in 10.

    Of fewer than 8 it is what 8 would prove, for fewer prove nothing.  None for fewer than two differences.
    """
    spread = deviation(differences)
    count = max(_FEWEST_PAIRS, len(differences) if pairs is None else pairs)
    return None if spread is None else _visible_errors(count) * spread / math.sqrt(count)


def _visible_errors(count: int) -> float:
    place = count - _FEWEST_PAIRS
    return _VISIBLE[place] if place < len(_VISIBLE) else _VISIBLE_AT_LAST * (1 + _VISIBLE_MORE / count)


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
    """The smallest visible difference of two samples: by the standard error of the difference of their means.

    Of fewer than 5 runs a side it is more than they tell: they prove nothing.
    """
    before, after = deviation(base), deviation(head)
    if before is None or after is None:
        return None
    count = max(FEWEST_RUNS, min(len(base), len(head)))
    errors = _SHIFT_AT_LAST * (1 + _SHIFT_MORE[0] / count + _SHIFT_MORE[1] / count**2)
    return errors * math.hypot(before / math.sqrt(len(base)), after / math.sqrt(len(head)))


# --- many --------------------------------------------------------------------------------------------


def holm(ps: Sequence[float], alpha: float, tests: int = 0) -> list[bool]:
    """Which of several tests hold together at ``alpha`` (Holm 1979), in their order.

    ``tests`` is how many there are where there are more than these: whatever the others say, these hold beside them,
    for a p of 1 is taken for theirs.
    """
    most = max(tests, len(ps))
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    held = [False] * len(ps)
    for tried, place in enumerate(order):
        if ps[place] > alpha / (most - tried):
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

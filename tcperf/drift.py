"""Slow drift: a figure that goes one way build by build, while no build by itself changes it by much.  Pure.

How far it goes is Theil and Sen's estimate: the median of the slopes between all pairs of builds, of the figures'
logarithms.  Whether it goes one way at all is Mann and Kendall's test: are there more pairs of builds that rise than
fall?  (Mann 1945; Kendall 1975, "Rank Correlation Methods"; Sen 1968.)  Whether it goes in steps is what fits better:
Theil and Sen's line or one or two steps, by the sum of the distances from it.  None of them is moved by a few builds
that went wrong.

Where builds only stray, one figure in 250 at most is taken for one that becomes worse (ALPHA).  Of 21 builds that stray
by 1.5 %, a rise of 10 % in all is told in three of four cases at a threshold of 3 %, and a single step of 6 % is taken
for such a rise in one of 50 (tests/unit/test_drift.py).
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, combinations
from typing import Final

from attrs import frozen

from tcperf import stats

#: Of fewer builds nobody says that they drift.
FEWEST: Final = 8
#: What p has to be below: many figures are looked at in every build, as at each look of the gate.
ALPHA: Final = 0.004
#: So many builds on either side say where the level was before a step and after it: five, of fewer builds a third.
_LEVEL: Final = 5
_LEVELS: Final = 3
#: Of fewer builds nobody says where they have their level.
_LEAST: Final = 3
#: So many times better than a line fit one step or two where they are what happened: each more is fitted to chance, too.
_ONE_STEP: Final = 1.05
_TWO_STEPS: Final = 1.2
#: Of larger ones there is no exponential.
_LARGEST_LOG: Final = 700.0
#: Up to so many builds p is counted exactly, where no two figures are equal.
_EXACT: Final = 60


@frozen
class Drift:
    """How a figure moved over ``builds`` builds.

    ``change`` is that from the first to the last by the slope, ``step`` the largest one between neighbouring
    levels: both relative (0.06), the step without a sign.  ``p`` is one-sided, in the direction of the change.
    ``is_even``: many builds that change alike, or nearly so, tell the figures better than one or two that changed
    them by more.
    """

    builds: int
    change: float
    step: float
    p: float
    is_even: bool = False

    def is_slow(self, threshold: float) -> bool:
        """Whether it certainly goes one way, beyond ``threshold`` (0.03) as a whole and by no single step."""
        if self.p >= ALPHA or abs(self.change) <= threshold:
            return False
        # Levels apart by many builds differ by what all of these do, and by chance.
        return self.step <= threshold or self.is_even


def drift(values: Sequence[float]) -> Drift | None:
    """The drift of values, oldest first; None for fewer than FEWEST, and where one is not above 0."""
    if len(values) < FEWEST or min(values) <= 0:
        return None
    logarithms = [math.log(value) for value in values]
    slope = theil_sen(logarithms)
    p = mann_kendall_p([*logarithms] if slope >= 0 else [-each for each in logarithms])
    return Drift(
        len(values),
        _ratio(slope * (len(values) - 1)),
        _largest_step(logarithms),
        p,
        is_even=p < ALPHA and _is_even(logarithms, slope),
    )


def theil_sen(values: Sequence[float]) -> float:
    """The median slope, in units a step, over all pairs of values that are a step apart or more.

    Raises ValueError for fewer than two values.
    """
    return stats.median(
        [
            (after - before) / (later - earlier)
            for (earlier, before), (later, after) in combinations(enumerate(values), 2)
        ]
    )


def mann_kendall_p(values: Sequence[float]) -> float:
    """The one-sided p of as many rising pairs of values, or more, where the order means nothing.

    Exact by counting permutations; of tied or of many values by the normal approximation with the variance corrected
    for ties and for continuity.
    """
    rises = sum((after > before) - (after < before) for before, after in combinations(values, 2))
    count, ties = len(values), Counter(Counter(values).values())
    if count <= _EXACT and set(ties) <= {1}:
        return _exact_p(count, rises)
    variance = _spread(count) - sum(often * _spread(size) for size, often in ties.items())
    if variance <= 0:
        return 1.0
    return math.erfc((rises - 1) / math.sqrt(variance) / math.sqrt(2)) / 2


def _spread(count: int) -> float:
    return count * (count - 1) * (2 * count + 5) / 18


def _exact_p(count: int, rises: int) -> float:
    """Of all orders of so many distinct values, the share in which pairs that rise exceed those that fall by as much.

    Falling pairs are inversions (Knuth, The Art of Computer Programming 3, 5.1.1).
    """
    orders = _orders(count)
    falling = (len(orders) - 1 - rises) // 2
    return sum(orders[: falling + 1]) / math.factorial(count)


@functools.cache
def _orders(count: int) -> tuple[int, ...]:
    """How many orders of so many distinct values have 0, 1, … inversions: a value more adds 0 to ``size - 1``."""
    orders = [1]
    for size in range(2, count + 1):
        below = [0, *accumulate(orders)]
        last = len(below) - 1
        orders = [
            below[min(place + 1, last)] - below[max(0, place + 1 - size)]
            for place in range(len(orders) + size - 1)
        ]
    return tuple(orders)


def _largest_step(logarithms: Sequence[float]) -> float:
    """The largest change from the level of a few builds to that of the next few, relative and without its sign."""
    reach = min(_LEVEL, len(logarithms) // _LEVELS)
    steps = (
        stats.median(logarithms[place : place + reach]) - stats.median(logarithms[place - reach : place])
        for place in range(reach, len(logarithms) - reach + 1)
    )
    return _ratio(max(map(abs, steps)))


def _is_even(values: Sequence[float], slope: float) -> bool:
    """Whether a line of this slope fits better than one step or two do."""
    line = _distance([value - slope * place for place, value in enumerate(values)])
    one, place = _best_step(values)
    before, after = values[:place], values[place:]
    two = min(_best_step(before)[0] + _distance(after), _distance(before) + _best_step(after)[0])
    return _ONE_STEP * one >= line and _TWO_STEPS * two >= line


def _best_step(values: Sequence[float]) -> tuple[float, int]:
    """How far values are from the two levels that fit them best, and where the second begins; at most one of few values."""
    places = range(_LEAST, len(values) - _LEAST + 1)
    steps = ((_distance(values[:place]) + _distance(values[place:]), place) for place in places)
    return min(steps, default=(_distance(values), len(values)))


def _distance(values: Sequence[float]) -> float:
    """The sum of the distances from the median."""
    middle = stats.median(values)
    return sum(abs(value - middle) for value in values)


def _ratio(logarithm: float) -> float:
    return math.expm1(min(logarithm, _LARGEST_LOG))

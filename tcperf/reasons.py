"""Why a change cannot be told, in words that say what would help.  Pure."""

from __future__ import annotations

import math
from typing import Final

from tcperf.gate import ALPHA, SINGLE_ALPHA, Criterion, Evidence, judge
from tcperf.sentences import percent, signed
from tcperf.units import humanize


def least_pairs(alpha: float = ALPHA) -> int:
    """From so many pairs on the signed-rank test can go below ``alpha``: 2^-N < alpha."""
    return math.floor(-math.log2(alpha)) + 1


def least_samples(alpha: float = SINGLE_ALPHA) -> int:
    """From so many runs a side on the rank-sum test can: one choice of all C(2n, n)."""
    return next(size for size in range(1, 99) if 1 / math.comb(2 * size, size) < alpha)


_PAIRS: Final = least_pairs()
_SAMPLES: Final = least_samples()


def undecided(at: Evidence, criterion: Criterion, unit: str) -> str:
    """Why the gate cannot tell a change of a metric whose unit's symbol is ``unit``."""
    alpha = ALPHA if at.is_paired else SINGLE_ALPHA
    if at.is_paired and at.pairs < _PAIRS:
        return f"{_PAIRS} or more pairs are needed"
    if not at.is_paired and at.pairs < _SAMPLES:
        return f"{_SAMPLES} or more runs of each side are needed"
    if judge(at, criterion, alpha) == "worse":
        return f"p={at.p_worse:.2g} does not hold beside so many other metrics"
    return _reach(at, criterion, unit, alpha)


def _reach(at: Evidence, criterion: Criterion, unit: str, alpha: float) -> str:
    """How far up the change may go: ``-0.4 … +4.1 % reaches beyond 3 %``.

    Where all of the interval is beyond the threshold it is the floor that is in doubt, or else the proof is too weak.
    """
    if at.relative is not None and at.ratio(at.relative.low) <= criterion.worse_by:
        low, high = (_end(at, end) for end in (at.relative.low, at.relative.high))
        return f"{low} … {high} % reaches beyond {100 * criterion.worse_by:g} %{_visible(at)}"
    if at.absolute.low <= criterion.floor:
        low, high = (_amount(end, unit) for end in (at.absolute.low, at.absolute.high))
        return f"{low} … {high} reaches beyond {humanize(criterion.floor, unit)}"
    return f"p={at.p_worse:.2g} is not below {alpha:g}"


def _visible(at: Evidence) -> str:
    return (
        "" if at.visible is None else f": changes from {percent(100 * at.ratio(at.visible))} % on would show"
    )


def _end(at: Evidence, end: float) -> str:
    """An end of the interval in percent; it is finite, for so many pairs have one."""
    return signed(100 * at.ratio(end))


def _amount(end: float, unit: str) -> str:
    return f"{'+' if end > 0 else ''}{humanize(end, unit)}"

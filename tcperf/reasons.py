"""Why a change cannot be told, or what keeps it from being too much, in words that say what would help.  Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tcperf.gate import ALPHA, LOOKS, SINGLE_ALPHA, Criterion, Evidence, judge, stays
from tcperf.model import Comparison, Pairing
from tcperf.sentences import percent, signed
from tcperf.units import humanize


def least_pairs(alpha: float = ALPHA) -> int:
    """From so many pairs on the signed-rank test can go below ``alpha``: 2^-N < alpha."""
    return math.floor(-math.log2(alpha)) + 1


def least_samples(alpha: float = SINGLE_ALPHA) -> int:
    """From so many runs a side on the rank-sum test can: one choice of all C(2n, n)."""
    return next(size for size in range(1, 99) if 1 / math.comb(2 * size, size) < alpha)


#: What helps where the time was over too early.
MORE_TIME: Final = "give more time with --budget, or take less with --lanes or fewer messages"
_PAIRS: Final = least_pairs()
_SAMPLES: Final = least_samples()


def undecided(at: Evidence, criterion: Criterion, unit: str) -> str:
    """Why the gate cannot tell a change of a metric whose unit's symbol is ``unit``."""
    alpha = ALPHA if at.is_paired else SINGLE_ALPHA
    if at.is_paired and at.pairs < _PAIRS:
        # Nothing is OK before the first look, and nothing WORSE before a p can be small enough.
        return f"{LOOKS[0] if stays(at, criterion) else _PAIRS} or more pairs are needed"
    if not at.is_paired and at.pairs < _SAMPLES:
        return f"{_SAMPLES} or more runs of each side are needed"
    if judge(at, criterion, alpha) == "worse":
        return f"p={at.p_worse:.2g} does not hold beside so many other metrics"
    return _reach(at, criterion, unit, alpha)


def floor(criterion: Criterion, unit: str) -> str:
    """Why a change that is beyond the threshold, or may be, is OK."""
    return f"less than {humanize(criterion.floor, unit)} worse, which is its floor"


# --- pairs that are too few --------------------------------------------------------------------------


def few_pairs(pairs: int) -> str | None:
    """What is to be said where at most so many pairs are made; None where they may be enough for every verdict."""
    if pairs >= _PAIRS:
        return None
    what = "WORSE or BETTER" if pairs >= LOOKS[0] else "WORSE, BETTER or OK"
    return (
        f"with {pairs} {'pair' if pairs == 1 else 'pairs'} nothing can be {what}, whatever changed: "
        f"p is below {ALPHA:g} from {_PAIRS} pairs on (--pairs {_PAIRS} or more)"
    )


def cut_short(pairings: Iterable[Pairing], comparisons: Sequence[Comparison]) -> tuple[Pairing, ...]:
    """The pairings that the budget ended while something gated could not be told."""
    undecided = {each.scenario for each in comparisons if each.gated and each.change == "cannot_tell"}
    return tuple(each for each in pairings if each.stopped == "budget" and each.scenario in undecided)


def ended(pairing: Pairing) -> str:
    """``the budget ended it after 8 pairs``: of a pairing that was cut short."""
    return f"the budget ended it after {pairing.pairs} {'pair' if pairing.pairs == 1 else 'pairs'}"


def warnings(pairings: Sequence[Pairing], comparisons: Sequence[Comparison]) -> Iterator[str]:
    """What must be said of pairs that are too few for a verdict on everything that is gated."""
    for each in cut_short(pairings, comparisons):
        open_ones = sum(
            one.scenario == each.scenario and one.gated and one.change == "cannot_tell" for one in comparisons
        )
        yield (
            f"{each.scenario}: {ended(each)}, and {open_ones} gated "
            f"{'metric' if open_ones == 1 else 'metrics'} cannot be told: {MORE_TIME}"
        )
    for each in pairings:
        told = few_pairs(each.pairs) if each.stopped == "pairs" and each.problem is None else None
        if told is not None:
            yield f"{each.scenario}: {told}"


# --- inside ------------------------------------------------------------------------------------------


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
    return "" if at.visible is None else f": visible from {percent(100 * at.ratio(at.visible))} %"


def _end(at: Evidence, end: float) -> str:
    """An end of the interval in percent; it is finite, for so many pairs have one."""
    return signed(100 * at.ratio(end))


def _amount(end: float, unit: str) -> str:
    return f"{'+' if end > 0 else ''}{humanize(end, unit)}"

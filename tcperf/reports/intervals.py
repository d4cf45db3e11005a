"""A small picture of one comparison: the interval of its effect, and each pair's own change below it.  Geometry only.

No change is in the middle of every picture, so that a column of them is read at a glance: to the right is worse.
How far a picture reaches is its own and written below it: threshold, interval and estimate are always within.  A
pair that lies far beyond all of them is drawn at the edge, for one outlier must not make the rest a point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.columns import columns
from tcperf.comparison import Comparison
from tcperf.model import Result

WIDTH: Final = 220
HEIGHT: Final = 54
#: What is drawn ends here, and below it stands the scale.
DRAWN: Final = 39
SCALE_Y: Final = 51
#: Where the interval is drawn, and the rows of the dots, from the top.
INTERVAL_Y: Final = 11
_DOT_ROWS: Final = (23.0, 28.0, 33.0)
MARGIN: Final = 7.0
#: A picture reaches a little further than what is drawn, and that far at least (percent).
_ROOM, _LEAST_SPAN = 1.08, 0.5
#: Pairs are within up to so many times what else is drawn.
_FAR: Final = 3.0
#: Ends of scales, times a power of ten.
_ROUND: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@frozen
class Dot:
    """One pair's change: its place, and whether it lies beyond the picture or came after the decision."""

    x: float
    y: float
    is_cut: bool
    is_late: bool


@frozen
class Interval:
    """Places in pixels from the left; None where there is no such thing.

    ``end`` is the percentage at either edge.  ``low`` and ``high`` are at the edge where the interval is open
    (``cut_low``, ``cut_high``). ``changes`` are the dots' values in percent, in the order of the pairs.
    """

    end: float
    zero: float
    worse_from: float | None
    better_from: float | None
    low: float | None
    high: float | None
    effect: float | None
    cut_low: bool
    cut_high: bool
    dots: tuple[Dot, ...]
    changes: tuple[float, ...]


def interval(comparison: Comparison, changes: Sequence[float]) -> Interval | None:
    """The picture; ``changes`` are those of the single pairs, in percent and in their order.

    None where nothing was compared.
    """
    if comparison.effect_pct is None:
        return None
    span = _span(comparison, changes)
    threshold = comparison.threshold_pct
    ends = comparison.low_pct, comparison.high_pct
    has_ends = ends != (None, None)
    return Interval(
        end=span,
        zero=_x(0, span),
        worse_from=None if not threshold else _x(threshold, span),
        better_from=None if not threshold else _x(-threshold, span),
        low=_x(-span if ends[0] is None else ends[0], span) if has_ends else None,
        high=_x(span if ends[1] is None else ends[1], span) if has_ends else None,
        effect=_x(comparison.effect_pct, span),
        cut_low=has_ends and ends[0] is None,
        cut_high=has_ends and ends[1] is None,
        dots=tuple(_dots(comparison, changes, span)),
        changes=tuple(changes),
    )


def _span(comparison: Comparison, changes: Sequence[float]) -> float:
    """How many percent the picture reaches either way: a round number."""
    known = (comparison.threshold_pct, comparison.effect_pct, comparison.low_pct, comparison.high_pct)
    least = max(_LEAST_SPAN, *(abs(value) * _ROOM for value in known if value is not None))
    pairs = (abs(value) * _ROOM for value in changes if abs(value) * _ROOM <= least * _FAR)
    return _round_up(max(least, *pairs, 0.0))


def _round_up(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _ROUND if step * power >= least * (1 - 1e-9))


def _x(percent: float, span: float) -> float:
    share = max(-1.0, min(1.0, percent / span))
    return round(WIDTH / 2 + share * (WIDTH / 2 - MARGIN), 1)


def _dots(comparison: Comparison, changes: Sequence[float], span: float) -> list[Dot]:
    """Neighbours in time lie in different rows, so that equal ones do not hide each other."""
    return [
        Dot(
            x=_x(value, span),
            y=_DOT_ROWS[number % len(_DOT_ROWS)],
            is_cut=abs(value) > span,
            is_late=number >= comparison.pairs,
        )
        for number, value in enumerate(changes)
    ]


def pair_changes(result: Result) -> dict[str, tuple[float, ...]]:
    """The change of each pair in percent of its base, by the statistic's key, in the order in which pairs were made.

    Those of a base that is not positive have no percentage, and then none of the metric's has a place.
    """
    return {
        column.key: tuple(100 * (head / base - 1) for base, head in column.pairs)
        for info in result.scenarios
        for column in columns(result, info)
        if all(base > 0 for base, _head in column.pairs)
    }

"""A small picture of one comparison: the interval of its effect, and each pair's own change below it.  Geometry only.

No change and the threshold stand at the same place in every picture, so that a column of them is read at a glance:
the scale is the metric's threshold.  What lies beyond the picture is drawn at its edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.columns import columns
from tcperf.model import Comparison, Result

WIDTH: Final = 220
HEIGHT: Final = 40
#: Where the interval is drawn, and the rows of the dots, from the top.
INTERVAL_Y: Final = 11
_DOT_ROWS: Final = (23.0, 28.0, 33.0)
_MARGIN: Final = 7.0
#: The picture reaches to so many thresholds either way.
_THRESHOLDS: Final = 3.0
#: Without a threshold it reaches a little further than what is drawn, and that far at least (percent).
_ROOM, _LEAST_SPAN = 1.15, 0.5


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

    ``low`` and ``high`` are at the edge where the end is open or beyond it (``cut_low``, ``cut_high``).
    ``changes`` are the dots' values in percent, in the order of the pairs.
    """

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
        zero=_x(0, span),
        worse_from=None if not threshold else _x(threshold, span),
        better_from=None if not threshold else _x(-threshold, span),
        low=_x(-span if ends[0] is None else ends[0], span) if has_ends else None,
        high=_x(span if ends[1] is None else ends[1], span) if has_ends else None,
        effect=_x(comparison.effect_pct, span),
        cut_low=has_ends and (ends[0] is None or ends[0] < -span),
        cut_high=has_ends and (ends[1] is None or ends[1] > span),
        dots=tuple(_dots(comparison, changes, span)),
        changes=tuple(changes),
    )


def _span(comparison: Comparison, changes: Sequence[float]) -> float:
    """How many percent the picture reaches either way."""
    if comparison.threshold_pct:
        return comparison.threshold_pct * _THRESHOLDS
    known = (comparison.effect_pct, comparison.low_pct, comparison.high_pct, *changes)
    return max(_LEAST_SPAN, *(abs(value) * _ROOM for value in known if value is not None))


def _x(percent: float, span: float) -> float:
    share = max(-1.0, min(1.0, percent / span))
    return round(WIDTH / 2 + share * (WIDTH / 2 - _MARGIN), 1)


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

"""A small picture of the runs' values, in the order of the runs: a dot a run, a line at the median."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from tcperf.summary import Summary

WIDTH: Final = 96
HEIGHT: Final = 24
_MARGIN = 5.0
#: The picture spans at least this share of the median up and down, so that a small spread looks small.
_LEAST_SPAN = 0.1


@frozen
class Dots:
    """Places in pixels, the origin at the top left."""

    dots: tuple[tuple[float, float], ...]
    median_y: float


def dots(summary: Summary) -> Dots | None:
    """The picture of a figure; None where a single run has it."""
    values = summary.values
    if len(values) == 1:
        return None
    middle = summary.median
    span = max(abs(middle) * _LEAST_SPAN, summary.maximum - middle, middle - summary.minimum) or 1.0
    step = (WIDTH - 2 * _MARGIN) / (len(values) - 1)
    return Dots(
        tuple(
            (round(_MARGIN + number * step, 1), _height((value - middle) / span))
            for number, value in enumerate(values)
        ),
        _height(0),
    )


def _height(deviation: float) -> float:
    """Where a deviation from the median, -1 to 1, is drawn."""
    return round(HEIGHT / 2 - deviation * (HEIGHT / 2 - _MARGIN), 1)

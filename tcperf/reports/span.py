"""Axes for values of many builds: what matters is what changes, so they need not begin at 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.reports.axis import Tick, nice_step
from tcperf.stats import median

#: An axis reaches at least this share of the median up and down, so that a small spread looks small.
_LEAST_SPAN: Final = 0.05
#: No statistic has more than six decimals.
_SMALLEST: Final = 1e-6
_DECIMALS: Final = 6
#: Room above and below what is drawn.
_ROOM: Final = 1.12
#: One value in so many may lie beyond the axis, where it is more than so many times as far away as all others.
_RARE: Final = 20
_FAR: Final = 3.0
#: At most so many steps between ticks, and more than half as many.
_STEPS: Final = 4
#: From the value on, in the base unit, the axis is labelled in the unit beside it.
_SCALES: Final[dict[str, tuple[tuple[float, float, str], ...]]] = {
    "ms": ((600_000, 60_000, " min"), (1000, 1000, " s"), (0, 1, " ms")),
    "bytes": (
        *(
            (1024.0**power, 1024.0**power, f" {unit}iB")
            for power, unit in ((4, "T"), (3, "G"), (2, "M"), (1, "K"))
        ),
        (0, 1, " B"),
    ),
    "pct": ((0, 1, " %"),),
}
_PLAIN: Final = ((0.0, 1.0, ""),)


@frozen
class Span:
    """An axis from ``low`` at the bottom to ``high``, in the values' unit, with its ticks."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def share(self, value: float) -> float:
        """Where ``value`` lies, 0 at the bottom and 1 at the top; at the edge what lies beyond it."""
        return max(0.0, min(1.0, (value - self.low) / (self.high - self.low)))

    def holds(self, value: float) -> bool:
        """Whether ``value`` does not lie beyond."""
        return self.low <= value <= self.high


def span(values: Sequence[float], unit: str, always: Sequence[float] = ()) -> Span:
    """The axis of ``values``, which are of one unit; ``always`` never lie beyond it, very rare values may.

    ``unit`` is a symbol of UNITS; the ticks of others have no unit.  Raises ValueError for no value at all.
    """
    low, high = _ends(values, always)
    return Span(low, high, _ticks(low, high, unit))


def _ends(values: Sequence[float], always: Sequence[float]) -> tuple[float, float]:
    middle = median(values or always)
    kept = [*_kept(values, middle), *always]
    low, high = min(kept), max(kept)
    half = max((high - low) / 2, _LEAST_SPAN * abs(middle)) * _ROOM
    if half < _SMALLEST:
        half = 1.0
    bottom = (low + high) / 2 - half
    return max(bottom, 0.0) if low >= 0 else bottom, (low + high) / 2 + half


def _kept(values: Sequence[float], middle: float) -> list[float]:
    """All of them, but for the rare ones that would press all others flat."""
    far = sorted(abs(value - middle) for value in values)
    if not far:
        return []
    usual = max(far[-1 - len(far) // _RARE], _LEAST_SPAN * abs(middle))
    reach = far[-1] if far[-1] <= _FAR * usual else usual
    return [value for value in values if abs(value - middle) <= reach]


def _ticks(low: float, high: float, unit: str) -> tuple[Tick, ...]:
    scale, symbol = _scale(max(abs(low), abs(high)), unit)
    step = nice_step((high - low) / scale / _STEPS)
    first, last = math.ceil(low / scale / step - 1e-9), math.floor(high / scale / step + 1e-9)
    decimals = _decimals(step)
    return tuple(
        Tick(
            max(0.0, min(1.0, (number * step * scale - low) / (high - low))),
            f"{number * step:,.{decimals}f}{symbol}",
        )
        for number in range(first, last + 1)
    )


def _scale(size: float, unit: str) -> tuple[float, str]:
    scales = _SCALES.get(unit, _PLAIN)
    return next((scale, symbol) for least, scale, symbol in scales if size >= least)


def _decimals(step: float) -> int:
    """As many as it takes to write every multiple of ``step``."""
    for digits in range(_DECIMALS):
        if math.isclose(step * 10**digits, round(step * 10**digits), rel_tol=1e-9):
            return digits
    return _DECIMALS

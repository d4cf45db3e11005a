"""Units: base units inside, scaling only on the way out.

Every number in tcperf is held in its base unit (milliseconds, bytes, counts, percent), because
TeamCity's chart formats take exactly these.  ``humanize`` is for people only.
"""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

#: No figure is as large: in nanoseconds, 31 years.  Beyond, sums overflow and whole numbers lose digits, and Python
#: refuses to write integers of more than 4300.
HUGE: Final = 10**18

ChartFormat = Literal["duration", "size", "percent", "integer", "text"]


@frozen
class Unit:
    """A unit of measurement: ``symbol`` is the last part of a statistic's key.

    ``better`` is the direction of improvement; ``chart`` is TeamCity's chart format for the unit.
    """

    symbol: str
    quantity: str
    better: Literal["lower", "higher"]
    chart: ChartFormat


MILLISECONDS = Unit("ms", "time", "lower", "duration")
BYTES = Unit("bytes", "information", "lower", "size")
COUNT = Unit("count", "count", "lower", "integer")
PERCENT = Unit("pct", "ratio", "lower", "percent")

UNITS: dict[str, Unit] = {unit.symbol: unit for unit in (MILLISECONDS, BYTES, COUNT, PERCENT)}

_SECOND_MS = 1000.0
_MINUTE_MS = 60_000.0
_KIB = 1024.0
#: Half of the last digit shown: from there on a value is rounded up, and so belongs to the next larger unit.
_HALF = 0.5
#: Medians of small counts have halves, which show below this.
_WHOLE_COUNT = 100.0


def humanize(value: float, unit: str) -> str:
    """A short text for people: three significant digits and a scaled unit ("84.2 KiB", "1.9 s").

    ``unit`` is a symbol of UNITS; an unknown one is appended as it is.
    """
    if unit == MILLISECONDS.symbol:
        return _milliseconds(value)
    if unit == BYTES.symbol:
        return _bytes(value)
    if unit == COUNT.symbol:
        return f"{value:,.0f}" if abs(value) >= _WHOLE_COUNT or value == round(value) else f"{value:.1f}"
    if unit == PERCENT.symbol:
        return f"{_significant(value)} %"
    return f"{_significant(value)} {unit}"


def _milliseconds(value: float) -> str:
    if abs(value) >= _MINUTE_MS - _HALF * _SECOND_MS / 10:
        minutes, rest = divmod(round(abs(value) / _SECOND_MS), 60)
        return f"{'-' if value < 0 else ''}{minutes} min {rest:02} s"
    if abs(value) >= _SECOND_MS - _HALF:
        return f"{_significant(value / _SECOND_MS)} s"
    return f"{_significant(value)} ms"


def _bytes(value: float) -> str:
    size = float(value)
    for symbol in ("B", "KiB", "MiB", "GiB"):
        if abs(size) < _KIB - _HALF:
            return f"{_significant(size)} {symbol}" if symbol != "B" else f"{size:.0f} B"
        size /= _KIB
    return f"{_significant(size)} TiB"


def _significant(value: float) -> str:
    """Three significant digits in plain notation, never an exponent."""
    size = abs(value)
    for limit, digits in ((99.95, 0), (9.995, 1), (0.9995, 2)):  # what rounds to 100, 10 and 1
        if size >= limit:
            return f"{value:.{digits}f}"
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")  # + 0.0: no "-0"

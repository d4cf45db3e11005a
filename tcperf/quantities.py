"""Quantities as people write them - ``15m``, ``8 %``, ``64 KiB`` - read into base units.

Everything raises UsageError, which says what was expected; the caller adds the place.
"""

from __future__ import annotations

import math
import re
from typing import Final

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.nearest import choose_from
from tcperf.quoting import shown
from tcperf.units import BYTES, COUNT, HUGE, MILLISECONDS

_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_AMOUNT: Final = re.compile(rf"({_NUMBER})\s*([^\W\d_]*)")
_PERCENT: Final = re.compile(rf"({_NUMBER})\s*(%?)")
_DURATION: Final = re.compile(
    rf"(?:({_NUMBER})\s*h)?\s*(?:({_NUMBER})\s*m(?:in)?)?\s*(?:({_NUMBER})\s*s)?", re.ASCII
)
_SECONDS: Final = (3600.0, 60.0, 1.0)

#: What a unit's symbol is in base units.  IEC prefixes are powers of 1024, SI prefixes powers of 1000.
_SCALES: Final[dict[str, tuple[float, str]]] = {
    "us": (0.001, MILLISECONDS.symbol),
    "µs": (0.001, MILLISECONDS.symbol),  # U+00B5, the micro sign
    "μs": (0.001, MILLISECONDS.symbol),  # U+03BC, the Greek letter
    "ms": (1.0, MILLISECONDS.symbol),
    "s": (1000.0, MILLISECONDS.symbol),
    "min": (60_000.0, MILLISECONDS.symbol),
    "h": (3_600_000.0, MILLISECONDS.symbol),
    "B": (1.0, BYTES.symbol),
    "bytes": (1.0, BYTES.symbol),
    "kB": (1e3, BYTES.symbol),
    "MB": (1e6, BYTES.symbol),
    "GB": (1e9, BYTES.symbol),
    "KiB": (2.0**10, BYTES.symbol),
    "MiB": (2.0**20, BYTES.symbol),
    "GiB": (2.0**30, BYTES.symbol),
    "count": (1.0, COUNT.symbol),
}
#: tc(8): rates in bits a second; prefixes are powers of 1000, and capitals mean nothing.
_RATES: Final = {"bit": 1.0, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9}


@frozen
class Amount:
    """A quantity in the base unit ``unit`` (a symbol of UNITS), or, where None, in its metric's own."""

    value: float
    unit: str | None = None


def parse_duration(text: str) -> float:
    """Seconds, from hours, minutes and seconds in this order: ``15m``, ``90s``, ``1h30m``, ``1.5 h``.

    Raises UsageError where ``text`` is anything else, has no unit, or is no time at all.
    """
    match = _DURATION.fullmatch(text.strip())
    groups = match.groups() if match else ()
    seconds = sum(float(part) * scale for part, scale in zip(groups, _SECONDS, strict=False) if part)
    if not 0 < seconds < math.inf:
        raise UsageError(
            f"expected a duration, not {shown(text)}",
            cure="write it with its units, such as 90s, 15m or 1h30m",
        )
    return seconds


def parse_percent(value: object) -> float:
    """Percent, from ``"8 %"``, ``"8%"``, ``"8"`` or a number.

    A bare number between 0 and 1 is refused: 0.03 may be meant as 3 % or as 0.03 %.
    Raises UsageError where ``value`` is anything else or negative.
    """
    match = _PERCENT.fullmatch(_plain(value))
    percent = float(match[1]) if match else math.inf
    if match is None or not math.isfinite(percent):
        raise UsageError(f"expected a percentage, not {shown(value)}", cure='write it as "8 %" or as 8')
    if not match[2] and 0 < percent < 1:
        raise UsageError(
            f"{match[1]} is ambiguous: a share, or a percentage below 1",
            cure=f'write "{percent * 100:g} %" or "{match[1]} %"',
        )
    return percent


def parse_amount(value: object) -> Amount:
    """An amount, from ``"64 KiB"``, ``"0.05 s"``, ``"3"`` or a number; without a unit it is the metric's own.

    Raises UsageError where ``value`` is anything else, negative or of an unknown unit.
    """
    match = _AMOUNT.fullmatch(_plain(value))
    number = float(match[1]) if match else math.inf
    if match is None or not math.isfinite(number):
        raise UsageError(
            f"expected an amount, not {shown(value)}", cure='write it as "64 KiB", "0.05 s" or a number'
        )
    if not match[2]:
        return Amount(number)
    if match[2] not in _SCALES:
        raise UsageError(f"{match[2]} is not a known unit", cure=choose_from(match[2], _SCALES))
    scale, unit = _SCALES[match[2]]
    return Amount(number * scale, unit)


def parse_rate(value: object) -> float:
    """Bits per second, from ``"10mbit"``, ``"256 kbit"`` or ``"1 Gbit/s"``.

    Raises UsageError where ``value`` is anything else, or a number without its unit: tc and people disagree on it.
    """
    match = _AMOUNT.fullmatch(_plain(value).removesuffix("/s"))
    if match is None or match[2].lower() not in _RATES:
        raise UsageError(
            f"expected a rate, not {shown(value)}",
            cure="write it in bits a second, such as 256kbit or 10mbit",
        )
    return float(match[1]) * _RATES[match[2].lower()]


def _plain(value: object) -> str:
    """The text of a string, or of a number in plain notation; "" for everything else, which never matches."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= HUGE:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.12f}".rstrip("0").rstrip(".")

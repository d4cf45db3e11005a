"""How bad links are written: ``delay=50ms,rate=10mbit,loss=1%``, in any order, each at most once.

The values are as tc(8) writes them: a delay with its unit, a rate in bits a second (SI prefixes), a chance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tcperf.errors import UsageError
from tcperf.link import Link
from tcperf.nearest import choose_from
from tcperf.quantities import parse_amount, parse_percent, parse_rate
from tcperf.quoting import shown
from tcperf.units import MILLISECONDS

#: Links that are as good as they can be: on the command line it takes back what tcperf.toml says.
NONE: Final = "none"
_FORM: Final = "write it as delay=50ms,rate=10mbit,loss=1%, or a part of that"
#: Nodes give up before a delay is longer, and nothing here keeps time finer than 10 us.
_DELAY_MS: Final = (0.01, 10_000.0)
#: Below, a frame takes more than ten seconds; above, no link between two namespaces is as fast.
_RATE: Final = (1_000, 10_000_000_000)
_LOSS_PERCENT: Final = (0.0001, 99.0)


def parse_link(value: object) -> Link:
    """The link that a text such as ``delay=50ms,rate=10mbit,loss=1%`` describes; ``none``: nothing is bad.

    Raises UsageError where it is anything else, says a thing twice, or wants what cannot be emulated.
    """
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"expected how bad links are, not {shown(value)}", cure=_FORM)
    if value.strip() == NONE:
        return Link()
    found: dict[str, object] = {}
    for part in value.split(","):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UsageError(f"expected NAME=VALUE, not {shown(part)}", cure=_FORM)
        if name not in _READERS:
            raise UsageError(f"{shown(name)} is nothing a link can have", cure=choose_from(name, _READERS))
        field, read = _READERS[name]
        if field in found:
            raise UsageError(f"{name} is given twice", cure="keep one of the two")
        found[field] = _read(name, read, text)
    return Link(**found)  # type: ignore[arg-type]  # each reader yields its field's type


def spell(link: Link | None) -> str:
    """The text that ``parse_link`` reads as ``link``; ``none`` where nothing is bad."""
    parts = []
    if link is not None and link.delay_ms is not None:
        parts.append(f"delay={_plain(link.delay_ms)}ms")
    if link is not None and link.rate_bits_per_s is not None:
        parts.append(f"rate={_rate(link.rate_bits_per_s)}")
    if link is not None and link.loss_ratio is not None:
        parts.append(f"loss={_plain(link.loss_ratio * 100)}%")
    return ",".join(parts) or NONE


def _read(name: str, read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except UsageError as error:
        raise UsageError(f"{name}: {error.message}", cure=error.cure) from error


def _delay_ms(text: str) -> float:
    amount = parse_amount(text)
    if amount.unit != MILLISECONDS.symbol:
        raise UsageError(f"expected a time, not {shown(text)}", cure="write it with its unit, such as 50ms")
    return _within(amount.value, _DELAY_MS, "10us", "10s", text)


def _bits_per_s(text: str) -> int:
    return round(_within(parse_rate(text), _RATE, "1kbit", "10gbit", text))


def _loss_ratio(text: str) -> float:
    return _within(parse_percent(text), _LOSS_PERCENT, "0.0001%", "99%", text) / 100


_READERS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "delay": ("delay_ms", _delay_ms),
    "rate": ("rate_bits_per_s", _bits_per_s),
    "loss": ("loss_ratio", _loss_ratio),
}


def _within(value: float, bounds: tuple[float, float], least: str, most: str, text: str) -> float:
    if not bounds[0] <= value <= bounds[1]:
        raise UsageError(
            f"{shown(text)} cannot be emulated", cure=f"give {least} to {most}, or leave it away"
        )
    return value


def _plain(number: float) -> str:
    """A number without an exponent, which no reader takes; what the binary fraction added is rounded off."""
    return f"{number:.10f}".rstrip("0").rstrip(".")


def _rate(bits_per_s: int) -> str:
    for scale, unit in ((10**9, "gbit"), (10**6, "mbit"), (10**3, "kbit")):
        if bits_per_s % scale == 0:
            return f"{bits_per_s // scale}{unit}"
    return f"{bits_per_s}bit"

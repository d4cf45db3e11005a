"""An emulated network in words: "50 ms delay, 10 Mbit/s, 1 % loss"."""

from __future__ import annotations

from typing import Final

from tcperf.model import Conditions

_RATES: Final = ((1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1_000, "kbit/s"))


def link_text(conditions: Conditions) -> str | None:
    """How bad every link is, one way towards its node; None where nothing is emulated."""
    link = conditions.link
    if link is None:
        return None
    told = [
        None if link.delay_ms is None else f"{link.delay_ms:g} ms delay",
        None if link.rate_bits_per_s is None else _rate(link.rate_bits_per_s),
        None if link.loss_ratio is None else f"{link.loss_ratio * 100:g} % loss",
    ]
    return ", ".join(part for part in told if part is not None) or None


def _rate(bits_per_s: int) -> str:
    """In the largest unit, powers of 1000, that the rate reaches."""
    for scale, unit in _RATES:
        if bits_per_s >= scale:
            return f"{bits_per_s / scale:g} {unit}"
    return f"{bits_per_s} bit/s"

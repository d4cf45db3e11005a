"""A number that was measured: its unit, how exact it is, and where it was read; and what is made of several."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from tcperf.metrics import METRICS
from tcperf.units import UNITS

Exactness = Literal["exact", "sampled", "host_wide", "bound"]
#: From the firmest to the loosest: what is made of several figures is as exact as the loosest of them.
EXACTNESS: tuple[Exactness, ...] = ("exact", "sampled", "host_wide", "bound")


@frozen
class Measurement:
    """One number, its unit's symbol, how exact it is, and where it was read."""

    value: float
    unit: str = field()
    exactness: Exactness
    source: str

    @unit.validator
    def _known(self, _attribute: object, symbol: str) -> None:
        if symbol not in UNITS:
            raise ValueError(f"unknown unit {symbol!r}: one of {', '.join(UNITS)}")


def measured(key: str, value: float, exactness: Exactness, source: str) -> Measurement:
    """A measurement of the metric ``key``, in its unit."""
    return Measurement(value, METRICS[key].unit.symbol, exactness, source)


def made_of(key: str, value: float, *parts: Measurement) -> Measurement:
    """A value that was made of others, of one at least: as exact as the loosest of them, and from where all were read."""
    source = " + ".join(dict.fromkeys(part.source for part in parts))
    return measured(key, value, loosest(*(part.exactness for part in parts)), source)


def loosest(*kinds: Exactness) -> Exactness:
    """The loosest of several, of one at least."""
    return max(kinds, key=EXACTNESS.index)

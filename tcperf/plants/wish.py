"""A plant as it is asked for: ``cpu``, ``cpu=15%`` or ``memory=8MiB``.  Pure."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.plants.kinds import Kind, kind_of
from tcperf.quantities import parse_amount, parse_percent

#: Beyond that nobody needs a gate to see it.
_MOST_PERCENT: Final = 1000.0


@frozen
class Wish:
    """A kind, and how much of it: a ``ratio`` of the clean total, an ``amount`` in its unit, or as much as is needed."""

    kind: Kind
    ratio: float | None = None
    amount: float | None = None


def parse_wish(text: str) -> Wish:
    """The wish that ``KIND`` or ``KIND=SIZE`` describes.

    A size is a percentage or an amount of the metric's total over all nodes: ``latency_ms`` for a delay, else of the
    whole phase.  Raises UsageError for what is none, is nothing, or more than ten times what there was.
    """
    name, equals, size = (piece.strip() for piece in text.partition("="))
    kind = kind_of(name)
    if not equals:
        return Wish(kind)
    return _percent(kind, size) if size.endswith("%") else _amount(kind, size)


def _percent(kind: Kind, size: str) -> Wish:
    percent = parse_percent(size)
    if not 0 < percent <= _MOST_PERCENT:
        raise UsageError(f"{kind.name}={size} cannot be planted", cure=f"give up to {_MOST_PERCENT:g}%")
    return Wish(kind, ratio=percent / 100)


def _amount(kind: Kind, size: str) -> Wish:
    found = parse_amount(size)
    example = "5ms" if kind.unit == "ms" else "8MiB"
    if found.unit != kind.unit or not found.value:
        raise UsageError(
            f"{kind.name}={size} cannot be planted",
            cure=f"give it in percent or in {kind.unit}, such as {kind.name}=20% or {kind.name}={example}",
        )
    return Wish(kind, amount=found.value)

"""The tables of an analysis: its rows summed by whatever is asked for, the largest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from attrs import frozen

from tcperf.frames.flow import Totals
from tcperf.traffic import Traffic

Field = Literal["phase", "node", "peer", "protocol", "role"]
#: Who sent to whom; over what; and both, which is what contributes.
PEERS: Final[tuple[Field, ...]] = ("node", "peer")
PROTOCOLS: Final[tuple[Field, ...]] = ("protocol", "role")
CONTRIBUTORS: Final[tuple[Field, ...]] = (*PEERS, *PROTOCOLS)


@frozen
class Sum:
    """All rows that agree in some fields, whose values are ``key``.

    ``share`` is that of all frame bytes, from 0 to 1.
    """

    key: tuple[str, ...]
    totals: Totals
    share: float


def totals_of(row: Traffic) -> Totals:
    """A row's numbers."""
    return Totals(*(getattr(row, name) for name in Totals._fields))


def sums(rows: Iterable[Traffic], fields: tuple[Field, ...]) -> tuple[Sum, ...]:
    """The rows summed by ``fields``, most frame bytes first; those of as many by their keys."""
    found: dict[tuple[str, ...], Totals] = {}
    for row in rows:
        key = tuple(getattr(row, field) for field in fields)
        found[key] = found.get(key, Totals()) + totals_of(row)
    whole = sum(totals.frame_bytes for totals in found.values()) or 1
    ranked = sorted(found.items(), key=lambda item: (-item[1].frame_bytes, item[0]))
    return tuple(Sum(key, totals, totals.frame_bytes / whole) for key, totals in ranked)

"""Traffic of a phase that encloses all others: its rows are the sums of theirs and of what lies between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from attrs import evolve

from tcperf.contributors import Number
from tcperf.probes.phase_cuts import OUTSIDE_OF_PHASES
from tcperf.traffic import Traffic

#: What of a row adds up.
_NUMBERS: Final = get_args(Number)


def enclose(rows: Sequence[Traffic], whole: str) -> tuple[Traffic, ...]:
    """The rows with those of ``whole`` summed over every phase, first; ``rows`` has there what lies between.

    What passed outside of every phase is not in it.
    """
    inside = [row for row in rows if row.phase != OUTSIDE_OF_PHASES]
    return (*_sums(inside, whole), *(row for row in rows if row.phase != whole))


def _sums(rows: Iterable[Traffic], whole: str) -> list[Traffic]:
    found: dict[tuple[str, ...], Traffic] = {}
    for row in rows:
        key = (row.node, row.direction, row.peer, row.protocol, row.role)
        known = found.get(key)
        if known is None:
            found[key] = evolve(row, phase=whole)
        else:
            sums = {name: getattr(known, name) + getattr(row, name) for name in _NUMBERS}
            found[key] = evolve(known, **sums)
    return list(found.values())

"""What no result that tcperf wrote can hold, though every value in it is of its type.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tcperf.measurement import Measurement
from tcperf.model import PhaseResult, Result
from tcperf.quoting import shown

#: What a difference of two equal figures may fall below nothing by: floating point leaves 1e-14 of milliseconds.
_ROUNDING: Final = 1e-6


def first_fault(result: Result) -> str | None:
    """The first fault and its place: ``-5 is less than nothing at runs[0].phases[1].totals['cpu_ms'].value``.

    No figure is below nothing; no two runs have one name, for then one is counted twice; no side has two runs that
    count in one pair.  None where all is well.
    """
    return next((f"{problem} at {place}" for problem, place in _faults(result)), None)


def _faults(result: Result) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    seats: set[tuple[str, str, int]] = set()
    for number, run in enumerate(result.runs):
        if run.id in names:
            yield f"another run is called {shown(run.id)}, too,", f"runs[{number}].id"
        names.add(run.id)
        if run.pair is not None and not run.discarded:
            seat = (run.scenario, run.subject, run.pair)
            if seat in seats:
                yield "another run of this side counts in the same pair", f"runs[{number}].pair"
            seats.add(seat)
        for place, phase in enumerate(run.phases):
            yield from _negatives(phase, f"runs[{number}].phases[{place}]")


def _negatives(phase: PhaseResult, place: str) -> Iterator[tuple[str, str]]:
    for node, found in phase.nodes.items():
        yield from _less_than_nothing(found, f"{place}.nodes[{node!r}]")
    yield from _less_than_nothing(phase.totals, f"{place}.totals")


def _less_than_nothing(found: Mapping[str, Measurement], place: str) -> Iterator[tuple[str, str]]:
    for metric, measured in found.items():
        if measured.value < -_ROUNDING:
            yield f"{shown(measured.value)} is less than nothing", f"{place}[{metric!r}].value"

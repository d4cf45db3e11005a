"""What charts of a run show, in figures: a table for whoever cannot see a curve, by figure and phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from tcperf.measurement import Measurement
from tcperf.model import Run
from tcperf.reports.text import shorten
from tcperf.units import humanize

#: The figures that belong to the charts of CPU, memory, traffic and packets.
_METRICS: Final = ("cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count")
_CELL_LIMIT: Final = 24
_Of = Callable[[str], Mapping[str, Measurement]]


@frozen
class PhaseRow:
    """One phase: a text a column, empty where there is no such figure."""

    phase: str
    cells: tuple[str, ...]


@frozen
class PhaseTable:
    """``groups`` are the figures by their key, each with its phases in their order."""

    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[PhaseRow, ...]], ...]


def of_sides(runs: Mapping[str, Run]) -> PhaseTable:
    """The totals of one run a side; ``runs`` are by what the columns are called."""
    phases = tuple(dict.fromkeys(phase.name for run in runs.values() for phase in run.phases))
    return _table(tuple(runs), phases, [_totals(run) for run in runs.values()])


def of_nodes(run: Run, nodes: Sequence[str]) -> PhaseTable:
    """The figures of each of ``nodes`` in one run."""
    phases = tuple(dict.fromkeys(phase.name for phase in run.phases))
    return _table(tuple(nodes), phases, [_node(run, node) for node in nodes])


def _totals(run: Run) -> _Of:
    found = {phase.name: phase.totals for phase in run.phases}
    return lambda phase: found.get(phase, {})


def _node(run: Run, node: str) -> _Of:
    found = {phase.name: phase.nodes.get(node, {}) for phase in run.phases}
    return lambda phase: found.get(phase, {})


def _table(columns: tuple[str, ...], phases: tuple[str, ...], sources: Sequence[_Of]) -> PhaseTable:
    groups = ((key, tuple(_rows(key, phases, sources))) for key in _METRICS)
    return PhaseTable(columns, tuple((key, rows) for key, rows in groups if rows))


def _rows(key: str, phases: tuple[str, ...], sources: Sequence[_Of]) -> Iterator[PhaseRow]:
    for phase in phases:
        cells = tuple(_cell(source(phase).get(key)) for source in sources)
        if any(cells):
            yield PhaseRow(phase, cells)


def _cell(measured: Measurement | None) -> str:
    return "" if measured is None else shorten(humanize(measured.value, measured.unit), _CELL_LIMIT)

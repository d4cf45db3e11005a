"""Both sides of a scenario over time, in one chart a quantity: geometry only, for the template to write as SVG.

A curve is one run of a side, all its nodes together, up to the end of its last phase: what comes then is how nodes are
stopped.  Both begin each phase together (``place``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.model import Result, Run
from tcperf.reports import sums
from tcperf.reports.axis import Axis, bytes_axis, count_axis, nice_step, percent_axis, time_axis
from tcperf.reports.both_flows import BothFlows, both_flows
from tcperf.reports.charts import Band, Chart, Curve, length_ms, lines, shared_bands
from tcperf.reports.curve import Point
from tcperf.reports.phase_table import PhaseTable, of_sides
from tcperf.reports.place import Place, align
from tcperf.summary import HEAD, typical_run
from tcperf.timeseries import NodeSeries, Series, TrafficSeries
from tcperf.units import humanize

#: CPU is averaged over so many steps at most: single samples of two sides over each other show nothing but noise.
_STEPS: Final = 200
#: Shorter steps than two samples would be the samples.
_LEAST_STEP_MS: Final = 100.0
_MS_PER_S: Final = 1000


@frozen
class Overlay:
    """The charts of a head's run over a base's; ``is_pair`` where the two were played as one pair.

    ``bands`` are the phases, each as long as the longer side's.  ``table`` tells the same in figures.  ``flows`` is the
    traffic by peer and protocol; None where a side was not captured.
    """

    head: str
    base: str
    is_pair: bool
    bands: tuple[Band, ...]
    charts: tuple[Chart, ...]
    table: PhaseTable
    flows: BothFlows | None


def both_sides(result: Result, scenario: str) -> tuple[Run, Run] | None:
    """The base's and the head's run to draw: the head's typical one and its pair's other, else the base's typical one.

    None where a side has no run that counts.
    """
    head, base = typical_run(result, scenario), typical_run(result, scenario, BASE)
    if head is None or base is None:
        return None
    of_pair = (
        run for run in result.runs_of(scenario, BASE) if run.pair is not None and run.pair == head.pair
    )
    return next(of_pair, base), head


def overlay(runs: tuple[Run, Run], series: Mapping[str, Series]) -> Overlay | None:
    """The drawing of the base's and the head's run; None where one of them has no sample."""
    base, head = runs
    found = {run.subject: _sampled(series.get(run.id)) for run in runs}
    if not all(found.values()):
        return None
    traffic = {run.subject: _traffic_of(series.get(run.id)) for run in runs}
    aligned = align({HEAD: head, BASE: base})
    unphased = (length_ms(run, found[run.subject]) for run in runs if not run.phases)
    horizontal = time_axis(max(aligned.length_ms, *unphased, 1e-3))
    charts = (kind(found, aligned.places, horizontal) for kind in (_cpu, _memory, _traffic, _packets))
    phases = shared_bands(aligned.phases, horizontal)
    return Overlay(
        head=head.id,
        base=base.id,
        is_pair=head.pair is not None and head.pair == base.pair,
        bands=phases,
        charts=tuple(chart for chart in charts if chart is not None),
        table=of_sides({BASE: base, HEAD: head}),
        flows=both_flows(
            {run.subject: run.id for run in runs}, traffic, (aligned.places, phases), horizontal
        ),
    )


_Nodes = Mapping[str, NodeSeries]


def _traffic_of(series: Series | None) -> TrafficSeries | None:
    return None if series is None else series.traffic


def _sampled(series: Series | None) -> _Nodes:
    return {} if series is None else {name: node for name, node in series.nodes.items() if node.t_ms}


def _cpu(sides: Mapping[str, _Nodes], places: Mapping[str, Place], horizontal: Axis) -> Chart | None:
    step_ms = max(_LEAST_STEP_MS, nice_step(horizontal.top / _STEPS))
    columns = {side: sums.cpu_percent(nodes.values(), step_ms) for side, nodes in sides.items()}
    width = f"{step_ms:g} ms" if step_ms < _MS_PER_S else f"{step_ms / _MS_PER_S:g} s"
    found = _drawable(columns, places)
    if found is None:
        return None
    vertical = percent_axis(_peak(found.values()))
    return _chart(
        ("CPU", f"of one core, all nodes, over steps of {width}", "pct"), found, (horizontal, vertical)
    )


def _memory(sides: Mapping[str, _Nodes], places: Mapping[str, Place], horizontal: Axis) -> Chart | None:
    found = _drawable({side: sums.memory_bytes(nodes.values()) for side, nodes in sides.items()}, places)
    if found is None:
        return None
    vertical = bytes_axis(_peak(found.values()))
    return _chart(("Memory", "resident sets of all nodes", "bytes"), found, (horizontal, vertical))


def _traffic(sides: Mapping[str, _Nodes], places: Mapping[str, Place], horizontal: Axis) -> Chart | None:
    found = _drawable({side: sums.sent_bytes(nodes.values()) for side, nodes in sides.items()}, places)
    if found is None:
        return None
    vertical = bytes_axis(_peak(found.values()))
    return _chart(("Traffic", "sent by all nodes since the start", "bytes"), found, (horizontal, vertical))


def _packets(sides: Mapping[str, _Nodes], places: Mapping[str, Place], horizontal: Axis) -> Chart | None:
    found = _drawable({side: sums.sent_packets(nodes.values()) for side, nodes in sides.items()}, places)
    if found is None:
        return None
    vertical = count_axis(_peak(found.values()))
    return _chart(
        ("Packets", "packets sent by all nodes since the start", "count"), found, (horizontal, vertical)
    )


#: The lines of each side, left to right: each ends where the side waits for the other.
_Columns = Mapping[str, list[list[Point]]]


def _drawable(columns: Mapping[str, list[Point]], places: Mapping[str, Place]) -> _Columns | None:
    """The points at their places; None where a side has none: half a comparison is none."""
    found = {side: places[side].pieces(points) for side, points in columns.items()}
    return found if all(found.values()) else None


def _peak(columns: Iterable[list[list[Point]]]) -> float:
    return max(value for pieces in columns for points in pieces for _time, value in points)


def _chart(names: tuple[str, str, str], columns: _Columns, axes: tuple[Axis, Axis]) -> Chart:
    title, unit, symbol = names
    horizontal, vertical = axes
    peaks = {side: humanize(_peak([pieces]), symbol) for side, pieces in columns.items()}
    return Chart(
        title=title,
        unit=unit,
        symbol=symbol,
        description="; ".join(f"{side}: at most {peak}" for side, peak in peaks.items()),
        vertical=vertical,
        horizontal=horizontal,
        curves=tuple(
            Curve(side, side, lines(pieces, horizontal, vertical), peaks[side])
            for side, pieces in columns.items()
        ),
    )

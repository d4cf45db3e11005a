"""Charts of one run: geometry only, for the template to write as SVG.

Horizontal places are shares of the run's length and vertical ones shares of the axis, so that a page scales
them to any width without touching the size of its letters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from tcperf.clock import NS_PER_MS
from tcperf.model import PhaseResult, Run
from tcperf.reports import curve
from tcperf.reports.axis import Axis, Tick, bytes_axis, percent_axis, time_axis
from tcperf.reports.curve import Point
from tcperf.reports.stacked import Stack, last_ms, stack
from tcperf.reports.text import shorten
from tcperf.timeseries import NodeSeries, Series
from tcperf.units import humanize

#: Curves are drawn in a box of this size, which the page stretches: a tenth of a unit is below a pixel.
BOX: Final = 1000
#: A name stands in its phase's band where the page at its widest has about this many pixels a letter.
_LETTER_SHARE = 8 / 880


@frozen
class Band:
    """A phase: its number in the legend, its name, whether its name fits, and where it lies (shares)."""

    number: int
    name: str
    start: float
    width: float
    fits: bool
    lasted: str


@frozen
class Curve:
    """One node's curve: ``points`` as SVG has them, in a box of BOX by BOX, the origin at the top left.

    ``index`` is the node's place in the run: it has one colour in all charts.
    """

    node: str
    index: int
    points: str
    peak: str


@frozen
class Chart:
    """One figure over time, a curve a node."""

    title: str
    unit: str
    description: str
    vertical: Axis
    horizontal: Axis
    curves: tuple[Curve, ...]


@frozen
class RunCharts:
    """The charts of a run, one below the other, over one time axis.

    ``flows`` is its traffic by peer and protocol; None where nothing was captured.
    """

    run: str
    nodes: tuple[str, ...]
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    charts: tuple[Chart, ...]
    flows: Stack | None = None


@frozen
class _Kind:
    """What a chart shows of a node, and how its axis and its peak are written."""

    title: str
    unit: str
    points: Callable[[NodeSeries], list[Point]]
    axis: Callable[[float], Axis]
    peak: Callable[[float], str]


_KINDS: Final = (
    _Kind("CPU", "of one core", curve.cpu_percent, percent_axis, lambda value: humanize(value, "pct")),
    _Kind("Memory", "resident set", curve.memory_bytes, bytes_axis, lambda value: humanize(value, "bytes")),
    _Kind(
        "Traffic",
        "sent since the start",
        curve.sent_bytes,
        bytes_axis,
        lambda value: humanize(value, "bytes"),
    ),
)


def run_charts(run: Run, series: Series) -> RunCharts | None:
    """The charts of a run; None where its series holds no sample.  A figure that no node has is left out."""
    nodes = {name: columns for name, columns in series.nodes.items() if columns.t_ms}
    if not nodes:
        return None
    horizontal = time_axis(_length_ms(run, nodes, series))
    charts = (_chart(kind, nodes, horizontal) for kind in _KINDS)
    return RunCharts(
        run=run.id,
        nodes=tuple(nodes),
        bands=tuple(_band(number, phase, horizontal) for number, phase in enumerate(run.phases, start=1)),
        ticks=horizontal.ticks,
        charts=tuple(chart for chart in charts if chart is not None),
        flows=None if series.traffic is None else stack(series.traffic, horizontal),
    )


def _length_ms(run: Run, nodes: Mapping[str, NodeSeries], series: Series) -> float:
    """To the end of the last phase, sample and traffic; a thousandth at least, for an axis needs a length."""
    ends = (phase.end_ns / NS_PER_MS for phase in run.phases)
    return max(*ends, *(columns.t_ms[-1] for columns in nodes.values()), last_ms(series.traffic), 1e-3)


def _chart(kind: _Kind, nodes: Mapping[str, NodeSeries], horizontal: Axis) -> Chart | None:
    columns = {name: kind.points(node) for name, node in nodes.items()}
    drawn = {name: points for name, points in columns.items() if points}
    if not drawn:
        return None
    peaks = {name: max(value for _time, value in points) for name, points in drawn.items()}
    vertical = kind.axis(max(peaks.values()))
    places = {name: place for place, name in enumerate(nodes)}
    texts = {name: kind.peak(peak) for name, peak in peaks.items()}
    return Chart(
        title=kind.title,
        unit=kind.unit,
        description="; ".join(f"{shorten(name, 40)}: at most {text}" for name, text in texts.items()),
        vertical=vertical,
        horizontal=horizontal,
        curves=tuple(
            Curve(name, places[name], _path(points, horizontal, vertical), texts[name])
            for name, points in drawn.items()
        ),
    )


def _path(points: list[Point], horizontal: Axis, vertical: Axis) -> str:
    return " ".join(
        f"{horizontal.share(time) * BOX:.1f},{(1 - vertical.share(value)) * BOX:.1f}"
        for time, value in curve.thin(points)
    )


def _band(number: int, phase: PhaseResult, horizontal: Axis) -> Band:
    start, end = (horizontal.share(edge / NS_PER_MS) for edge in (phase.start_ns, phase.end_ns))
    width = max(0.0, end - start)
    return Band(
        number=number,
        name=phase.name,
        start=start,
        width=width,
        fits=width > (len(phase.name) + 1) * _LETTER_SHARE,
        lasted=humanize((phase.end_ns - phase.start_ns) / NS_PER_MS, "ms"),
    )

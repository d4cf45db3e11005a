"""Charts of one run: geometry only, for the template to write as SVG.

Horizontal places are shares of the run's length and vertical ones shares of the axis, so that a page scales
them to any width without touching the size of its letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import frozen

from tcperf.clock import NS_PER_MS
from tcperf.columns import BASE
from tcperf.model import PhaseResult, Run
from tcperf.reports import curve
from tcperf.reports.axis import Axis, Tick, bytes_axis, count_axis, percent_axis, time_axis
from tcperf.reports.curve import Point
from tcperf.reports.phase_table import PhaseTable, of_nodes
from tcperf.reports.place import Shared
from tcperf.reports.stacked import Stack, last_ms, stack
from tcperf.reports.text import shorten
from tcperf.summary import HEAD
from tcperf.timeseries import NodeSeries, Series
from tcperf.units import humanize

#: Curves are drawn in a box of this size, which the page stretches: a unit is about a pixel.
BOX: Final = 1000
#: A name stands in its phase's band where the page at its widest has about this many pixels a letter.
_LETTER_SHARE = 8 / 880
#: A number and the room beside it fit into so much of a telephone's chart, of some 250 pixels; a bare one of a wide page's.
_NUMBER_SHARE: Final = 12 / 250
_SLIM_SHARE: Final = 8 / 880
_COLOURS: Final = 8
#: A line keeps so many points at least.
_LEAST_POINTS: Final = 4


@frozen
class Band:
    """A phase: its number in the legend, its name, where it lies (shares), and how long it lasted."""

    number: int
    name: str
    start: float
    width: float
    lasted: str

    @property
    def mark(self) -> str:
        """What of it stands in its band: ``wide``, its name; ``number``; ``slim``, a number with no room beside it; "" nothing.

        A slim one's is only there where the page is wide, where it has a figure's width.
        """
        if self.width > (len(self.name) + 1) * _LETTER_SHARE:
            return "wide"
        if self.width >= _NUMBER_SHARE:
            return "number"
        return "slim" if self.width >= _SLIM_SHARE else ""


@frozen
class Curve:
    """One node's curve, or a side's: ``path`` as SVG has it, in a box of BOX by BOX, the origin at the top left.

    ``kind`` is how it is drawn, the same in all charts of a run: by the node's place in it, or by the side.
    """

    name: str
    kind: str
    path: str
    peak: str


@frozen
class Chart:
    """One figure over time, a curve a node or a side; ``symbol`` is the unit of the values on the vertical axis."""

    title: str
    unit: str
    symbol: str
    description: str
    vertical: Axis
    horizontal: Axis
    curves: tuple[Curve, ...]


@frozen
class RunCharts:
    """The charts of a run, one below the other, over one time axis.

    ``nodes`` are names with how their curves are drawn.  ``flows`` is its traffic by peer and protocol; None where
    nothing was captured.  ``table`` tells the same in figures.
    """

    run: str
    subject: str
    nodes: tuple[tuple[str, str], ...]
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    charts: tuple[Chart, ...]
    table: PhaseTable
    flows: Stack | None = None


@frozen
class _Kind:
    """What a chart shows of a node, how its axis is made, and the unit of its values."""

    title: str
    unit: str
    symbol: str
    points: Callable[[NodeSeries], list[Point]]
    axis: Callable[[float], Axis]


_KINDS: Final = (
    _Kind("CPU", "of one core", "pct", curve.cpu_percent, percent_axis),
    _Kind("Memory", "resident set", "bytes", curve.memory_bytes, bytes_axis),
    _Kind("Traffic", "sent since the start", "bytes", curve.sent_bytes, bytes_axis),
    _Kind("Packets", "packets sent since the start", "count", curve.sent_packets, count_axis),
)


def run_charts(run: Run, series: Series, limit: int = curve.LIMIT) -> RunCharts | None:
    """The charts of a run, each curve of ``limit`` points at most; None where its series holds no sample.

    A figure that no node has is left out.
    """
    nodes = {name: columns for name, columns in series.nodes.items() if columns.t_ms}
    if not nodes:
        return None
    horizontal = time_axis(max(length_ms(run, nodes), last_ms(series.traffic)))
    charts = (_chart(kind, nodes, horizontal, limit) for kind in _KINDS)
    return RunCharts(
        run=run.id,
        subject=run.subject,
        nodes=tuple((name, _kind_of(place)) for place, name in enumerate(nodes)),
        bands=bands(run, horizontal),
        ticks=horizontal.ticks,
        charts=tuple(chart for chart in charts if chart is not None),
        table=of_nodes(run, tuple(nodes)),
        flows=None if series.traffic is None else stack(series.traffic, horizontal),
    )


def length_ms(run: Run, nodes: Mapping[str, NodeSeries]) -> float:
    """To the end of the last phase and sample; a thousandth at least, for an axis needs a length."""
    ends = (phase.end_ns / NS_PER_MS for phase in run.phases)
    return max(1e-3, *ends, *(columns.t_ms[-1] for columns in nodes.values()))


def bands(run: Run, horizontal: Axis) -> tuple[Band, ...]:
    """The run's phases on the axis, in their order."""
    return tuple(_of_run(number, phase, horizontal) for number, phase in enumerate(run.phases, start=1))


def shared_bands(phases: Iterable[Shared], horizontal: Axis) -> tuple[Band, ...]:
    """The phases of two sides on their axis, in their order; how long they lasted is told of the base first."""
    return tuple(
        _band((number, each.name), (each.begin_ms, each.end_ms), horizontal, _lasted(each))
        for number, each in enumerate(phases, start=1)
    )


def line(points: Sequence[Point], horizontal: Axis, vertical: Axis, limit: int = curve.LIMIT) -> str:
    """The line through points, of which there must be one, in the box."""
    return curve.path(
        (horizontal.share(time) * BOX, (1 - vertical.share(value)) * BOX)
        for time, value in curve.thin(points, limit)
    )


def lines(pieces: Sequence[Sequence[Point]], horizontal: Axis, vertical: Axis) -> str:
    """Several lines as one path, all of them together of about as many points as one may have."""
    whole = sum(map(len, pieces))
    limits = (max(_LEAST_POINTS, curve.LIMIT * len(points) // whole) for points in pieces)
    return "".join(
        line(points, horizontal, vertical, limit) for points, limit in zip(pieces, limits, strict=True)
    )


def _kind_of(place: int) -> str:
    """There are as many colours as _COLOURS; further nodes have them again, dashed."""
    return f"node{place % _COLOURS}{' again' if place >= _COLOURS else ''}"


def _chart(kind: _Kind, nodes: Mapping[str, NodeSeries], horizontal: Axis, limit: int) -> Chart | None:
    columns = {name: kind.points(node) for name, node in nodes.items()}
    drawn = {name: points for name, points in columns.items() if points}
    if not drawn:
        return None
    peaks = {name: max(value for _time, value in points) for name, points in drawn.items()}
    vertical = kind.axis(max(peaks.values()))
    kinds = {name: _kind_of(place) for place, name in enumerate(nodes)}
    texts = {name: humanize(peak, kind.symbol) for name, peak in peaks.items()}
    return Chart(
        title=kind.title,
        unit=kind.unit,
        symbol=kind.symbol,
        description="; ".join(f"{shorten(name, 40)}: at most {text}" for name, text in texts.items()),
        vertical=vertical,
        horizontal=horizontal,
        curves=tuple(
            Curve(name, kinds[name], line(points, horizontal, vertical, limit), texts[name])
            for name, points in drawn.items()
        ),
    )


def _of_run(number: int, phase: PhaseResult, horizontal: Axis) -> Band:
    start, end = phase.start_ns / NS_PER_MS, phase.end_ns / NS_PER_MS
    return _band((number, phase.name), (start, end), horizontal, humanize(end - start, "ms"))


def _lasted(phase: Shared) -> str:
    """``base 2.21 s, head 12.7 s``; of one side where only that one had it."""
    sides = ((side, phase.lasted_ms[side]) for side in (BASE, HEAD) if side in phase.lasted_ms)
    return ", ".join(f"{side} {humanize(lasted, 'ms')}" for side, lasted in sides)


def _band(named: tuple[int, str], edges: tuple[float, float], horizontal: Axis, lasted: str) -> Band:
    number, name = named
    start, end = map(horizontal.share, edges)
    width = max(0.0, end - start)
    return Band(number, name, start, width, lasted)

"""Traffic over time as stacked areas: geometry only, for the template to write as SVG.

Bytes are gathered in bins of equal width, so many that they can be told apart; a layer is drawn as steps, for
a bin knows nothing of what was within it.  Layers are painted from the whole stack downwards, each over the
one before, so that only upper edges are needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from tcperf.reports.axis import Axis, bytes_axis
from tcperf.reports.place import Place
from tcperf.reports.text import flow_label, shorten
from tcperf.timeseries import FlowSeries, TrafficSeries
from tcperf.units import humanize

#: The flows that have a layer of their own; what the others sent is one layer more, the last.
LIMIT_KINDS: Final = 7
#: The most bins across: each is some three pixels wide.
LIMIT_BINS: Final = 300
#: Layers are as high as this box, and as wide as there are bins.
HEIGHT: Final = 1000
_MS_PER_S = 1000
#: Steps between round widths, in bins of the series: only whole multiples, for a bin cannot be divided.
_MULTIPLES: Final = (1, 2, 5)


#: The flows of a run by their labels; a layer's name, and the labels of what is in it.
_Flows = Mapping[str, Sequence[FlowSeries]]
_Kind = tuple[str, tuple[str, ...]]


@frozen
class Layer:
    """One flow, or the others: ``path`` is the upper edge of the stack up to it, closed at the bottom.

    ``index`` is its place from the bottom, and its colour.
    """

    label: str
    index: int
    path: str
    total: str


@frozen
class Stack:
    """Bytes a second over time; ``layers`` are in the order of painting, the uppermost first, ``symbol`` is the unit.

    ``bins`` is the length of the axis in bins, a fraction where the last one is cut.
    """

    title: str
    unit: str
    symbol: str
    description: str
    vertical: Axis
    horizontal: Axis
    bins: float
    layers: tuple[Layer, ...]


def stack(traffic: TrafficSeries, horizontal: Axis) -> Stack | None:
    """The traffic of a run on its time axis (milliseconds); None where nothing was sent."""
    found = stacks({"Traffic": traffic}, horizontal)
    return found[0] if found else None


def stacks(
    traffic: Mapping[str, TrafficSeries], horizontal: Axis, places: Mapping[str, Place] | None = None
) -> tuple[Stack, ...]:
    """The traffic of several runs, by title, to be compared: a flow is the same layer in all, and bytes are on one scale.

    ``places`` say where on the time axis each lies; None: where it is.  What lies beyond is not drawn, but in the
    totals. Empty where none of them sent anything.
    """
    flows = {title: _by_label(each.flows) for title, each in traffic.items()}
    kinds = _kinds(flows.values())
    if not kinds:
        return ()
    width_ms = _width(horizontal.top, max(each.interval_ms for each in traffic.values()))
    bins = horizontal.top / width_ms
    edges = {
        title: list(_edges(_columns(kinds, found, (width_ms, math.ceil(bins)), (places or {}).get(title))))
        for title, found in flows.items()
    }
    peaks = {title: max(found[-1]) * _MS_PER_S / width_ms for title, found in edges.items()}
    vertical = bytes_axis(max(peaks.values()))
    scale = HEIGHT * _MS_PER_S / width_ms / vertical.top
    return tuple(
        _stack(
            title,
            [
                Layer(label, index, _path(edge, scale), _total(_of_kind(labels, flows[title])))
                for index, ((label, labels), edge) in enumerate(zip(kinds, edges[title], strict=True))
            ],
            (peaks[title], width_ms, bins),
            (horizontal, vertical),
        )
        for title in traffic
    )


def _stack(
    title: str, layers: list[Layer], sizes: tuple[float, float, float], axes: tuple[Axis, Axis]
) -> Stack:
    peak, width_ms, bins = sizes
    horizontal, vertical = axes
    return Stack(
        title=title,
        unit=f"sent per second, over steps of {_duration(width_ms)}",
        symbol="bytes",
        description=f"at most {humanize(peak, 'bytes')} a second; "
        + "; ".join(f"{layer.label}: {layer.total}" for layer in layers),
        vertical=vertical,
        horizontal=horizontal,
        bins=bins,
        layers=tuple(reversed(layers)),
    )


def last_ms(traffic: TrafficSeries | None) -> float:
    """When the last bin with traffic begins; 0 where there is none."""
    return 0 if traffic is None else max((flow.t_ms[-1] for flow in traffic.flows if flow.t_ms), default=0)


def _by_label(flows: Iterable[FlowSeries]) -> _Flows:
    found: dict[str, list[FlowSeries]] = {}
    for flow in flows:
        label = flow_label(flow.node, flow.peer, shorten(flow.protocol, 12), shorten(flow.role, 12))
        found.setdefault(label, []).append(flow)
    return found


def _kinds(flows: Iterable[_Flows]) -> list[_Kind]:
    """The layers, most bytes first, and the labels of the flows in each; those beyond the limit are one."""
    totals: dict[str, float] = {}
    for labelled in flows:
        for label, found in labelled.items():
            totals[label] = totals.get(label, 0) + sum(sum(each.sent_bytes) for each in found)
    ranked = sorted((label for label in totals if totals[label]), key=lambda label: (-totals[label], label))
    if len(ranked) <= LIMIT_KINDS + 1:
        return [(label, (label,)) for label in ranked]
    told = [(label, (label,)) for label in ranked[:LIMIT_KINDS]]
    return [*told, (f"{len(ranked) - LIMIT_KINDS} others", tuple(ranked[LIMIT_KINDS:]))]


def _of_kind(labels: Iterable[str], flows: _Flows) -> Iterator[FlowSeries]:
    return (flow for label in labels for flow in flows.get(label, ()))


def _columns(
    kinds: Iterable[_Kind], flows: _Flows, bins: tuple[float, int], place: Place | None
) -> Iterator[list[float]]:
    return (_binned(_of_kind(labels, flows), bins, place) for _label, labels in kinds)


def _total(flows: Iterable[FlowSeries]) -> str:
    return humanize(sum(sum(flow.sent_bytes) for flow in flows), "bytes")


def _width(length_ms: float, interval_ms: float) -> float:
    """The narrowest round multiple of the series' bins of which LIMIT_BINS reach over the run."""
    least = length_ms / interval_ms / LIMIT_BINS
    power = 10 ** max(0, math.floor(math.log10(least))) if least > 1 else 1
    multiple = next((step for step in _MULTIPLES if step * power >= least), 10)
    return interval_ms * multiple * power


def _binned(flows: Iterable[FlowSeries], bins: tuple[float, int], place: Place | None) -> list[float]:
    """The bytes in each bin; what began before the run or after its end stands at the edge, unless it has another place."""
    width_ms, count = bins
    column = [0.0] * count
    for flow in flows:
        for time_ms, sent in zip(flow.t_ms, flow.sent_bytes, strict=True):
            at = time_ms if place is None else place.at(time_ms)
            if at is not None:
                column[min(max(int(at // width_ms), 0), count - 1)] += sent
    return column


def _edges(columns: Iterable[list[float]]) -> Iterable[list[float]]:
    """The height of the stack up to each column, in bytes."""
    edge: list[float] = []
    for column in columns:
        edge = [below + more for below, more in zip(edge or [0.0] * len(column), column, strict=True)]
        yield edge


def _path(edge: list[float], scale: float) -> str:
    """Steps, one unit a bin: whole numbers, and nothing said twice, for it is most of the page."""
    parts, height, length = [f"M0 {HEIGHT}"], HEIGHT, 0
    for value in edge:
        wanted = HEIGHT - round(value * scale)
        if wanted != height:
            parts += [f"h{length}"] if length else []
            parts.append(f"V{wanted}")
            height, length = wanted, 0
        length += 1
    return "".join([*parts, f"h{length}V{HEIGHT}Z"])


def _duration(milliseconds: float) -> str:
    seconds = milliseconds / _MS_PER_S
    return f"{milliseconds:g} ms" if seconds < 1 else f"{seconds:g} s"

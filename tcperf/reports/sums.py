"""One side over time: what all nodes of a run used together, as columns of points for a chart to draw.

Nodes are sampled at moments of their own, so that their columns cannot be added line by line.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Sequence

from tcperf.reports import curve
from tcperf.reports.curve import Point
from tcperf.timeseries import NodeSeries

#: A step that was covered by less than this share of it has no rate worth a point.
_LEAST_COVERED = 0.1


def cpu_percent(nodes: Iterable[NodeSeries], step_ms: float) -> list[Point]:
    """CPU of all nodes in percent of one core: the mean of every step of ``step_ms``, in the middle of the step.

    Cumulative CPU that goes back counts as none.  Empty where no node has two samples.
    """
    rows = [row for node in nodes for row in _spent(node)]
    if not rows:
        return []
    first, last = min(start for start, _end, _used in rows), max(end for _start, end, _used in rows)
    steps = [0.0] * (int(last // step_ms) + 1)
    for row in rows:
        _spread(steps, row, step_ms)
    places = (
        (max(first, number * step_ms), min(last, (number + 1) * step_ms)) for number in range(len(steps))
    )
    return [
        ((begin + end) / 2, used / (end - begin) * 100)
        for used, (begin, end) in zip(steps, places, strict=True)
        if end - begin > _LEAST_COVERED * step_ms
    ]


def memory_bytes(nodes: Iterable[NodeSeries]) -> list[Point]:
    """The resident sets of all nodes together, at each sample of any."""
    return _summed([curve.memory_bytes(node) for node in nodes])


def sent_bytes(nodes: Iterable[NodeSeries]) -> list[Point]:
    """What all nodes have sent by each sample of any; empty where a node has no interface of its own."""
    columns = [curve.sent_bytes(node) for node in nodes]
    return _summed(columns) if all(columns) else []


def sent_packets(nodes: Iterable[NodeSeries]) -> list[Point]:
    """How many frames all nodes have sent by each sample of any; empty where those of a node were not counted."""
    columns = [curve.sent_packets(node) for node in nodes]
    return _summed(columns) if all(columns) else []


def _spent(node: NodeSeries) -> list[tuple[float, float, float]]:
    """Between which times how much CPU was used; what came before the run's beginning is left out."""
    rows = list(zip(node.t_ms, node.cpu_ms, strict=True))
    return [
        (earlier, later, max(0.0, used - before))
        for (earlier, before), (later, used) in itertools.pairwise(rows)
        if later > earlier >= 0
    ]


def _spread(steps: list[float], row: tuple[float, float, float], step_ms: float) -> None:
    """Add what was used to the steps in which it was, evenly."""
    start, end, used = row
    first = int(start // step_ms)
    if end <= (first + 1) * step_ms:  # as nearly all are
        steps[first] += used
        return
    for number in range(first, min(int(end // step_ms) + 1, len(steps))):
        share = min(end, (number + 1) * step_ms) - max(start, number * step_ms)
        steps[number] += used * max(0.0, share) / (end - start)


def _summed(columns: Sequence[Sequence[Point]]) -> list[Point]:
    """At each time of any column the sum of what each had last; before its first a column has nothing."""
    rows = ([(time, place, value) for time, value in column] for place, column in enumerate(columns))
    last = [0.0] * len(columns)
    total = 0.0
    points = []
    for time, place, value in heapq.merge(*rows):
        total += value - last[place]
        last[place] = value
        points.append((time, total))
    return points

"""Curves: what a chart draws of a column of samples.

Cumulative CPU becomes a rate, long columns are thinned so that every peak and every dip stays visible.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Final

from tcperf.timeseries import NodeSeries

#: The most points of a curve; more cannot be told apart on a page and only make it heavy.
LIMIT: Final = 600

Point = tuple[float, float]


def cpu_percent(node: NodeSeries) -> list[Point]:
    """CPU in percent of one core, one point for each interval between samples, at its end.

    Samples at one and the same time have no rate; cumulative CPU that goes back (a child whose parent did not
    wait for it) counts as none.
    """
    rows = zip(node.t_ms, node.cpu_ms, strict=True)
    return [
        (later, max(0.0, used - before) / (later - earlier) * 100)
        for (earlier, before), (later, used) in itertools.pairwise(rows)
        if later > earlier
    ]


def memory_bytes(node: NodeSeries) -> list[Point]:
    """The resident set at each sample."""
    return list(zip(node.t_ms, node.rss_bytes, strict=True))


def sent_bytes(node: NodeSeries) -> list[Point]:
    """What the node has sent by each sample; empty where no interface is its own."""
    return [] if node.sent_bytes is None else list(zip(node.t_ms, node.sent_bytes, strict=True))


def sent_packets(node: NodeSeries) -> list[Point]:
    """How many frames the node has sent by each sample; empty where nobody counted them."""
    return [] if node.sent_packets is None else list(zip(node.t_ms, node.sent_packets, strict=True))


def thin(points: Sequence[Point], limit: int = LIMIT) -> list[Point]:
    """At most ``limit`` (4 or more) of the points: the first, the last, each bucket's lowest and highest.

    So extremes survive, and the order in time too.
    """
    if len(points) <= limit:
        return list(points)
    first, *inner, last = points
    buckets = (limit - 2) // 2
    kept = [first]
    for number in range(buckets):
        bucket = inner[number * len(inner) // buckets : (number + 1) * len(inner) // buckets]
        kept += _extremes(bucket)
    return [*kept, last]


def _extremes(bucket: list[Point]) -> list[Point]:
    """The lowest and the highest point in their order; one where they are the same."""
    values = [value for _time, value in bucket]
    places = {values.index(min(values)), values.index(max(values))}
    return [bucket[place] for place in sorted(places)]


def path(points: Iterable[Point]) -> str:
    """The line through points of a box as SVG has it: whole units, and nothing said twice, for lines are most of a page.

    Times must not go back.  A single point is a dash.  Raises ValueError for no point at all.
    """
    found = _corners((round(x), round(y)) for x, y in points)
    if not found:
        raise ValueError("there is no point to draw")
    begin = f"M{found[0][0]} {found[0][1]}"
    steps = [_step(later[0] - x, later[1] - y) for (x, y), later in itertools.pairwise(found)]
    return f"{begin}l{' '.join(steps)}" if steps else f"{begin}h1"


def _corners(points: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those that change nothing: the same one again, and what lies between two on a level."""
    kept: list[tuple[int, int]] = []
    for point in points:
        if len(kept) > 1 and kept[-2][1] == kept[-1][1] == point[1]:
            kept[-1] = point
        elif not kept or kept[-1] != point:
            kept.append(point)
    return kept


def _step(across: int, down: int) -> str:
    """A minus parts two numbers as well as a blank does."""
    return f"{across}{down}" if down < 0 else f"{across} {down}"

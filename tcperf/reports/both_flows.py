"""The traffic of both sides by peer and protocol over time, one stack below the other, to be compared at a glance.

A flow has one colour in both, bytes have one scale, and times one axis, on which both begin
each phase together, as the other curves do (``overlay``).  Geometry only, for the template to write as SVG.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from tcperf.columns import BASE
from tcperf.reports.axis import Axis
from tcperf.reports.charts import Band
from tcperf.reports.place import Place
from tcperf.reports.stacked import Stack, stacks
from tcperf.summary import HEAD
from tcperf.timeseries import TrafficSeries


@frozen
class SideFlows:
    """One side, ``base`` or ``head``: its stack, and the phases behind it."""

    side: str
    run: str
    stack: Stack
    bands: tuple[Band, ...]


@frozen
class FlowTotal:
    """A layer in the legend, and what each side sent of it in its whole run."""

    label: str
    index: int
    base: str
    head: str


@frozen
class BothFlows:
    """The base's side, then the head's; ``legend`` is in the order of the layers, from the bottom up."""

    sides: tuple[SideFlows, ...]
    legend: tuple[FlowTotal, ...]


def both_flows(
    runs: Mapping[str, str],
    traffic: Mapping[str, TrafficSeries | None],
    aligned: tuple[Mapping[str, Place], tuple[Band, ...]],
    horizontal: Axis,
) -> BothFlows | None:
    """The drawing, all by ``base`` and ``head``; None where a side was not captured, or neither sent anything."""
    known = {side: found for side in (BASE, HEAD) if (found := traffic[side]) is not None}
    places, phases = aligned
    made = stacks(known, horizontal, places) if len(known) == len(traffic) else ()
    if not made:
        return None
    sides = (SideFlows(side, runs[side], each, phases) for side, each in zip(known, made, strict=True))
    layers = zip(*(reversed(each.layers) for each in made), strict=True)
    return BothFlows(
        tuple(sides),
        tuple(FlowTotal(base.label, base.index, base.total, head.total) for base, head in layers),
    )

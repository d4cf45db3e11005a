"""Where the traffic of a scenario went, as report.html shows it: values for the template, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.contributors import (
    Flow,
    FlowMedian,
    PhaseTraffic,
    contributors,
    phase_traffic,
)
from tcperf.model import Result, ScenarioInfo
from tcperf.units import humanize

#: The contributors of a phase that are told singly; the others are summed up.
LARGEST: Final = 6
#: The flows of a phase whose numbers are shown; the page stays light, and the rest is in results.csv.
SHOWN_FLOWS: Final = 48


@frozen
class FlowRow:
    """A flow and its share, from 0 to 1, of the phase's frame bytes in its direction; of nothing it is 0."""

    median: FlowMedian
    share: float


@frozen
class NodeFlows:
    """The flows of one node."""

    node: str
    rows: tuple[FlowRow, ...]


@frozen
class Large:
    """A flow that is told singly, and its share, from 0 to 1, of what the head sent in the phase.

    ``base`` are its frame bytes in the base, ``difference`` the head's less those; None and "" without a base.
    """

    median: FlowMedian
    share: float
    base: float | None
    difference: str


@frozen
class Rest:
    """What the flows that are not told singly are together."""

    flows: int
    frame_bytes: float
    packets: float
    share: float
    base: float | None
    difference: str


@frozen
class PhaseFlows:
    """A phase, of the head and, where its runs were captured exactly, of the base: its largest contributors, and its flows by node; ``hidden`` flows are not shown."""

    traffic: PhaseTraffic
    base: PhaseTraffic | None
    published: bool
    largest: tuple[Large, ...]
    rest: Rest | None
    nodes: tuple[NodeFlows, ...]
    hidden: int


@frozen
class FlowsView:
    """All phases of a scenario; ``left_out`` are the head's runs that were not captured exactly."""

    phases: tuple[PhaseFlows, ...]
    left_out: tuple[str, ...]

    @property
    def is_compared(self) -> bool:
        """Whether there is a base beside any of it."""
        return any(phase.base is not None for phase in self.phases)


def flows_view(result: Result, info: ScenarioInfo) -> FlowsView | None:
    """The traffic of a scenario's phases; None where no run was captured."""
    found = phase_traffic(result, info.name)
    if not found:
        return None
    published = {phase.name for phase in info.phases if phase.metrics}
    left_out = dict.fromkeys(run for traffic in found for run in traffic.left_out)
    bases = {each.phase: each for each in phase_traffic(result, info.name, BASE) if each.runs}
    phases = (
        _phase(traffic, bases.get(traffic.phase), published=traffic.phase in published)
        for traffic in found
        if traffic.flows
    )
    return FlowsView(tuple(phases), tuple(left_out))


def _phase(traffic: PhaseTraffic, base: PhaseTraffic | None, *, published: bool) -> PhaseFlows:
    ranked = _ranked(traffic, base)
    # One that would be summed up alone is told singly.
    several = len(ranked) > LARGEST + 1
    largest, others = (ranked[:LARGEST], ranked[LARGEST:]) if several else (ranked, [])
    shown = sorted(traffic.flows, key=lambda each: -each.frame_bytes)[:SHOWN_FLOWS]
    return PhaseFlows(
        traffic=traffic,
        base=base,
        published=published,
        largest=tuple(largest),
        rest=_rest(others) if others else None,
        nodes=_by_node(traffic, {each.flow for each in shown}),
        hidden=len(traffic.flows) - len(shown),
    )


def _ranked(traffic: PhaseTraffic, base: PhaseTraffic | None) -> list[Large]:
    """The flows that sent anything on either side, what is most on one of them first; one that is gone has sent nothing."""
    found = [(each.median, each.share) for each in contributors(traffic)]
    before = (
        {each.flow: each.frame_bytes for each in base.flows if _is_sent(each)} if base is not None else None
    )
    known = {each.flow for each, _share in found}
    found += [(_nothing(flow), 0.0) for flow in before or () if flow not in known]
    made = (Large(each, share, *_beside(each.frame_bytes, before, each.flow)) for each, share in found)
    return sorted(made, key=lambda each: -max(each.median.frame_bytes, each.base or 0))


def _is_sent(each: FlowMedian) -> bool:
    return each.flow.direction == "sent" and each.frame_bytes > 0


def _nothing(flow: Flow) -> FlowMedian:
    return FlowMedian(flow, 0, 0, 0, 0, 0, 0, 0)


def _beside(head: float, before: dict[Flow, float] | None, flow: Flow) -> tuple[float | None, str]:
    if before is None:
        return None, ""
    base = before.get(flow, 0)
    return base, _difference(head - base)


def _difference(value: float) -> str:
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return f"{sign}{humanize(abs(value), 'bytes')}"


def _rest(others: Sequence[Large]) -> Rest:
    whole = sum(each.median.frame_bytes for each in others)
    base = None if others[0].base is None else sum(each.base or 0 for each in others)
    return Rest(
        len(others),
        whole,
        sum(each.median.packets for each in others),
        sum(each.share for each in others),
        base,
        "" if base is None else _difference(whole - base),
    )


def _by_node(traffic: PhaseTraffic, shown: set[object]) -> tuple[NodeFlows, ...]:
    rows: dict[str, list[FlowRow]] = {}
    for each in traffic.flows:
        if each.flow in shown:
            whole = traffic.total("frame_bytes", each.flow.direction)
            rows.setdefault(each.flow.node, []).append(
                FlowRow(each, each.frame_bytes / whole if whole else 0.0)
            )
    return tuple(NodeFlows(node, tuple(found)) for node, found in rows.items())

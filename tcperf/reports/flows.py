"""Where the traffic of a scenario went, as report.html shows it: values for the template, no markup."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from tcperf.contributors import (
    Contributor,
    FlowMedian,
    PhaseTraffic,
    contributors,
    phase_traffic,
)
from tcperf.model import Result, ScenarioInfo

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
class Rest:
    """What the flows that are not told singly are together."""

    flows: int
    frame_bytes: float
    packets: float
    share: float


@frozen
class PhaseFlows:
    """A phase: its largest contributors, and its flows by node; ``hidden`` flows are not shown."""

    traffic: PhaseTraffic
    published: bool
    largest: tuple[Contributor, ...]
    rest: Rest | None
    nodes: tuple[NodeFlows, ...]
    hidden: int


@frozen
class FlowsView:
    """All phases of a scenario; ``left_out`` are the runs that were not captured exactly."""

    phases: tuple[PhaseFlows, ...]
    left_out: tuple[str, ...]


def flows_view(result: Result, info: ScenarioInfo) -> FlowsView | None:
    """The traffic of a scenario's phases; None where no run was captured."""
    found = phase_traffic(result, info.name)
    if not found:
        return None
    published = {phase.name for phase in info.phases if phase.metrics}
    left_out = dict.fromkeys(run for traffic in found for run in traffic.left_out)
    phases = (_phase(traffic, published=traffic.phase in published) for traffic in found if traffic.flows)
    return FlowsView(tuple(phases), tuple(left_out))


def _phase(traffic: PhaseTraffic, *, published: bool) -> PhaseFlows:
    ranked = contributors(traffic)
    # One that would be summed up alone is told singly.
    several = len(ranked) > LARGEST + 1
    largest, others = (ranked[:LARGEST], ranked[LARGEST:]) if several else (ranked, ())
    shown = sorted(traffic.flows, key=lambda each: -each.frame_bytes)[:SHOWN_FLOWS]
    return PhaseFlows(
        traffic=traffic,
        published=published,
        largest=largest,
        rest=_rest(others) if others else None,
        nodes=_by_node(traffic, {each.flow for each in shown}),
        hidden=len(traffic.flows) - len(shown),
    )


def _rest(others: tuple[Contributor, ...]) -> Rest:
    return Rest(
        len(others),
        sum(each.median.frame_bytes for each in others),
        sum(each.median.packets for each in others),
        sum(each.share for each in others),
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

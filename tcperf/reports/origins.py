"""Where a change is: a metric's medians of base and head by node and, of traffic, by flow.

Values for report.html, no markup.  A node's row is the median over the runs in which it has the metric; a flow's that
over the runs that were captured exactly, in which a flow without a row is traffic that did not happen.  Medians of
parts need not add up to the median of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.comparison import Comparison
from tcperf.contributors import Flow, Number, flow_median, had_phase, is_counted, rows_of
from tcperf.differences import EXPLAINED
from tcperf.model import Result, Run
from tcperf.reports.text import flow_label, shorten
from tcperf.sentences import signed, value
from tcperf.summary import HEAD, median

#: Of so many metrics it is shown where they changed, and of each the flows that changed most.
METRICS_SHOWN: Final = 12
FLOWS_SHOWN: Final = 8
_NAME_LIMIT: Final = 40
#: Of less than that part of the whole base the growth in percent is only how small it was.
_TINY: Final = 0.001


@frozen
class Part:
    """A node, a flow or the whole: its medians and their difference as texts, empty where a side has none."""

    name: str
    base: str
    head: str
    difference: str
    percent: str


@frozen
class Origin:
    """One metric: the whole, its nodes as they were started, and its flows, what changed most first.

    ``hidden`` is how many flows more there are.
    """

    comparison: Comparison
    whole: Part
    nodes: tuple[Part, ...]
    flows: tuple[Part, ...]
    hidden: int


def origins(result: Result, told: Iterable[Comparison]) -> tuple[Origin, ...]:
    """Of each comparison that is WORSE or BETTER, and whose metric the nodes have, where its change is."""
    changed = [each for each in told if each.change in {"worse", "better"}]
    found = (_origin(result, each) for each in changed)
    return tuple(each for each in found if each.nodes or each.flows)[:METRICS_SHOWN]


def _origin(result: Result, each: Comparison) -> Origin:
    base, head = (result.runs_of(each.scenario, side) for side in (BASE, HEAD))
    flows = _flows(base, head, each)
    return Origin(
        comparison=each,
        whole=_part("all nodes", each.base_median, each.head_median, each),
        nodes=tuple(_nodes(base, head, each)),
        flows=tuple(flows[:FLOWS_SHOWN]),
        hidden=max(0, len(flows) - FLOWS_SHOWN),
    )


def _nodes(base: Sequence[Run], head: Sequence[Run], each: Comparison) -> Iterator[Part]:
    names = dict.fromkeys(
        name for run in (*head, *base) if (phase := run.phase(each.phase)) is not None for name in phase.nodes
    )
    for name in names:
        before, after = (_of_node(runs, each, name) for runs in (base, head))
        if before is not None or after is not None:
            yield _part(shorten(name, _NAME_LIMIT), before, after, each)


def _of_node(runs: Sequence[Run], each: Comparison, node: str) -> float | None:
    """The median over the runs in which the node has the metric; None where it has it in none."""
    phases = (run.phase(each.phase) for run in runs)
    found = [
        phase.nodes[node][each.metric].value
        for phase in phases
        if phase is not None and each.metric in phase.nodes.get(node, {})
    ]
    return median(found) if found else None


def _flows(base: Sequence[Run], head: Sequence[Run], each: Comparison) -> list[Part]:
    """The flows that differ; none where the metric is none of traffic, or a side was not captured exactly."""
    number = EXPLAINED.get(each.metric)
    if number is None:
        return []
    found = _flow_medians(base, head, each.phase, number)
    ranked = sorted(found, key=lambda flow: (-abs(found[flow][1] - found[flow][0]), flow.label))
    return [_part(_label(flow), *found[flow], each) for flow in ranked if found[flow][0] != found[flow][1]]


def _flow_medians(
    base: Sequence[Run], head: Sequence[Run], phase: str, number: Number
) -> dict[Flow, tuple[float, float]]:
    before, after = (
        [rows_of(run, phase) for run in runs if is_counted(run) and had_phase(run, phase)]
        for runs in (base, head)
    )
    if not before or not after:
        return {}
    sent = dict.fromkeys(flow for rows in (*after, *before) for flow in rows if flow.direction == "sent")
    return {flow: (flow_median(before, flow, number), flow_median(after, flow, number)) for flow in sent}


def _label(flow: Flow) -> str:
    return flow_label(*flow.parties, flow.protocol, flow.role)


def _part(name: str, before: float | None, after: float | None, each: Comparison) -> Part:
    base, head = (
        "" if number is None else shorten(value(number, each), _NAME_LIMIT) for number in (before, after)
    )
    if before is None or after is None:
        return Part(name, base, head, "", "")
    difference = after - before
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    size = shorten(f"{sign}{value(abs(difference), each)}", _NAME_LIMIT)
    is_told = before > 0 and (after < before or before >= _TINY * (each.base_median or 0))
    percent = shorten(f"{signed(100 * difference / before)} %", _NAME_LIMIT) if is_told else ""
    return Part(name, base, head, size, percent)

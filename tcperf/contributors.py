"""Where a phase's traffic went: each flow's median over the runs, and the largest contributors.

A *flow* is what a node exchanged with one peer over one protocol in one role and direction.  Only runs whose
capture is exact count: there, a flow without a row is traffic that did not happen, and counts 0.  The other
runs are left out, and named.  Texts are as the result has them: who writes them makes them harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from attrs import frozen

from tcperf.model import Result, Run
from tcperf.summary import HEAD, median
from tcperf.traffic import Direction, Role, Traffic, TransportProtocol

Number = Literal[
    "frame_bytes",
    "ip_bytes",
    "payload_bytes",
    "packets",
    "retransmissions",
    "connections",
    "short_connections",
]
#: What a row of Traffic counts.
NUMBERS: Final[tuple[Number, ...]] = (
    "frame_bytes",
    "ip_bytes",
    "payload_bytes",
    "packets",
    "retransmissions",
    "connections",
    "short_connections",
)
#: The phase of what passed outside of every phase.
OUTSIDE_PHASES: Final = ""


@frozen
class Flow:
    """Who exchanged with whom, over what: a row of Traffic without its phase and its numbers."""

    node: str
    direction: Direction
    peer: str
    protocol: TransportProtocol
    role: Role

    @property
    def parties(self) -> tuple[str, str]:
        """The sender and the receiver."""
        return (self.node, self.peer) if self.direction == "sent" else (self.peer, self.node)

    @property
    def ends(self) -> str:
        """From the sender to the receiver: ``alice→bob``."""
        return "→".join(self.parties)

    @property
    def label(self) -> str:
        """The whole flow from the sender's view: ``alice→bob tcp p2p``."""
        return f"{self.ends} {self.protocol} {self.role}"


@frozen
class FlowMedian:
    """The medians of a flow's numbers over the runs, each for itself; halves where the runs are even."""

    flow: Flow
    frame_bytes: float
    ip_bytes: float
    payload_bytes: float
    packets: float
    retransmissions: float
    connections: float
    short_connections: float


@frozen
class Contributor:
    """A flow from its sender's view and its share, from 0 to 1, of all frame bytes sent in the phase.

    "All" is the sum of the flows' medians, so that the shares of a phase add up to 1.
    """

    median: FlowMedian
    share: float


@frozen
class PhaseTraffic:
    """One phase's flows, medians over ``runs`` runs; ``left_out`` are the ids of runs not captured exactly.

    Flows are in the order of the nodes, what a node sent before what it received, most bytes first.
    ``sent_bytes`` and ``sent_packets`` are the medians of what all flows of a run sent together: as the
    phase's totals, and not exactly the sums of the flows' medians.  Without a run they are 0.
    """

    scenario: str
    phase: str
    runs: int
    left_out: tuple[str, ...]
    flows: tuple[FlowMedian, ...]
    sent_bytes: float
    sent_packets: float

    def total(self, number: Number, direction: Direction = "sent") -> float:
        """The sum of the flows' medians in one direction."""
        found: list[float] = [
            getattr(each, number) for each in self.flows if each.flow.direction == direction
        ]
        return sum(found)


def phase_traffic(result: Result, scenario: str, subject: str = HEAD) -> tuple[PhaseTraffic, ...]:
    """The traffic of every phase, declared ones in their order; last what passed outside of them, if anything.

    Empty where no run was captured.
    """
    runs = result.runs_of(scenario, subject)
    if all(run.capture is None for run in runs):
        return ()
    declared = [phase.name for info in result.scenarios if info.name == scenario for phase in info.phases]
    measured = [phase.name for run in runs for phase in run.phases]
    names = [name for name in dict.fromkeys((*declared, *measured)) if name in measured]
    outside = any(row.phase == OUTSIDE_PHASES for run in runs for row in run.traffic)
    return tuple(
        _of_phase(runs, scenario, name)
        for name in (*names, *([OUTSIDE_PHASES] if outside and OUTSIDE_PHASES not in names else []))
    )


def contributors(traffic: PhaseTraffic) -> tuple[Contributor, ...]:
    """The flows that sent anything in the phase, from the senders' view, most frame bytes first."""
    whole = traffic.total("frame_bytes")
    sent = [each for each in traffic.flows if each.flow.direction == "sent" and each.frame_bytes]
    ranked = sorted(sent, key=lambda each: -each.frame_bytes)
    return tuple(Contributor(each, each.frame_bytes / whole) for each in ranked)


def is_counted(run: Run) -> bool:
    """Whether the run was captured exactly, so that what has no row did not happen."""
    return run.capture is not None and run.capture.is_exact


def rows_of(run: Run, phase: str) -> dict[Flow, Traffic]:
    """The run's rows of one phase, by their flow."""
    return {
        Flow(row.node, row.direction, row.peer, row.protocol, row.role): row
        for row in run.traffic
        if row.phase == phase
    }


def flow_median(rows: list[dict[Flow, Traffic]], flow: Flow, number: Number) -> float:
    """The median over the runs of one number of a flow; a run without the flow counts 0."""
    return median(getattr(found[flow], number) if flow in found else 0 for found in rows)


def had_phase(run: Run, phase: str) -> bool:
    """Whether the run went through the phase; each has something outside of its phases."""
    return phase == OUTSIDE_PHASES or run.phase(phase) is not None


def _of_phase(runs: Iterable[Run], scenario: str, phase: str) -> PhaseTraffic:
    having = [run for run in runs if had_phase(run, phase)]
    counted = [run for run in having if is_counted(run)]
    rows = [rows_of(run, phase) for run in counted]
    flows = dict.fromkeys(flow for found in rows for flow in found)
    medians = [FlowMedian(flow, *(flow_median(rows, flow, number) for number in NUMBERS)) for flow in flows]
    return PhaseTraffic(
        scenario=scenario,
        phase=phase,
        runs=len(counted),
        left_out=tuple(run.id for run in having if not is_counted(run)),
        flows=tuple(_in_order(medians, _nodes(counted))),
        sent_bytes=_sent(rows, "frame_bytes"),
        sent_packets=_sent(rows, "packets"),
    )


def _sent(rows: list[dict[Flow, Traffic]], number: Number) -> float:
    """The median over the runs of what all flows sent together."""
    sums: list[int] = [
        sum(getattr(row, number) for flow, row in found.items() if flow.direction == "sent") for found in rows
    ]
    return median(sums) if sums else 0


def _nodes(runs: Iterable[Run]) -> Iterator[str]:
    """Nodes as they were started, then those that only traffic names."""
    for run in runs:
        yield from (name for phase in run.phases for name in phase.nodes)
        yield from (row.node for row in run.traffic)


def _in_order(medians: Iterable[FlowMedian], nodes: Iterable[str]) -> list[FlowMedian]:
    places = {name: place for place, name in enumerate(dict.fromkeys(nodes))}

    def key(each: FlowMedian) -> tuple[int, bool, float, str]:
        flow = each.flow
        return places[flow.node], flow.direction != "sent", -each.frame_bytes, flow.label

    return sorted(medians, key=key)

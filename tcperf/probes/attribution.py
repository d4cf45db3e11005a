"""What the captured traffic says of a run: accounts against the interfaces' counters, and the phases' figures.

Pure: rows of traffic in, values of the model out.  Counters are read at the edges of a phase beside the
clock; captured frames carry the kernel's own time, so where nothing was lost the captured figures are the
sharper ones.  Where something was, the counters' figures stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, get_args

from attrs import evolve

from tcperf.measurement import Measurement, measured
from tcperf.model import PhaseResult
from tcperf.network.interface import Counters
from tcperf.probes.node import totals
from tcperf.traffic import OUTSIDE, Account, Capture, Direction, Traffic

SOURCE: Final = "capture"
#: What an inexact capture means for the figures, and the cure.
_MEANING: Final = (
    "its totals are the interfaces' own and stand, but where this run's traffic went is only known in part "
    "(a quieter machine or fewer --lanes help)"
)
_DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)


def account(node: str, direction: Direction, rows: Iterable[Traffic], counters: Counters) -> Account:
    """What was captured of a node in one direction beside what its interface counted since it exists."""
    sums = {"attributed": [0, 0], "control": [0, 0], "unknown": [0, 0]}
    for row in rows:
        if row.node == node and row.direction == direction:
            kind = "unknown" if row.peer == OUTSIDE else "control" if row.role == "control" else "attributed"
            sums[kind][0] += row.frame_bytes
            sums[kind][1] += row.packets
    sent = direction == "sent"
    return Account(
        node=node,
        direction=direction,
        attributed_bytes=sums["attributed"][0],
        control_bytes=sums["control"][0],
        unknown_bytes=sums["unknown"][0],
        counted_bytes=counters.sent_bytes if sent else counters.received_bytes,
        attributed_packets=sums["attributed"][1],
        control_packets=sums["control"][1],
        unknown_packets=sums["unknown"][1],
        counted_packets=counters.sent_packets if sent else counters.received_packets,
    )


def accounts(
    rows: Sequence[Traffic], counters: Mapping[str, Counters], earlier: Mapping[str, Counters] | None = None
) -> tuple[Account, ...]:
    """The accounts of every node, in the order of ``counters``, what was sent before what was received.

    ``counters`` were read after the capture had ended, ``earlier`` ones just before: in between the kernel may still
    send, such as that nobody listens any more to a group that an ended process had joined (IGMP).  Either look will do.
    """
    looks = [counters] if earlier is None else [counters, earlier]
    return tuple(
        _best([account(node, direction, rows, look[node]) for look in looks if node in look])
        for node in counters
        for direction in _DIRECTIONS
    )


def _best(found: Sequence[Account]) -> Account:
    return next((each for each in found if each.closes), found[0])


def attributed(phases: Iterable[PhaseResult], rows: Sequence[Traffic]) -> tuple[PhaseResult, ...]:
    """The phases with every traffic figure taken from an exact capture; a node without rows had no traffic."""
    return tuple(_attributed(phase, [row for row in rows if row.phase == phase.name]) for phase in phases)


def _attributed(phase: PhaseResult, rows: list[Traffic]) -> PhaseResult:
    nodes = {
        node: {**measurements, **figures([row for row in rows if row.node == node])}
        for node, measurements in phase.nodes.items()
    }
    return evolve(phase, nodes=nodes, totals={**phase.totals, **totals(nodes)})


def figures(rows: Sequence[Traffic]) -> dict[str, Measurement]:
    """One node's traffic figures of one phase, by metric key, from its rows."""
    sent = [row for row in rows if row.direction == "sent"]
    received = [row for row in rows if row.direction == "received"]
    tcp: Callable[[list[Traffic]], int] = lambda of: sum(  # noqa: E731
        row.payload_bytes for row in of if row.protocol == "tcp"
    )
    values = {
        "sent_bytes": sum(row.frame_bytes for row in sent),
        "received_bytes": sum(row.frame_bytes for row in received),
        "packets_count": sum(row.packets for row in sent),
        "received_packets_count": sum(row.packets for row in received),
        "ip_bytes": sum(row.ip_bytes for row in sent),
        "tcp_sent_bytes": tcp(sent),
        "tcp_received_bytes": tcp(received),
        "retransmissions_count": sum(row.retransmissions for row in sent),
        "connections_count": sum(row.connections for row in sent),
        "short_connections_count": sum(row.short_connections for row in sent),
    }
    return {key: measured(key, value, "exact", SOURCE) for key, value in values.items()}


def warnings(run_id: str, capture: Capture) -> tuple[str, ...]:
    """What must be said of a capture that is not exact; the run's figures are then the interfaces' own."""
    if capture.is_exact:
        return ()
    told = []
    if capture.lost_packets:
        whole = capture.packets + capture.lost_packets
        told.append(f"{capture.lost_packets} of {whole} packets were not captured")
    if capture.late_cuts:
        times = "once" if capture.late_cuts == 1 else f"{capture.late_cuts} times"
        told.append(f"{times} a phase's packets were parted too late from the next one's")
    if not told:
        open_sides = [f"{each.node} {each.direction}" for each in capture.accounts if not each.closes]
        told.append(f"what was captured is not what the interfaces counted ({', '.join(open_sides)})")
    return (f"{run_id}: {', and '.join(told)}; {_MEANING}",)

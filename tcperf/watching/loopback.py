"""The traffic of a loopback that nobody shares, by the ports of those who talk there.

A frame of the loopback comes from nobody and goes to nobody: there are no legs and no hardware addresses, as there
are in the network that tcperf makes for nodes of its own.  Whose it is, its two ports tell.  A packet is up to 65,536
bytes there, so one may be what would be dozens on a wire: bytes of IP are summed, each packet once, and never compared
with those of a wire.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from tcperf.clock import NS_PER_S
from tcperf.frames.flows import Flows, Group, Totals
from tcperf.frames.parse import parse
from tcperf.measurement import Measurement, measured
from tcperf.network.packets import ignore_outgoing
from tcperf.probes.bpf_lines import assemble, keep
from tcperf.probes.ring import FRAME, SLOT_BYTES, Ring
from tcperf.traffic import OUTSIDE, Role, Traffic
from tcperf.watching.ports import Held

#: The headers of any frame.
_SNAP: Final = 160
_EVERYBODY: Final = "lo"
#: Of struct tpacket2_hdr: status, length, kept length, time stamp.
_SLOT: Final = struct.Struct("=III4xII")
_ETHERTYPE: Final = struct.Struct(">12xH")
_ETHERNET: Final = 14
_SOURCE: Final = "loopback, by port"

_PAIR: Final = 2

#: What was counted, by protocol and ports.
Counted = dict[Group, Totals]


class Loopback:
    """Counts every packet of the namespace's loopback once.  ``packets`` is a packet socket there, not bound yet.

    Raises MachineError where the kernel refuses to capture.
    """

    def __init__(self, packets: socket.socket) -> None:
        # The loopback shows each frame twice, as it leaves and as it arrives.
        ignore_outgoing(packets)
        self._ring = Ring(packets, assemble((keep(_SNAP),)))
        self._flows = Flows()

    def drain(self) -> None:
        """Count what has come; to be called before the ring is full."""
        for batch in self._ring.batches():
            for start in range(0, len(batch), SLOT_BYTES):
                self._count(batch[start : start + SLOT_BYTES])

    def _count(self, slot: memoryview) -> None:
        _status, length, kept, seconds, nanoseconds = _SLOT.unpack_from(slot)
        frame = slot[FRAME : FRAME + kept]
        (ethertype,) = _ETHERTYPE.unpack_from(frame)
        packet = parse(frame, _ETHERNET, ethertype, length)
        self._flows.add(_EVERYBODY, _EVERYBODY, packet, length, seconds * NS_PER_S + nanoseconds)

    def cut(self) -> list[tuple[Group, Totals]]:
        """What was counted since the last cut."""
        self.drain()
        return self._flows.cut()

    @property
    def answering(self) -> set[int]:
        """The ports that have ever answered a call: somebody listened there."""
        return {port for _everybody, port in self._flows.listening}

    def lost(self) -> int:
        """How many packets found no room, and are missing; those that come meanwhile are not among them."""
        return self._ring.dropped()

    def close(self) -> None:
        """Count no more."""
        self._ring.close()


def rows(
    phase: str, counted: Mapping[Group, Totals], ports: Held, names: Mapping[int, str]
) -> tuple[Traffic, ...]:
    """The rows of traffic of the processes that have ``names``; what is between others is nobody's."""
    found: dict[tuple[str, str, str, str, Role], Totals] = {}
    for group, totals in counted.items():
        role = _role(group, ports)
        sender, receiver = ends(group, ports, names)
        both = (("sent", sender, receiver), ("received", receiver, sender))
        for direction, node, peer in both:
            if node is not None:
                place = (node, direction, peer or OUTSIDE, group.protocol, role)
                found[place] = found.get(place, Totals()) + totals
    return tuple(
        _row(phase, place, totals)
        for place, totals in sorted(found.items(), key=lambda item: _order(item[0]))
    )


def _order(place: tuple[str, str, str, str, Role]) -> tuple[str, ...]:
    # "sent" before "received": what a node did comes before what was done to it.
    node, direction, *rest = place
    return node, "" if direction == "sent" else direction, *rest


def ends(group: Group, ports: Held, names: Mapping[int, str]) -> tuple[str | None, str | None]:
    """Whose the two ends are, None for nobody's who is watched.

    A connection may be over before anybody could look who had made it.  Where only one other process is watched beside
    the one that listens, it is that one's, if it is not known to be the tests'.
    """
    sender, receiver = (_owner(group.protocol, port, ports, names) for port in group[3:])
    if _role(group, ports) == "p2p" and len(names) == _PAIR and (sender is None) != (receiver is None):
        known = sender or receiver
        (other,) = (name for name in names.values() if name != known)
        return sender or other, receiver or other
    return sender, receiver


def _owner(protocol: str, port: int, ports: Held, names: Mapping[int, str]) -> str | None:
    pid = ports.owners.get((protocol, port))
    return None if pid is None else names.get(pid)


def _role(group: Group, ports: Held) -> Role:
    ends = (group.source_port, group.target_port)
    if any(port in ports.control for port in ends):
        return "control"
    if any((group.protocol, port) in ports.listening for port in ends):
        return "p2p"
    return "other"


def _row(phase: str, place: tuple[str, str, str, str, Role], totals: Totals) -> Traffic:
    node, direction, peer, protocol, role = place
    return Traffic(phase, node, direction, peer, protocol, role, **totals._asdict())  # type: ignore[arg-type]


def measurements(traffic: Iterable[Traffic], names: Iterable[str]) -> dict[str, dict[str, Measurement]]:
    """The measurements of each name, control traffic apart; who exchanged nothing has its zeros."""
    own = [row for row in traffic if row.role != "control"]
    return {name: _figures([row for row in own if row.node == name]) for name in names}


def total(traffic: Iterable[Traffic]) -> dict[str, Measurement]:
    """The sums over all, each packet once: also where only its receiver is known."""
    own = [row for row in traffic if row.role != "control"]
    once = [row for row in own if row.direction == "sent" or row.peer == OUTSIDE]
    return {
        **_made("ip_bytes", sum(row.ip_bytes for row in once)),
        **_made("packets_count", sum(row.packets for row in once)),
    }


def _figures(mine: list[Traffic]) -> dict[str, Measurement]:
    sent = [row for row in mine if row.direction == "sent"]
    received = [row for row in mine if row.direction == "received"]
    return {
        **_made("ip_bytes", sum(row.ip_bytes for row in sent)),
        **_made("packets_count", sum(row.packets for row in sent)),
        **_made("received_packets_count", sum(row.packets for row in received)),
        **_made("tcp_sent_bytes", sum(row.payload_bytes for row in sent if row.protocol == "tcp")),
        **_made("tcp_received_bytes", sum(row.payload_bytes for row in received if row.protocol == "tcp")),
        **_made("retransmissions_count", sum(row.retransmissions for row in sent)),
        **_made("connections_count", sum(row.connections for row in sent)),
    }


def _made(key: str, value: float) -> dict[str, Measurement]:
    return {key: measured(key, value, "sampled", _SOURCE)}


def add(counted: Counted, cut: Iterable[tuple[Group, Totals]]) -> None:
    """Add a cut to what was counted."""
    for group, totals in cut:
        known = counted.get(group)
        counted[group] = totals if known is None else known + totals

"""Flows: frames summed by sender, receiver and ports, with what only a sequence of frames shows.

That is TCP's retransmissions and connections.  A *flow* is one direction of a conversation.  Every number is
kept since the last ``Flows.cut``, so that the cuts of a run add up to the run.

A SYN without ACK opens a connection, unless the pair of ends has one that has not ended, or the same number
opened the one that has.  The first FIN or RST of either side ends it.

The fast way.  A program that reads many frames compares each with what its flow's last one looked like, and
then counts it by itself: ``plain_packets += 1``, ``plain_bytes +=`` its IP length, and for TCP, whose
sequence number must be ``next_sequence`` and whose only flags ACK, PSH and URG, ``next_sequence +=`` its
payload.  Where all plain frames of a flow of TCP have the same headers (``plain_headers``), it need not sum their
lengths: these follow from the rest; and then the packets may be added late, many at once, but before a ``draw`` or
``cut``.  All else goes through ``Flows.add``, which answers the flow that it counted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

from tcperf.clock import NS_PER_S
from tcperf.frames.flow import UNKNOWN, Connection, Flow, Group, Totals
from tcperf.frames.parse import ACK, FIN, RST, SYN, Packet

__all__ = ["Flow", "Flows", "Group", "Totals"]

#: How long an ended flow may still get late frames: TCP's longest wait for them, twice the segment lifetime.
_LINGER_NS: Final = 60 * NS_PER_S
#: Beyond, the flows that have been silent for longest are forgotten, ended or not.
_MAX_FLOWS: Final = 65_536
_MAX_FRAGMENTED: Final = 4096


class Flows:
    """The flows of one capture point.  Times are nanoseconds on whatever clock stamped the frames.

    ``index`` is for programs that count plain frames by themselves: flows by a key of theirs (``register``),
    complete as long as the flow is remembered.  Call ``cut`` at least every hundred thousand frames: with it,
    ended flows are forgotten a minute after their last frame, so that memory stays bounded.  ``listening`` are the
    senders that have answered a SYN, with the port: they listen there, beyond doubt.
    """

    def __init__(self) -> None:
        self.index: dict[bytes, Flow] = {}
        self.listening: set[tuple[Hashable, int]] = set()
        self._flows: dict[Hashable, Flow] = {}
        self._fragmented: dict[Hashable, Flow] = {}
        self._now_ns = 0
        self._swept_ns = 0

    def __len__(self) -> int:
        """How many flows are remembered."""
        return len(self._flows)

    def add(
        self,
        sender: Hashable,
        receiver: Hashable,
        packet: Packet,
        frame_bytes: int,
        time_ns: int,
        *,
        to_all: bool = False,
    ) -> Flow:
        """Count one frame, the next in time order; the flow that it belongs to.

        ``to_all``: it is a copy, for ``receiver``, of what goes to all.
        """
        flow = self._find(sender, receiver, packet, to_all=to_all)
        flow.count(packet, frame_bytes)
        flow.last_ns = self._now_ns = time_ns
        if packet.sequence is not None:
            self._follow(flow, packet, packet.sequence, time_ns)
        return flow

    def register(self, key: bytes, flow: Flow) -> None:
        """Let ``index`` find the flow under ``key``, unless another one has it."""
        if self.index.setdefault(key, flow) is flow:
            flow.index_key = key

    def draw(self) -> list[tuple[Flow, int, int]]:
        """The flows with frames since the last ``draw`` or ``cut``, their bytes and their number: what curves are of."""
        return [(flow, *drawn) for flow in self._flows.values() if (drawn := flow.draw())[0]]

    def cut(self, time_ns: int | None = None) -> list[tuple[Group, Totals]]:
        """What each active flow amounts to since the last cut; a group may come several times.

        ``time_ns`` is the time up to which frames were counted, where the last did not go through ``add``.
        """
        if time_ns is not None:
            self._now_ns = time_ns
        taken = []
        for flow in self._flows.values():
            if flow.plain_packets:
                flow.last_ns = self._now_ns
            elif not (flow.packets or flow.short_connections):
                continue
            taken.append((flow.group, flow.take()))
        if self._now_ns - self._swept_ns >= NS_PER_S:
            self._forget()
        return taken

    # --- finding -------------------------------------------------------------------------------------

    def _find(self, sender: Hashable, receiver: Hashable, packet: Packet, *, to_all: bool) -> Flow:
        if packet.fragment is None:
            return self._flow(sender, receiver, packet, to_all=to_all)
        key, is_first = packet.fragment
        place = (sender, receiver, to_all, key)
        if not is_first:
            return self._fragmented.get(place) or self._flow(sender, receiver, packet, to_all=to_all)
        flow = self._flow(sender, receiver, packet, to_all=to_all)
        self._fragmented.pop(place, None)
        self._fragmented[place] = flow
        if len(self._fragmented) > _MAX_FRAGMENTED:
            del self._fragmented[next(iter(self._fragmented))]
        return flow

    def _flow(self, sender: Hashable, receiver: Hashable, packet: Packet, *, to_all: bool) -> Flow:
        protocol, source, target, source_port, target_port = packet[:5]
        key = (sender, receiver, protocol, source, target, source_port, target_port, to_all)
        flow = self._flows.get(key)
        if flow is None:
            ports = (0, 0) if to_all else (source_port, target_port)
            group = Group(sender, receiver, protocol, *ports)
            flow = self._flows[key] = Flow(group, UNKNOWN if protocol == "tcp" else None)
            peer = None if to_all else self._flows.get(_back(sender, receiver, packet))
            if peer is not None:
                flow.connection = peer.connection
        return flow

    # --- TCP -----------------------------------------------------------------------------------------

    def _follow(self, flow: Flow, packet: Packet, sequence: int, time_ns: int) -> None:
        flags = packet.flags
        if flags & SYN:
            if flags & ACK:
                self.listening.add((flow.group.sender, packet.source_port))
            elif flow.begins_anew(sequence):
                self._open(flow, packet, time_ns)
            flow.synchronise(sequence)
        taken = packet.payload_bytes + bool(flags & SYN) + bool(flags & FIN)
        flow.follow(sequence, taken, flags)
        if flags & (FIN | RST) and flow.connection is not None:
            flow.connection.end(time_ns)

    def _open(self, flow: Flow, packet: Packet, time_ns: int) -> None:
        connection = Connection(flow, time_ns)
        flow.connections += 1
        flow.restart(connection)
        peer = self._flows.get(_back(flow.group.sender, flow.group.receiver, packet))
        if peer is not None and peer is not flow:
            peer.restart(connection)

    # --- forgetting ----------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._swept_ns = self._now_ns
        before_ns = self._now_ns - _LINGER_NS
        # Frames of a flow with a number may come at any time, with nothing else to know them by.
        unnumbered = {key: flow for key, flow in self._flows.items() if not flow.number}
        old = {key for key, flow in unnumbered.items() if flow.last_ns < before_ns and _has_ended(flow)}
        if len(self._flows) - len(old) > _MAX_FLOWS:
            by_age = sorted(unnumbered, key=lambda key: unnumbered[key].last_ns)
            old.update(by_age[: len(by_age) // 2])
        self._drop(old)

    def _drop(self, keys: Iterable[Hashable]) -> None:
        dropped = [self._flows.pop(key) for key in keys]
        for flow in dropped:
            if flow.index_key is not None:
                del self.index[flow.index_key]
        # Nothing may count into a flow that no cut looks at any more.
        gone = set(map(id, dropped))
        self._fragmented = {key: flow for key, flow in self._fragmented.items() if id(flow) not in gone}


def _back(sender: Hashable, receiver: Hashable, packet: Packet) -> Hashable:
    """The key of the opposite direction."""
    protocol, source, target, source_port, target_port = packet[:5]
    return (receiver, sender, protocol, target, source, target_port, source_port, False)


def _has_ended(flow: Flow) -> bool:
    """Whether a silent flow has nothing to remember: no TCP, or a connection that was ended."""
    if flow.next_sequence is None:
        return True
    return flow.connection is not None and flow.connection.ended

"""A flow: one direction of a conversation, and what was counted of it since the last cut.

A retransmission takes up sequence numbers (payload, SYN, FIN) and begins below the highest that its sender had
reached (serial numbers, RFC 1982); a keep-alive (no flag, at most one byte, just below the highest; RFC 9293,
3.8.4) is none.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from typing import Final, NamedTuple

from attrs import mutable

from tcperf.clock import NS_PER_S
from tcperf.frames.parse import ACK, ETHERNET_HEADER, FIN, RST, SYN, Packet
from tcperf.traffic import TransportProtocol

SHORT_NS: Final = NS_PER_S
_SERIAL: Final = 1 << 32
_HALF_SERIAL: Final = 1 << 31
#: The next sequence number of a TCP flow that has shown none.
UNKNOWN: Final = -1


class Totals(NamedTuple):
    """What a flow, or a sum of flows, amounts to; as ``tcperf.traffic.Traffic`` has it."""

    frame_bytes: int = 0
    ip_bytes: int = 0
    payload_bytes: int = 0
    packets: int = 0
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0

    def __add__(self, other: object) -> Totals:
        """The sum, number by number."""
        if not isinstance(other, Totals):
            return NotImplemented
        return Totals(*map(operator.add, self, other))


class Group(NamedTuple):
    """Whose traffic it is: the ids that the frames were added with, the protocol and its ports.

    Ports are 0 where there are none, and where they say nothing: of the copies of what goes to all.
    """

    sender: Hashable
    receiver: Hashable
    protocol: TransportProtocol
    source_port: int
    target_port: int


@mutable(eq=False)
class Connection:
    """A TCP connection: who opened it and when (nanoseconds), and whether either side has ended it."""

    opener: Flow
    opened_ns: int
    ended: bool = False

    def end(self, time_ns: int) -> None:
        """A FIN or a RST of either side: the first one ends it, and tells whether it was short."""
        if not self.ended and time_ns - self.opened_ns <= SHORT_NS:
            self.opener.short_connections += 1
        self.ended = True


@mutable(eq=False)
class Flow:
    """One direction of a conversation, and what was counted since the last cut.

    ``link``, ``ethernet`` and ``network`` belong to the program that counts plain frames by itself: what it
    compares a frame with.  Every plain frame has ``link_header`` bytes before IP, and ``plain_headers`` bytes of IP
    and transport headers; in TCP these may differ from frame to frame where ``plain_bytes`` sums IP's lengths.
    Where it does not, they follow from ``plain_packets`` and the numbers gone through.  ``next_sequence`` is None for
    what is no TCP; it may have grown beyond 32 bits, and then no frame equals it.  ``number`` is what frames may be
    known by without their addresses, 0 for none; such a flow is not forgotten.  ``curve`` is free for whoever draws
    flows over time.
    """

    group: Group
    next_sequence: int | None
    link: int = 0
    ethernet: bytes = b""
    network: int = 0
    plain_packets: int = 0
    plain_bytes: int = 0
    link_header: int = ETHERNET_HEADER
    plain_headers: int = 28
    frame_bytes: int = 0
    ip_bytes: int = 0
    payload_bytes: int = 0
    packets: int = 0
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0
    last_ns: int = 0
    connection: Connection | None = None
    index_key: bytes | None = None
    number: int = 0
    curve: object = None
    drawn_bytes: int = 0
    drawn_packets: int = 0
    _settled_sequence: int = UNKNOWN
    _has_reached: bool = False
    _initial_sequence: int | None = None

    def count(self, packet: Packet, frame_bytes: int) -> None:
        """Add one frame."""
        self.packets += 1
        self.frame_bytes += frame_bytes
        self.ip_bytes += packet.ip_bytes
        self.payload_bytes += packet.payload_bytes

    def count_out_of_turn(self, place: tuple[int, int], ip_bytes: int, padding: int, time_ns: int) -> None:
        """Add a plain segment of TCP that is not the next one: sent again, or behind a gap.

        ``place`` is its sequence number and its payload; ``padding`` fills the frame up behind IP.
        """
        sequence, payload = place
        headers = ip_bytes - payload
        self.packets += 1
        self.ip_bytes += headers
        self.frame_bytes += self.link_header + headers + padding
        self.follow_out_of_turn(sequence, payload, time_ns)

    def follow_out_of_turn(self, sequence: int, payload: int, time_ns: int) -> None:
        """Add the payload of such a segment, whose frame is counted with the plain ones that come in turn."""
        self.settle()
        self.payload_bytes += payload
        self.ip_bytes += payload
        self.frame_bytes += payload
        self.last_ns = time_ns
        self.follow(sequence, payload, ACK)

    def settle(self) -> None:
        """Bring what was counted as plain frames into the sums."""
        packets, ip_bytes = self.plain_packets, self._plain_ip_bytes()
        self.plain_packets = self.plain_bytes = 0
        self.packets += packets
        self.ip_bytes += ip_bytes
        self.frame_bytes += ip_bytes + packets * self.link_header
        if self.next_sequence is None:
            self.payload_bytes += ip_bytes - packets * self.plain_headers
        elif self.next_sequence != self._settled_sequence:
            self.payload_bytes += self.next_sequence - self._settled_sequence
            self._go_on_at(self.next_sequence)
            self._has_reached = True

    def _plain_ip_bytes(self) -> int:
        """The IP lengths of the plain frames: where nobody has summed them, headers and payloads."""
        if self.plain_bytes or self.next_sequence is None:
            return self.plain_bytes
        return self.plain_packets * self.plain_headers + self.next_sequence - self._settled_sequence

    def draw(self) -> tuple[int, int]:
        """The frame bytes, and the frames, that were counted since it was drawn or cut for the last time."""
        counted = self.frame_bytes
        if self.plain_packets:
            counted += self._plain_ip_bytes() + self.plain_packets * self.link_header
        packets = self.packets + self.plain_packets
        drawn = counted - self.drawn_bytes, packets - self.drawn_packets
        self.drawn_bytes, self.drawn_packets = counted, packets
        return drawn

    def take(self) -> Totals:
        """What was counted since the last time; counting begins anew."""
        self.settle()
        taken = Totals(
            self.frame_bytes,
            self.ip_bytes,
            self.payload_bytes,
            self.packets,
            self.retransmissions,
            self.connections,
            self.short_connections,
        )
        self.frame_bytes = self.ip_bytes = self.payload_bytes = self.packets = 0
        self.drawn_bytes = self.drawn_packets = 0
        self.retransmissions = self.connections = self.short_connections = 0
        return taken

    def restart(self, connection: Connection) -> None:
        """Begin a connection's sequence numbers anew."""
        self.settle()
        self.connection = connection
        self.next_sequence = self._settled_sequence = UNKNOWN
        self._has_reached = False
        self._initial_sequence = None

    def begins_anew(self, sequence: int) -> bool:
        """Whether a SYN with this number, and without ACK, opens another connection than the known one."""
        known = self.connection
        return known is None or (known.ended and self._initial_sequence != sequence)

    def synchronise(self, sequence: int) -> None:
        """Remember the number of a SYN."""
        self._initial_sequence = sequence

    def follow(self, sequence: int, taken: int, flags: int) -> None:
        """Follow TCP's numbers: a segment at ``sequence`` that takes up ``taken`` of them."""
        if self.next_sequence is None:
            return
        if self.next_sequence != self._settled_sequence:
            self.settle()
        highest = self.next_sequence
        if not self._has_reached:
            self._go_on_at(sequence + taken)
            self._has_reached = taken > 0
            return
        if taken and 0 < (highest - sequence) % _SERIAL < _HALF_SERIAL:
            is_keep_alive = taken == 1 and (highest - sequence) % _SERIAL == 1
            self.retransmissions += not is_keep_alive or bool(flags & (SYN | FIN | RST))
        if 0 < (sequence + taken - highest) % _SERIAL < _HALF_SERIAL and taken:
            self._go_on_at(sequence + taken)

    def _go_on_at(self, sequence: int) -> None:
        self.next_sequence = self._settled_sequence = sequence % _SERIAL

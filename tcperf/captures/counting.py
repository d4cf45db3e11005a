"""Counting a capture's frames into rows of traffic: the hot path of ``tcperf analyze``.

A frame that is like its flow's earlier ones (same link header, same addresses and ports, no fragment, not longer
by IP's header than it is) is counted here by a few fields, fastest where TCP goes on where it was; every other
goes through ``tcperf.frames``, which knows the rules.  Both count alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import Final

from attrs import frozen

from tcperf.captures.attribution import Attribution
from tcperf.captures.links import LinkType, Located
from tcperf.captures.records import Interface, Record, Records
from tcperf.frames.flow import Flow, Group
from tcperf.frames.flows import Flows
from tcperf.frames.parse import ACK, ETHERTYPE_IPV4, ETHERTYPE_IPV6, PSH, TCP, UDP, Packet, parse
from tcperf.frames.rows import Ports, Table
from tcperf.traffic import OUTSIDE, Role, Traffic

#: Frames between two cuts, in which ended flows are forgotten.
_BATCH: Final = 50_000
#: Flows forgets by the frames' time, which a capture may get wrong: with more than these it begins anew.
_MOST_FLOWS: Final = 150_000
#: A run has a dozen phases.
_MOST_MARKS, _MOST_ROWS = 1000, 200_000
_IS_FRAGMENT: Final = 0x3FFF
_IPV4_BYTES, _IPV6_BYTES, _TCP_BYTES, _UDP_BYTES = 20, 40, 20, 8
_IPV4_NO_OPTIONS, _IPV6 = 0x45, 6
#: The header's length of a plain TCP segment by its data offset with the flags: ACK, with or without PSH.
_PLAIN_TCP: Final = {
    offset << 12 | flags: offset * 4 for offset in range(5, 16) for flags in (ACK, ACK | PSH)
}
_PLAIN_IPV4: Final = {word: _IPV4_BYTES + header for word, header in _PLAIN_TCP.items()}
_PLAIN_IPV6: Final = {word: _IPV6_BYTES + header for word, header in _PLAIN_TCP.items()}
_UDP_IPV4_BYTES: Final = _IPV4_BYTES + _UDP_BYTES
_TRANSPORTS: Final = {"tcp": (TCP, _TCP_BYTES), "udp": (UDP, _UDP_BYTES)}
#: Behind a short frame: no value that is read there counts.
_PADDING: Final = bytes(128)


@frozen
class GivenPorts(Ports):
    """Roles by the ports that somebody named, whoever has them."""

    given_control: frozenset[int] = frozenset()
    given_p2p: frozenset[int] = frozenset()

    def role(self, group: Group) -> Role:
        """What a group's frames were for."""
        ports = {group.source_port, group.target_port}
        if ports & self.given_control:
            return "control"
        return "p2p" if ports & self.given_p2p else "other"


class Counting:
    """Counts the frames of ``records``.

    ``begin_ns`` and ``end_ns`` are the earliest and latest frame's time (None before the first), ``unread`` the
    frames of link types that are not known, by the type's number; ``ignored_marks`` are beyond what can be
    followed in bounded time and memory.  ``overlong`` counts frames whose IP header claims more bytes than there
    are.  ``links`` are those that frames were of.
    """

    def __init__(self, records: Records, ports: Ports) -> None:
        self.begin_ns: int | None = None
        self.end_ns: int | None = None
        self.unread: dict[int, int] = {}
        self.ignored_marks = 0
        self.overlong = 0
        self.links: set[LinkType] = set()
        self._records = records
        self._attribution = Attribution(records.told)
        self._table = Table(ports)
        self._flows = Flows()
        self._phase = ""
        self._phases = {""}
        self._marks = 0
        records.on_phase = self._begin_phase

    def count(self) -> None:
        """Count all frames."""
        records = iter(self._records)
        while (first := next(records, None)) is not None:
            self._count_batch(chain((first,), islice(records, _BATCH)), first[1])
            self._cut(self.end_ns)
            if len(self._flows) > _MOST_FLOWS or len(self._flows.listening) > _MOST_FLOWS:
                self._flows = Flows()

    def rows(self) -> tuple[Traffic, ...]:
        """What was sent, from the senders' view."""
        return self._table.rows(self._attribution.senders, mirror=False)

    def _begin_phase(self, phase: str) -> None:
        self._marks += 1
        phases = len({*self._phases, phase})
        if self._marks > _MOST_MARKS or phases * len(self._attribution) > _MOST_ROWS:
            self.ignored_marks += 1
            return
        self._cut(None)
        self._phase = phase
        self._phases.add(phase)

    def _cut(self, time_ns: int | None) -> None:
        self._table.add(self._phase, self._flows.cut(time_ns))

    # One loop without calls: each would cost every frame.
    def _count_batch(self, records: Iterable[Record], first_ns: int) -> None:  # noqa: C901, PLR0912
        """Count some frames, the first of which is of ``first_ns``."""
        earliest = first_ns if self.begin_ns is None else self.begin_ns
        latest = first_ns if self.end_ns is None else self.end_ns
        index = self._flows.index
        for interface, time_ns, length, frame in records:
            if time_ns > latest:
                latest = time_ns
            elif time_ns < earliest:
                earliest = time_ns
            link = interface.link
            if link is None:
                self.unread[interface.link_number] = self.unread.get(interface.link_number, 0) + 1
                continue
            visible = len(frame)
            head, total, fragment, number, key, sequence, word = link.ipv4(
                frame if visible >= link.ipv4_bytes else frame + _PADDING
            )
            flow = index.get(key)
            if (
                flow is not None
                and head == flow.ethernet
                and not fragment & _IS_FRAGMENT
                and flow.link == interface.place + number
                and visible >= flow.network
            ):
                # Ethernet's; below 0, IP's header claims too much.
                padding = length - total - flow.link_header
                if sequence == flow.next_sequence:
                    header = _PLAIN_IPV4.get(word)
                    if header is not None and header <= total and padding >= 0:
                        flow.next_sequence = sequence + total - header
                        flow.plain_packets += 1
                        flow.plain_bytes += total
                        if padding:
                            flow.frame_bytes += padding
                        continue
                elif flow.next_sequence is None:
                    if total >= _UDP_IPV4_BYTES and padding >= 0:
                        flow.plain_packets += 1
                        flow.plain_bytes += total
                        if padding:
                            flow.frame_bytes += padding
                        continue
                elif (header := _PLAIN_IPV4.get(word)) is not None and header <= total and padding >= 0:
                    flow.count_out_of_turn((sequence, total - header), total, padding, time_ns)
                    continue
            seen = time_ns, length, frame
            if head[-1] >> 4 != _IPV6 or not self._count_ipv6(interface, link, seen):
                self._count_slowly(interface, link, seen)
        self.begin_ns, self.end_ns = earliest, latest

    def _count_ipv6(self, interface: Interface, link: LinkType, seen: tuple[int, int, bytes]) -> bool:
        """Count a frame with IPv6, if it is plain."""
        time_ns, length, frame = seen
        visible = len(frame)
        head, behind, number, key, sequence, word = link.ipv6(
            frame if visible >= link.ipv6_bytes else frame + _PADDING
        )
        flow = self._flows.index.get(key)
        if (
            flow is None
            or head != flow.ethernet
            or flow.link != interface.place + number
            or visible < flow.network
        ):
            return False
        total = _IPV6_BYTES + behind
        padding = length - total - flow.link_header
        if padding < 0:
            return False
        if flow.next_sequence is not None:
            header = _PLAIN_IPV6.get(word)
            if header is None or header > total:
                return False
            if sequence != flow.next_sequence:
                flow.count_out_of_turn((sequence, total - header), total, padding, time_ns)
                return True
            flow.next_sequence = sequence + total - header
        elif total < flow.plain_headers:
            return False
        flow.plain_packets += 1
        flow.plain_bytes += total
        flow.frame_bytes += padding
        return True

    def _count_slowly(self, interface: Interface, link: LinkType, seen: tuple[int, int, bytes]) -> None:
        self.links.add(link)
        time_ns, length, frame = seen
        located = link.locate(frame)
        packet = parse(frame, located.offset, located.ethertype, length - interface.fcs_bytes)
        self.overlong += packet.is_overlong
        ends = self._attribution.ends(interface, located, packet, frame)
        flow = self._flows.add(*ends, packet, length - interface.fcs_bytes, time_ns)
        if flow.index_key is None and OUTSIDE not in ends and not interface.fcs_bytes:
            self._remember(flow, interface, (located, packet, frame))

    def _remember(self, flow: Flow, interface: Interface, read: tuple[Located, Packet, bytes]) -> None:
        """Let the next plain frame of a flow be known by its bytes."""
        located, packet, frame = read
        number, transport_bytes = _TRANSPORTS.get(packet.protocol, (0, 0))
        at = located.offset
        if packet.fragment is not None or not number or at >= len(frame):
            return
        if located.ethertype == ETHERTYPE_IPV4 and frame[at] == _IPV4_NO_OPTIONS:
            header, key = _IPV4_BYTES, frame[at + 12 : at + 24]
        elif located.ethertype == ETHERTYPE_IPV6 and frame[at + 6] == number:
            header, key = _IPV6_BYTES, frame[at + 8 : at + 44]
        else:
            return
        flow.ethernet = frame[: at + 1]
        flow.link = interface.place + number
        flow.network = at + header + transport_bytes
        flow.link_header = at
        flow.plain_headers = header + _UDP_BYTES
        self._flows.register(key, flow)

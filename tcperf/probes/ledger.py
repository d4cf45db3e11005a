"""The ledger: counts the frames of a ring's batches, to their senders and receivers.

Who sent a frame is told by the leg it came in by, not by an address in it; who is to get it, by its hardware
address.  ``Ledger.count`` is the hot path: it knows plain frames by what the filter made of them
(``capture_filter.TAGS``; the filter has compared the leg and all addresses with the hosts', so that IP's addresses
and the ports tell the flow), and leaves every frame that differs in any way to ``tcperf.frames``.
"""

from __future__ import annotations

import operator
import struct
import sys
from collections.abc import Hashable
from typing import Final, Protocol

from tcperf.clock import NS_PER_S
from tcperf.frames.flows import Flow, Flows
from tcperf.frames.parse import ETHERNET_HEADER, Packet, parse
from tcperf.model import BROADCAST, MULTICAST, OUTSIDE
from tcperf.network.packets import PACKET_OUTGOING
from tcperf.probes.capture_filter import TAGS
from tcperf.probes.ring import FRAME

_BROADCAST_ADDRESS: Final = b"\xff" * 6
#: Of a hardware address's first byte: it is that of a group, or of all.
_GROUP_BIT: Final = 1
#: Of struct tpacket2_hdr: status, length, kept length, time stamp, VLAN tag; of struct sockaddr_ll at 32: the
#: interface's index and the frame's direction.
_SLOT: Final = struct.Struct("=III4xIIHH8xi2xB")
_ADDRESSES: Final = struct.Struct(">6s6sH")
#: What tells a plain frame's flow and counts it: the kept length's lowest byte, in the machine's byte order; IP's
#: length; IP addresses and ports; TCP's number; up to 112.
_PLAIN: Final = (">8xB77x" if sys.byteorder == "little" else ">11xB74x") + "H8x12sI"
_PLAIN_BYTES: Final = 112
_KEY: Final = slice(96, 108)
#: Enough for every header that a plain frame has; in the slot, what the kernel did not keep is of no meaning, and
#: no field of a header that the filter has not checked is looked at.
_PLAIN_HEADERS: Final = 54
#: TP_STATUS_VLAN_VALID and TP_STATUS_VLAN_TPID_VALID: the kernel has taken a tag out of the frame.
_VLAN, _VLAN_TYPE = 1 << 4, 1 << 6
_VLAN_TAG: Final = struct.Struct(">HH")
_VLAN_DEFAULT: Final = 0x8100


class Keeper(Protocol):
    """Keeps frames in a file."""

    def keep(self, sender: Hashable, time_ns: int, length: int, frame: memoryview, packet: Packet) -> None:
        """Keep a frame, of which ``packet`` was read; ``length`` is its own, ``frame`` may be cut."""


class Ledger:
    """Counts frames in ``sent``, as they enter, and in ``left``, as they leave by a leg.

    ``tagged`` says that plain frames are marked by the length that the filter kept of them.
    """

    def __init__(self, slot_bytes: int, *, tagged: bool, keeper: Keeper | None = None) -> None:
        self.sent = Flows()
        self.left = Flows()
        self._slot_bytes = slot_bytes
        self._tagged = tagged
        self._keeper = keeper
        self._plain = struct.Struct(f"{_PLAIN}{slot_bytes - _PLAIN_BYTES}x")
        self._legs: dict[int, str] = {}
        self._addresses: dict[bytes, str] = {_BROADCAST_ADDRESS: BROADCAST}

    def host(self, name: str, leg: int, address: bytes) -> None:
        """Frames that come in by the interface ``leg`` are from ``name``, and those to ``address`` are for it."""
        self._legs[leg] = name
        self._addresses[address] = name

    def count(self, batch: memoryview) -> None:
        """Count a batch of slots."""
        index = self.sent.index
        frames = self._plain.iter_unpack(batch)
        for tag, ip_bytes, key, sequence in frames:
            try:
                flow = index[key]
            except KeyError:
                pass
            else:
                if tag == flow.network:
                    if sequence == flow.next_sequence:
                        # In this order, but one of the numbers is too large for the interpreter's short way.
                        flow.next_sequence = sequence + (ip_bytes - flow.plain_headers)
                        flow.plain_bytes += ip_bytes
                        continue
                    if flow.next_sequence is None:
                        flow.plain_bytes += ip_bytes
                        flow.plain_packets += 1
                        continue
            # The iterator knows how many slots it has left: counting them here would cost every frame.
            self._count_slowly(batch[len(batch) - (operator.length_hint(frames) + 1) * self._slot_bytes :])

    def _count_slowly(self, slot: memoryview) -> None:
        status, length, kept, seconds, nanoseconds, tag, tag_type, interface, direction = _SLOT.unpack_from(
            slot
        )
        is_plain = self._tagged and kept in TAGS
        frame = slot[FRAME : FRAME + (_PLAIN_HEADERS if is_plain else kept)]
        target, source, ethertype = _ADDRESSES.unpack_from(slot, FRAME)
        packet = parse(frame, ETHERNET_HEADER, ethertype, length)
        if status & _VLAN:
            length += _VLAN_TAG.size
        time_ns = seconds * NS_PER_S + nanoseconds
        leg = self._legs.get(interface, OUTSIDE)
        if direction == PACKET_OUTGOING:
            sender, to_all = self._addresses.get(source, OUTSIDE), bool(target[0] & _GROUP_BIT)
            self.left.add(sender, leg, packet, length, time_ns, to_all=to_all)
            return
        receiver = self._receiver(target)
        flow = self.sent.add(leg, receiver, packet, length, time_ns)
        if is_plain and flow.index_key is None and OUTSIDE not in {leg, receiver}:
            self._remember(flow, slot, kept)
        if self._keeper is not None:
            if status & _VLAN:
                kind = tag_type if status & _VLAN_TYPE else _VLAN_DEFAULT
                frame, packet = _with_tag(frame, packet, _VLAN_TAG.pack(kind, tag))
            self._keeper.keep(leg, time_ns, length, frame, packet)

    def _receiver(self, address: bytes) -> str:
        known = self._addresses.get(address)
        if known is not None:
            return known
        return MULTICAST if address[0] & _GROUP_BIT else OUTSIDE

    def _remember(self, flow: Flow, slot: memoryview, kept: int) -> None:
        """Let ``count`` know the flow's plain frames when it sees them."""
        flow.network = kept
        flow.plain_headers = TAGS[kept]
        self.sent.register(bytes(slot[_KEY]), flow)


def _with_tag(frame: memoryview, packet: Packet, tag: bytes) -> tuple[memoryview, Packet]:
    """The frame with its VLAN tag back in its place, behind the addresses."""
    whole = memoryview(b"".join((frame[:12], tag, frame[12:])))
    return whole, packet._replace(header_end=packet.header_end + len(tag))

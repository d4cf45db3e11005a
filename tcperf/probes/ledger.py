"""The ledger: counts the frames of a ring's batches, to their senders and receivers.

Who sent a frame is told by the leg it came in by, not by an address in it; who is to get it, by its hardware
address.  ``Ledger.count`` is the hot path.  What the filter made of a frame (``capture_filter``) is in its kept
length: a busy flow's number, and then its length and TCP's sequence number are all there is to look at; or the tag
of a plain frame, and then IP's addresses and the ports tell the flow, for the filter has compared the leg and all
addresses with the hosts'.  Every frame that differs in any way is left to ``tcperf.frames``.
"""

from __future__ import annotations

import operator
import struct
import sys
from array import array
from typing import TYPE_CHECKING, Final

from tcperf.clock import NS_PER_S
from tcperf.frames.flows import Flow, Flows, Group, Totals
from tcperf.frames.parse import ETHERNET_HEADER, parse
from tcperf.network.copies import Joined
from tcperf.network.packets import PACKET_OUTGOING
from tcperf.probes import vlan_tag
from tcperf.probes.capture_filter import TAGS, NumberedFlow
from tcperf.probes.floods import Copy, Floods
from tcperf.probes.flow_numbers import FIRST_TCP, LEAST_OF_TCP, OTHER, FlowNumbers
from tcperf.probes.ring import FRAME
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE

if TYPE_CHECKING:
    from tcperf.probes.kept_capture import Keeper

_BROADCAST_ADDRESS: Final = b"\xff" * 6
#: Of a hardware address's first byte: it is that of a group, or of all.
_GROUP_BIT: Final = 1
#: Of struct tpacket2_hdr: status, length, kept length, time stamp, VLAN tag; of struct sockaddr_ll at 32: the
#: interface's index and the frame's direction.
_SLOT: Final = struct.Struct("=III4xIIHH8xi2xB")
_STAMP: Final = struct.Struct("=16xII")
_ADDRESSES: Final = struct.Struct(">6s6sH")
#: What tells a plain frame's flow and counts it: the kept length's lowest byte, in the machine's byte order; IP's
#: length; IP addresses and ports; TCP's number; up to 112.
_PLAIN: Final = (">8xB77x" if sys.byteorder == "little" else ">11xB74x") + "H8x12sI"
_PLAIN_BYTES: Final = 112
_KEY: Final = slice(96, 108)
_TARGET: Final = slice(FRAME, FRAME + 6)
_NONE: Final = 0
_ALWAYS: Final = Joined()
#: The frame's length and the kept length are neighbours: a head.  Of the latter, the lowest byte.
_LENGTH, _HEAD = 4, 8
_HEAD_END: Final = _LENGTH - _HEAD
_KEPT: Final = 8 if sys.byteorder == "little" else 11
#: In words: TCP's sequence number.
_WORD: Final = 4
_SEQUENCE: Final = 27
#: So few frames without a number, one of so many, are best looked at one by one: measured, it turns about there.
_FEW: Final = 8
#: Enough for every header that a plain frame has; in the slot, what the kernel did not keep is of no meaning, and
#: no field of a header that the filter has not checked is looked at.
_PLAIN_HEADERS: Final = 54


class Ledger:
    """Counts frames in ``sent``, as they enter, and in ``left``, as they leave by a leg.

    ``tagged`` says that plain frames are marked by the length that the filter kept of them.  Frames on the interface
    ``bridge`` were flooded; those that leave are not to come, too, then.
    """

    def __init__(
        self, slot_bytes: int, *, tagged: bool, bridge: int = _NONE, keeper: Keeper | None = None
    ) -> None:
        self.sent = Flows()
        self.left = Flows()
        self._slot_bytes = slot_bytes
        self._tagged = tagged
        self._keeper = keeper
        self._plain = struct.Struct(f"{_PLAIN}{slot_bytes - _PLAIN_BYTES}x")
        self._numbers = FlowNumbers()
        self._unnumbered = 0
        self._bridge = bridge
        self._floods = Floods()
        self._legs: dict[int, str] = {}
        self._addresses: dict[bytes, str] = {_BROADCAST_ADDRESS: BROADCAST}

    def host(self, name: str, leg: int, address: bytes, joined: Joined = _ALWAYS) -> dict[str, Flows]:
        """Frames that come in by the interface ``leg`` are from ``name``, and those to ``address`` are for it.

        What it got of the frames that have been counted already, by their phase: the caller's to cut.
        """
        self._legs[leg] = name
        self._addresses[address] = name
        late: dict[str, Flows] = {}
        for copy in self._floods.join(leg, name, address, joined.missed_packets):
            self._add_copy(late.setdefault(copy.frame.phase, Flows()), copy)
        return late

    def enter(self, phase: str) -> None:
        """Frames to be counted from now on are of another phase."""
        self._floods.phase = phase

    @property
    def copies_unseen(self) -> int:
        """How many more copies there were than flooded frames, of each of which one was captured."""
        return self._floods.copies - self._floods.frames

    def numbered(self) -> list[NumberedFlow]:
        """The flows whose frames the filter may number."""
        return self._numbers.for_filter()

    def number_busy(self) -> bool:
        """Give numbers to flows that were busy since the last cut; whether there are new ones for the filter."""
        if self._unnumbered < self._numbers.look_after:
            return False
        self._unnumbered = 0
        return self._numbers.number(self.sent.index.values())

    def cut(self, time_ns: int) -> tuple[list[tuple[Group, Totals]], list[tuple[Group, Totals]]]:
        """What was sent and what has left since the last cut, as ``Flows.cut`` has it."""
        self._unnumbered = 0
        return self.sent.cut(time_ns), self.left.cut(time_ns)

    def count(self, batch: memoryview) -> None:
        """Count a batch of slots."""
        if not self._numbers.given:
            self._unnumbered += len(batch) // self._slot_bytes
            self._count_by_key(batch)
            return
        # One look at every slot for both: most of what this costs is getting at the memory.
        heads = batch[_LENGTH:_HEAD_END].cast("Q")[:: self._slot_bytes // _HEAD].tobytes()
        codes = heads[_KEPT - _LENGTH :: _HEAD].translate(self._numbers.codes)
        lengths = memoryview(heads).cast("I")[:: _HEAD // _WORD].tolist()
        others = codes.count(OTHER)
        self._unnumbered += others
        if others * _FEW <= len(codes):
            self._count_by_number(batch, codes, lengths)
            return
        self._count_by_key(batch)
        if self._numbers.datagrams:
            self._add_datagrams(codes, lengths)

    def _count_by_number(self, batch: memoryview, codes: bytes, lengths: list[int]) -> None:
        """Count slots of which most have numbers."""
        sequences = array("I", batch.cast("I")[_SEQUENCE :: self._slot_bytes // _WORD].tobytes())
        if sys.byteorder == "little":
            sequences.byteswap()
        flows, heads, first_tcp = self._numbers.flows, self._numbers.heads, FIRST_TCP
        sums, rest = [0] * first_tcp, iter(lengths)
        for code, length, sequence in zip(codes, rest, sequences, strict=True):
            if code < first_tcp:
                sums[code] = sums[code] + length
            elif sequence == (flow := flows[code]).next_sequence:
                # In this order, but one of the numbers is too large for the interpreter's short way.
                flow.next_sequence = sequence + (length - heads[code])
            else:
                slot = self._slot(batch, operator.length_hint(rest))
                if code == OTHER:
                    self._count_by_key(slot)
                else:
                    flow.follow_out_of_turn(sequence, length - heads[code], _time_ns(slot))
        self._numbers.add_segments(codes)
        self._numbers.add_datagrams(codes, sums)

    def _add_datagrams(self, codes: bytes, lengths: list[int]) -> None:
        """Count the datagrams that have a number."""
        sums = [0] * (OTHER + 1)
        for code, length in zip(codes, lengths, strict=True):
            sums[code] = sums[code] + length
        self._numbers.add_datagrams(codes, sums)

    def _count_by_key(self, batch: memoryview) -> None:
        """Count slots by their addresses and ports, but for datagrams that have a number: there are none to see."""
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
                        flow.next_sequence = sequence + (ip_bytes - flow.plain_headers)
                        flow.plain_packets += 1
                        continue
                    if flow.next_sequence is None:
                        flow.plain_bytes += ip_bytes
                        flow.plain_packets += 1
                        continue
                elif tag == flow.number and tag >= LEAST_OF_TCP:
                    flow.plain_packets += 1
                    if sequence == flow.next_sequence:
                        flow.next_sequence = sequence + (ip_bytes - flow.plain_headers)
                    else:
                        time_ns = _time_ns(self._slot(batch, operator.length_hint(frames)))
                        flow.follow_out_of_turn(sequence, ip_bytes - flow.plain_headers, time_ns)
                    continue
            if tag not in self._numbers.datagrams:
                self._count_slowly(self._slot(batch, operator.length_hint(frames)))

    def _slot(self, batch: memoryview, left: int) -> memoryview:
        """The slot behind which so many are left.

        Iterators know that: to count slots would cost every frame.
        """
        begin = len(batch) - (left + 1) * self._slot_bytes
        return batch[begin : begin + self._slot_bytes]

    def _count_slowly(self, slot: memoryview) -> None:
        status, length, kept, seconds, nanoseconds, *vlan, interface, direction = _SLOT.unpack_from(slot)
        is_plain = self._tagged and kept in TAGS
        frame = slot[FRAME : FRAME + (_PLAIN_HEADERS if is_plain else kept)]
        target, source, ethertype = _ADDRESSES.unpack_from(slot, FRAME)
        packet = parse(frame, ETHERNET_HEADER, ethertype, length)
        time_ns = seconds * NS_PER_S + nanoseconds
        if interface == self._bridge:
            for copy in self._floods.flood(target + source, time_ns, packet, length):
                self._add_copy(self.left, copy)
            return
        tag = vlan_tag.taken_out(status, *vlan)
        length += len(tag)  # which the interfaces count where a frame enters, and not where it leaves
        leg = self._legs.get(interface, OUTSIDE)
        if direction == PACKET_OUTGOING:
            sender, to_all = self._addresses.get(source, OUTSIDE), bool(target[0] & _GROUP_BIT)
            self.left.add(sender, leg, packet, length, time_ns, to_all=to_all)
            return
        if target[0] & _GROUP_BIT:
            self._floods.enter(interface, target + source)
        receiver = self._receiver(target)
        flow = self.sent.add(leg, receiver, packet, length, time_ns)
        if is_plain and flow.index_key is None and OUTSIDE not in {leg, receiver}:
            self._remember(flow, slot, kept, interface)
        if self._keeper is not None:
            if tag:
                frame, packet = vlan_tag.put_back(tag, frame, packet)
            self._keeper.keep(leg, time_ns, length, frame, packet)

    def _add_copy(self, flows: Flows, copy: Copy) -> None:
        receiver, frame = copy
        sender = self._legs.get(frame.leg, OUTSIDE)
        flows.add(sender, receiver, frame.packet, frame.length, frame.time_ns, to_all=True)

    def _receiver(self, address: bytes) -> str:
        known = self._addresses.get(address)
        if known is not None:
            return known
        return MULTICAST if address[0] & _GROUP_BIT else OUTSIDE

    def _remember(self, flow: Flow, slot: memoryview, kept: int, leg: int) -> None:
        """Let ``count`` know the flow's plain frames when it sees them."""
        flow.link = leg
        flow.ethernet = bytes(slot[_TARGET])
        flow.network = kept
        flow.plain_headers = TAGS[kept]
        self.sent.register(bytes(slot[_KEY]), flow)


def _time_ns(slot: memoryview) -> int:
    """When its frame was stamped."""
    seconds, nanoseconds = _STAMP.unpack_from(slot)
    stamp: int = seconds * NS_PER_S + nanoseconds
    return stamp

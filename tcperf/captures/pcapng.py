"""pcapng files: sections of either byte order, any number of interfaces, each with its link type and clock.

dpkt says how blocks are laid out; its own reader knows one interface a file and drops the frames' original
length, so the blocks are walked here.  What a block claims is believed only as far as it fits into it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from dpkt import pcapng

from tcperf.captures import blocks
from tcperf.captures.marks import phase_of
from tcperf.captures.pcap import ending
from tcperf.captures.records import LONGEST_FRAME, Cut, Record, Told, ignore
from tcperf.captures.sections import DamagedBlockError, Section, order_of
from tcperf.captures.source import Source, refuse

#: Wireshark's limit of a block; the longest are those that hold keys or names.
_LONGEST_BLOCK: Final = 16 << 20
_SHORTEST_BLOCK: Final = 12
_EPB, _SHB = pcapng.PCAPNG_BT_EPB, pcapng.PCAPNG_BT_SHB


_MAGIC: Final[bytes] = _SHB.to_bytes(4, "big")


def _layouts(block: Any) -> dict[str, struct.Struct]:
    """The fields of one of dpkt's blocks but the length at its end, in both byte orders."""
    fields = block.__hdr_fmt__[1:-1]
    return {order: struct.Struct(order + fields) for order in "<>"}


_PACKET: Final = _layouts(pcapng.EnhancedPacketBlock)
_OLD_PACKET: Final = _layouts(pcapng.PacketBlock)
#: Type, block length, original length (section 4.4): dpkt does not know it.
_SIMPLE_PACKET: Final = {order: struct.Struct(f"{order}III") for order in "<>"}
_HEAD: Final = {order: struct.Struct(f"{order}II") for order in "<>"}
_TRAILER_BYTES: Final = 4
_PACKET_BYTES: Final = _PACKET["<"].size
_SHORTEST_PACKET: Final = _PACKET_BYTES + _TRAILER_BYTES
_SIMPLE_BYTES: Final = _SIMPLE_PACKET["<"].size
_TOO_SHORT: Final = "a packet block is too short for its header"


def is_pcapng(first: bytes) -> bool:
    """Whether a file that begins so is a pcapng file."""
    return first[:4] == _MAGIC


class PcapngRecords:
    """The records of a pcapng file, whose first bytes ``first`` were read already."""

    def __init__(self, source: Source, first: bytes) -> None:
        self.cut: Cut | None = None
        self.told = Told()
        self.on_phase: Callable[[str], object] = ignore
        self._source = source
        self._data = first
        self._latest_ns = 0
        try:
            self._section = self._begin()
        except DamagedBlockError as error:
            raise refuse(source.name, str(error)) from None

    def _begin(self) -> Section:
        """The first section; its header is read as far as it is needed."""
        length = _section_length(self._data, 0)
        _believe(length)
        while len(self._data) < length:
            more = self._source.read()
            if not more:
                raise DamagedBlockError(f"it ends inside of its header: it has {len(self._data)} bytes")
            self._data += more
        return Section(self._data[:length], self.told)

    def __iter__(self) -> Iterator[Record]:
        data, offset, at = self._data, 0, 0
        try:
            while True:
                end = len(data)
                head = _HEAD[self._section.order].unpack_from
                while at + _SHORTEST_BLOCK <= end:
                    kind, total = head(data, at)
                    if kind == _SHB:  # its length is in the byte order that it begins
                        total = _section_length(data, at)
                    following = at + total
                    if following > end or total & 3 or total < _SHORTEST_BLOCK:
                        _believe(total)
                        break
                    if kind == _EPB:
                        yield self._packet(data, at, following)
                    elif kind == _SHB:
                        self._section = Section(data[at:following], self.told)
                        head = _HEAD[self._section.order].unpack_from
                    elif (record := self._other(kind, data[at:following])) is not None:
                        yield record
                    at = following
                offset += at
                more = self._source.read()
                if not more:
                    break
                data, at = data[at:] + more, 0
        except DamagedBlockError as error:
            self.cut = Cut(offset + at, str(error))
            return
        self.cut = ending(self._source, offset, end - at)

    def _packet(self, data: bytes, at: int, following: int) -> Record:
        """The record of an enhanced packet block, the one that is written today."""
        if following - at < _SHORTEST_PACKET:
            raise DamagedBlockError(_TOO_SHORT)
        section = self._section
        _, total, number, high, low, kept, length = _PACKET[section.order].unpack_from(data, at)
        body = at + _PACKET_BYTES
        options = body + kept + (-kept & 3)
        last = following - _TRAILER_BYTES
        if options > last or kept > LONGEST_FRAME or data[last:following] != data[at + 4 : at + 8]:
            raise DamagedBlockError(f"a packet block of {total:,} bytes claims to hold a frame of {kept:,}")
        if number >= len(section.interfaces):
            raise DamagedBlockError(f"a packet is of interface {number}, which is not described")
        if section.ours and options < last:
            self._marks(data[options:last])
        clocked = section.interfaces[number]
        time_ns = (high << 32 | low) * clocked.multiplier // clocked.divisor + clocked.offset_ns
        self._latest_ns = time_ns
        return clocked.interface, time_ns, max(length, kept), data[body : body + kept]

    def _marks(self, options: bytes) -> None:
        for comment in self._section.comments(options):
            phase = phase_of(comment)
            if phase is not None:
                self.on_phase(phase)

    def _other(self, kind: int, block: bytes) -> Record | None:
        """The record of one of the rarer packet blocks; None for a block that is none, but may tell something."""
        if kind == pcapng.PCAPNG_BT_PB:
            return self._old_packet(block)
        if kind == pcapng.PCAPNG_BT_SPB:
            return self._simple_packet(block)
        if kind == pcapng.PCAPNG_BT_IDB:
            self._section.describe(block)
        elif kind == blocks.NAME_RESOLUTION:
            self._section.names(block)
        elif kind == blocks.INTERFACE_STATISTICS:
            self._section.statistics(block)
        return None

    def _old_packet(self, block: bytes) -> Record:
        """The packet block that preceded the enhanced one: the interface has 16 bits, the drops the other 16."""
        if len(block) < _SHORTEST_PACKET:
            raise DamagedBlockError(_TOO_SHORT)
        order = self._section.order
        _, _, number, _, *rest = _OLD_PACKET[order].unpack_from(block)
        enhanced = _PACKET[order].pack(_EPB, len(block), number, *rest) + block[_PACKET_BYTES:]
        return self._packet(enhanced, 0, len(enhanced))

    def _simple_packet(self, block: bytes) -> Record:
        """A simple packet block: of the first interface, without a time, for which the one before it serves."""
        if not self._section.interfaces or len(block) < _SIMPLE_BYTES + _TRAILER_BYTES:
            raise DamagedBlockError("a simple packet has no interface or no length")
        _, _, length = _SIMPLE_PACKET[self._section.order].unpack_from(block)
        clocked = self._section.interfaces[0]
        room = len(block) - _SIMPLE_BYTES - _TRAILER_BYTES
        kept = min(length, room, clocked.snap_length or LONGEST_FRAME)
        return clocked.interface, self._latest_ns, length, block[_SIMPLE_BYTES : _SIMPLE_BYTES + kept]


def _section_length(data: bytes, at: int) -> int:
    """The length of a section header block, by the byte order that it begins."""
    order = order_of(data[at : at + _SHORTEST_BLOCK])
    return int(_HEAD[order].unpack_from(data, at)[1])


def _believe(total: int) -> None:
    """Raise DamagedBlockError where no block can be as long."""
    if total < _SHORTEST_BLOCK or total & 3 or total > _LONGEST_BLOCK:
        raise DamagedBlockError(f"a block claims to be {total:,} bytes long")

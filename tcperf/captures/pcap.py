"""pcap files: both byte orders, microseconds and nanoseconds, and the "modified" form with longer headers.

dpkt decodes the file header and says how a record's header is laid out; its own reader gives up the frames'
original length, which is what counts, and takes twice as long.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import dpkt
from dpkt import pcap

from tcperf.captures.links import LINK_TYPES
from tcperf.captures.records import LONGEST_FRAME, Cut, Interface, Record, Told, ignore
from tcperf.captures.source import Source, refuse
from tcperf.clock import NS_PER_S

HEADER_BYTES: Final[int] = pcap.FileHdr.__hdr_len__
_MAGIC_BYTES: Final = 4
_NANOSECOND: Final = (pcap.TCPDUMP_MAGIC_NANO, pcap.PMUDPCT_MAGIC_NANO)
_MICROSECOND_NS: Final = 1000
#: The link type's field has the link type in its lower half; where this bit is set, its upper four bits are
#: the length of the frame check sequence in 16-bit words (draft-ietf-opsawg-pcap, section 4).
_LINK_MASK, _HAS_FCS, _FCS_SHIFT = 0xFFFF, 1 << 26, 28


def is_pcap(first: bytes) -> bool:
    """Whether a file that begins so is a pcap file."""
    return len(first) >= _MAGIC_BYTES and int.from_bytes(first[:_MAGIC_BYTES], "big") in pcap.MAGIC_TO_PKT_HDR


class PcapRecords:
    """The records of a pcap file, whose first bytes ``first`` were read already."""

    def __init__(self, source: Source, first: bytes) -> None:
        self.cut: Cut | None = None
        self.told = Told()
        self.on_phase: Callable[[str], object] = ignore
        self._source = source
        self._first = first[HEADER_BYTES:]
        header = _file_header(source.name, first)
        magic = int.from_bytes(first[:_MAGIC_BYTES], "big")
        self._record = _record_header(pcap.MAGIC_TO_PKT_HDR[magic])
        self._unit_ns = 1 if magic in _NANOSECOND else _MICROSECOND_NS
        number = header.linktype & _LINK_MASK
        fcs = 2 * (header.linktype >> _FCS_SHIFT) if header.linktype & _HAS_FCS else 0
        self.interface = Interface(number, LINK_TYPES.get(number), fcs_bytes=fcs)

    def __iter__(self) -> Iterator[Record]:
        interface, unit_ns, unpack, size = (
            self.interface,
            self._unit_ns,
            self._record.unpack_from,
            self._record.size,
        )
        data, offset = self._first, HEADER_BYTES
        while True:
            at, end = 0, len(data)
            while (body := at + size) <= end:
                seconds, fraction, kept, length = unpack(data, at)
                if kept > LONGEST_FRAME:
                    self.cut = Cut(offset + at, f"a record claims to hold {kept:,} bytes")
                    return
                following = body + kept
                if following > end:
                    break
                if length < kept:  # noqa: PLR1730 - max() takes four times as long
                    length = kept  # of a program that did not fill it in
                yield interface, seconds * NS_PER_S + fraction * unit_ns, length, data[body:following]
                at = following
            offset += at
            more = self._source.read()
            if not more:
                break
            data = data[at:] + more
        self.cut = ending(self._source, offset, end - at)


def ending(source: Source, offset: int, rest: int) -> Cut | None:
    """How a file ended in which ``rest`` bytes at ``offset`` make no whole record."""
    if source.trouble is not None:
        return Cut(offset, source.trouble)
    return Cut(offset, f"the file ends inside of a record ({rest:,} bytes of it are there)") if rest else None


def _file_header(name: str, first: bytes) -> Any:
    """The file header, decoded by dpkt in its byte order."""
    try:
        header = pcap.FileHdr(first[:HEADER_BYTES])
        return pcap.LEFileHdr(first[:HEADER_BYTES]) if _is_little(header.magic) else header
    except dpkt.Error as error:
        raise refuse(name, f"it ends inside of its header: it has {len(first)} bytes") from error


def _is_little(magic: int) -> bool:
    return magic in {pcap.PMUDPCT_MAGIC, pcap.PMUDPCT_MAGIC_NANO, pcap.PACPDOM_MAGIC}


def _record_header(layout: Any) -> struct.Struct:
    """The first four fields of dpkt's record header: seconds, fraction, bytes kept, length."""
    order, fields = layout.__hdr_fmt__[0], 4
    first = struct.Struct(f"{order}{fields}I")
    return struct.Struct(f"{first.format}{layout.__hdr_len__ - first.size}x")

"""A section of a pcapng file: what its header and its interfaces say of the packets that follow.

dpkt lays out the fixed part of the blocks; their options are read here, for dpkt refuses a whole block for a
comment that is not UTF-8, and takes quadratic time for many options.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen
from dpkt import dpkt as dpkt_base
from dpkt import pcapng

from tcperf.captures import blocks
from tcperf.captures.links import LINK_TYPES
from tcperf.captures.marks import PROGRAM
from tcperf.captures.names import readable
from tcperf.captures.records import Interface, Told
from tcperf.clock import NS_PER_S

#: A machine has a few interfaces; what describes more of them, or names more addresses, is out to fill memory.
_MOST_INTERFACES: Final = 4096
_MOST_NAMES: Final = 100_000
_MAC_BYTES: Final = 6
#: Type, length, interface, time in two halves, length (section 4.6).
_SHORTEST_STATISTICS: Final = 24
_DEFAULT_RESOLUTION: Final = 6
_POWER_OF_TWO: Final = 0x80
_ADDRESS_BYTES: Final = {blocks.NRB_IPV4: 4, blocks.NRB_IPV6: 16}
_BYTE_ORDERS: Final = {
    pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "little"): "<",
    pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "big"): ">",
}
_LAYOUTS: Final[dict[str, tuple[Any, Any]]] = {
    "<": (pcapng.SectionHeaderBlockLE, pcapng.InterfaceDescriptionBlockLE),
    ">": (pcapng.SectionHeaderBlock, pcapng.InterfaceDescriptionBlock),
}


#: Of interfaces whose frames count otherwise than their bytes alone tell.
_PLACES: Final = itertools.count(256, 256)


class DamagedBlockError(Exception):
    """A block is not what it claims to be: reading ends before it."""


@frozen(eq=False)
class Clocked:
    """An interface, how much it kept of a frame (0: all), and what makes nanoseconds of its time stamps."""

    interface: Interface
    snap_length: int
    multiplier: int = 1000
    divisor: int = 1
    offset_ns: int = 0


def order_of(section_header: bytes) -> str:
    """The byte order of a section, "<" or ">", from its header's first 12 bytes."""
    try:
        return _BYTE_ORDERS[section_header[8:12]]
    except KeyError:
        raise DamagedBlockError("a section header has no byte order") from None


class Section:
    """The section that ``header``, a whole section header block, begins; ``told`` learns what it says."""

    def __init__(self, header: bytes, told: Told) -> None:
        self.order = order_of(header)
        self._told = told
        layout, self._description = _LAYOUTS[self.order]
        fixed = _fixed(layout, header)
        if fixed.v_major != pcapng.PCAPNG_VERSION_MAJOR:
            raise DamagedBlockError(f"pcapng version {fixed.v_major}.{fixed.v_minor} is not known")
        programs = [value for code, value in self._options(header, layout) if code == blocks.SHB_USERAPPL]
        self.ours = any(program.startswith(PROGRAM.encode()) for program in programs)
        self.interfaces: list[Clocked] = []
        self._lost: dict[int, int] = {}

    def describe(self, block: bytes) -> None:
        """Learn of an interface from its description."""
        if len(self.interfaces) == _MOST_INTERFACES:
            raise DamagedBlockError(f"more than {_MOST_INTERFACES} interfaces are described")
        fixed = _fixed(self._description, block)
        options = dict(self._options(block, self._description))
        self.interfaces.append(self._clocked(fixed.linktype, fixed.snaplen, options))
        interface = self.interfaces[-1].interface
        if interface.node is not None and interface.mac is not None and len(self._told.nodes) < _MOST_NAMES:
            self._told.nodes[interface.mac] = interface.node

    def _clocked(self, link_number: int, snap_length: int, options: dict[int, bytes]) -> Clocked:
        mac = options.get(blocks.IF_MACADDR, b"")
        name = readable(options.get(blocks.IF_NAME, b""))
        fcs_bytes = _byte(options.get(blocks.IF_FCSLEN, b""), 0) // 8
        interface = Interface(
            link_number,
            LINK_TYPES.get(link_number),
            node=name if self.ours and name else None,
            mac=mac if len(mac) == _MAC_BYTES else None,
            fcs_bytes=fcs_bytes,
            place=next(_PLACES) if self.ours or fcs_bytes else 0,
        )
        units = _units_per_second(_byte(options.get(blocks.IF_TSRESOL, b""), _DEFAULT_RESOLUTION))
        common = math.gcd(NS_PER_S, units)
        seconds = options.get(blocks.IF_TSOFFSET, b"")
        offset = struct.unpack(f"{self.order}q", seconds)[0] if len(seconds) == 8 else 0  # noqa: PLR2004
        return Clocked(interface, snap_length, NS_PER_S // common, units // common, offset * NS_PER_S)

    def statistics(self, block: bytes) -> None:
        """Learn from an interface statistics block how many frames were lost."""
        if len(block) < _SHORTEST_STATISTICS:
            raise DamagedBlockError(f"an interface's statistics in {len(block)} bytes are too short")
        (number,) = struct.unpack_from(f"{self.order}I", block, 8)
        lost = [
            struct.unpack(f"{self.order}Q", value)[0]
            for code, value in blocks.read_options(block[20:-4], self.order)
            if code in {blocks.ISB_IFDROP, blocks.ISB_OSDROP} and len(value) == 8  # noqa: PLR2004
        ]
        if lost and number < len(self.interfaces):  # a later block of an interface replaces the earlier one
            before, self._lost[number] = self._lost.get(number, 0), sum(lost)
            self._told.lost = (self._told.lost or 0) + self._lost[number] - before

    def names(self, block: bytes) -> None:
        """Learn the names of addresses from a name resolution block; the first name of each counts."""
        for kind, value in blocks.read_options(block[8:-4], self.order):
            size = _ADDRESS_BYTES.get(kind, len(value))
            name = readable(value[size:])
            if name and len(self._told.names) < _MOST_NAMES:
                self._told.names.setdefault(value[:size], name)

    def comments(self, options: bytes) -> Iterator[str]:
        """The comments among a packet's options, in order."""
        for code, value in blocks.read_options(options, self.order):
            if code == blocks.COMMENT:
                yield readable(value)

    def _options(self, block: bytes, layout: Any) -> Iterator[tuple[int, bytes]]:
        return blocks.read_options(block[layout.__hdr_len__ - 4 : -4], self.order)


def _fixed(layout: Any, block: bytes) -> Any:
    """The fixed fields of a block, by dpkt's layout."""
    fixed = layout()
    try:
        fixed.unpack_hdr(block)
    except (dpkt_base.Error, struct.error) as error:
        raise DamagedBlockError(f"a block of {len(block)} bytes is too short for its type") from error
    return fixed


def _byte(value: bytes, default: int) -> int:
    return value[0] if value else default


def _units_per_second(resolution: int) -> int:
    """Of an ``if_tsresol`` value: a negative power of 10, or of 2 where the highest bit is set."""
    exponent = resolution & ~_POWER_OF_TWO
    return 1 << exponent if resolution & _POWER_OF_TWO else int(10**exponent)

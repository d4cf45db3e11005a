"""What pcapng blocks are made of: types, option codes, and their bytes (draft-ietf-opsawg-pcapng).

Written here without dpkt, so that the process that measures need not import it; dpkt reads it back in the tests.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

#: Block types (section 4).
SECTION_HEADER: Final = 0x0A0D0D0A
INTERFACE_DESCRIPTION: Final = 1
NAME_RESOLUTION: Final = 4
INTERFACE_STATISTICS: Final = 5
ENHANCED_PACKET: Final = 6
BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
VERSION: Final = (1, 0)
#: Option codes (section 3.5 and those of each block).
END: Final = 0
COMMENT: Final = 1
SHB_USERAPPL: Final = 4
IF_NAME: Final = 2
IF_MACADDR: Final = 6
IF_TSRESOL: Final = 9
IF_FCSLEN: Final = 13
IF_TSOFFSET: Final = 14
ISB_STARTTIME: Final = 2
ISB_ENDTIME: Final = 3
ISB_IFRECV: Final = 4
ISB_IFDROP: Final = 5
ISB_OSDROP: Final = 7
#: Record types of a name resolution block (section 4.5).
NRB_IPV4, NRB_IPV6 = 1, 2

#: An option's length has 16 bits.
LONGEST: Final = 0xFFFF


def padded(data: bytes) -> bytes:
    """``data`` and as many zeros as make its length a multiple of four."""
    return data + bytes(-len(data) % 4)


def option(code: int, value: bytes) -> bytes:
    """One option or name record, little-endian; a value that is too long is cut."""
    cut = value[:LONGEST]
    return struct.pack("<HH", code, len(cut)) + padded(cut)


def text(code: int, value: str) -> bytes:
    """An option that holds text, in UTF-8."""
    return option(code, value.encode("utf-8", "replace")[:LONGEST])


def options(found: Iterable[bytes]) -> bytes:
    """All options of a block with the end mark; nothing where there are none."""
    made = b"".join(found)
    return made + bytes(4) if made else b""


def block(kind: int, body: bytes) -> bytes:
    """A whole block, little-endian: type, length, body, length (section 3.1)."""
    length = struct.pack("<I", 12 + len(body))
    return b"".join((struct.pack("<I", kind), length, body, length))


def read_options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option (or name record), in order, up to the end mark or to what does not fit."""
    head = struct.Struct(f"{order}HH")
    at = 0
    while at + head.size <= len(data):
        code, size = head.unpack_from(data, at)
        at += head.size
        if code == END or at + size > len(data):
            return
        yield code, data[at : at + size]
        at += size + (-size & 3)

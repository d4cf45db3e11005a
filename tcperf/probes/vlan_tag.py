"""The VLAN tag of a frame, which the kernel takes out and tells beside it (struct tpacket2_hdr, packet(7))."""

from __future__ import annotations

import struct
from typing import Final

from tcperf.frames.parse import Packet

#: TP_STATUS_VLAN_VALID and TP_STATUS_VLAN_TPID_VALID: there was a tag, and its type is told, too.
_TAKEN_OUT, _TYPE_IS_TOLD = 1 << 4, 1 << 6
_TAG: Final = struct.Struct(">HH")
_USUAL_TYPE: Final = 0x8100
#: Behind Ethernet's addresses.
_PLACE: Final = 12


def taken_out(status: int, control: int, kind: int) -> bytes:
    """The tag as it stood in the frame; empty where there was none."""
    if not status & _TAKEN_OUT:
        return b""
    return _TAG.pack(kind if status & _TYPE_IS_TOLD else _USUAL_TYPE, control)


def put_back(tag: bytes, frame: memoryview, packet: Packet) -> tuple[memoryview, Packet]:
    """The frame with its tag in its place, and what was read of it."""
    whole = memoryview(b"".join((frame[:_PLACE], tag, frame[_PLACE:])))
    return whole, packet._replace(header_end=packet.header_end + len(tag))

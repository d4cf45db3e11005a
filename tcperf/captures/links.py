"""Link types: where the network header begins in a frame, and to whom the link says that it goes.

Numbers and layouts are those of https://www.tcpdump.org/linktypes.html.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from tcperf.frames.parse import ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6
from tcperf.traffic import BROADCAST, MULTICAST

_NO_ETHERTYPE: Final = 0
_BROADCAST_MAC: Final = b"\xff" * 6
#: Below this, the field is the length of an IEEE 802.3 frame (IEEE 802.3, 3.2.6).
_LEAST_ETHERTYPE: Final = 0x0600
#: A packet socket's packet types (packet(7)).
_PACKET_TYPES: Final = {1: BROADCAST, 2: MULTICAST}
#: Address families of the BSDs and of Linux, as a loopback header has them.
_FAMILIES: Final = {
    2: ETHERTYPE_IPV4,
    10: ETHERTYPE_IPV6,
    24: ETHERTYPE_IPV6,
    28: ETHERTYPE_IPV6,
    30: ETHERTYPE_IPV6,
}
_VERSIONS: Final = {4: ETHERTYPE_IPV4, 6: ETHERTYPE_IPV6}
_MACS: Final = struct.Struct(">6s6sH")
#: Packet type, hardware type, address length, address, protocol; of version 2: protocol, interface, hardware type,
#: packet type, address length, address.
_SLL: Final = struct.Struct(">H2xH8sH")
_SLL2: Final = struct.Struct(">H8xBB8s")


class Located(NamedTuple):
    """Where a frame's network header is, and what the link says of its ends.

    ``group`` is BROADCAST or MULTICAST, "" for a frame to one receiver, None where the link does not tell.
    The link addresses are empty where the link has none.  A frame that is too short for its link's header has
    the ethertype 0 and no addresses.
    """

    offset: int
    ethertype: int
    group: str | None
    source: bytes = b""
    target: bytes = b""


_TOO_SHORT: Final = Located(0, _NO_ETHERTYPE, "")


class LinkType:
    """A link type; ``header_bytes`` are part of each frame's length.

    ``ipv4`` and ``ipv6`` read what tells a plain packet's flow, and counts it: the link's header with IP's first
    byte; IPv4's length and fragment field and protocol, or IPv6's length and next header; the addresses and
    ports in one; TCP's sequence number, and its data offset with the flags.  They need so many bytes.
    """

    def __init__(self, name: str, header_bytes: int, locate: Callable[[bytes], Located]) -> None:
        self.name = name
        self.header_bytes = header_bytes
        self.locate = locate
        ipv4 = struct.Struct(f">{header_bytes + 1}sxH2xHxB2x12sI4xH6x")
        ipv6 = struct.Struct(f">{header_bytes + 1}s3xHBx36sI4xH6x")
        self.ipv4, self.ipv4_bytes = ipv4.unpack_from, ipv4.size
        self.ipv6, self.ipv6_bytes = ipv6.unpack_from, ipv6.size


def group_of(mac: bytes) -> str:
    """BROADCAST or MULTICAST; "" for the address of one interface."""
    if not mac or not mac[0] & 1:
        return ""
    return BROADCAST if mac == _BROADCAST_MAC else MULTICAST


def _ethernet(frame: bytes) -> Located:
    if len(frame) < ETHERNET_HEADER:
        return _TOO_SHORT
    target, source, ethertype = _MACS.unpack_from(frame)
    if ethertype < _LEAST_ETHERTYPE:
        ethertype = _NO_ETHERTYPE
    return Located(ETHERNET_HEADER, ethertype, group_of(target), source, target)


def _cooked(frame: bytes) -> Located:
    if len(frame) < _SLL.size:
        return _TOO_SHORT
    kind, size, address, ethertype = _SLL.unpack_from(frame)
    return Located(_SLL.size, ethertype, _PACKET_TYPES.get(kind, ""), address[:size])


def _cooked_2(frame: bytes) -> Located:
    if len(frame) < _SLL2.size:
        return _TOO_SHORT
    ethertype, kind, size, address = _SLL2.unpack_from(frame)
    return Located(_SLL2.size, ethertype, _PACKET_TYPES.get(kind, ""), address[:size])


def _raw(frame: bytes) -> Located:
    return Located(0, _VERSIONS.get(frame[0] >> 4, _NO_ETHERTYPE) if frame else _NO_ETHERTYPE, None)


def _loopback(frame: bytes) -> Located:
    """The family stands in the byte order of the machine that captured, or in the network's."""
    family = int.from_bytes(frame[:4], "little")
    if family not in _FAMILIES:
        family = int.from_bytes(frame[:4], "big")
    return Located(4, _FAMILIES.get(family, _NO_ETHERTYPE), None)


ETHERNET: Final = LinkType("Ethernet", ETHERNET_HEADER, _ethernet)
#: Linux's `any`: the frames of all interfaces.
COOKED: Final = (LinkType("Linux cooked", 16, _cooked), LinkType("Linux cooked v2", 20, _cooked_2))
_RAW: Final = LinkType("raw IP", 0, _raw)
#: 12 and 14 are what some systems' tools wrote for raw IP before it had a number of its own.
LINK_TYPES: Final[dict[int, LinkType]] = {
    0: LinkType("loopback", 4, _loopback),
    1: ETHERNET,
    12: _RAW,
    14: _RAW,
    101: _RAW,
    108: LinkType("loopback", 4, _loopback),
    113: COOKED[0],
    228: _RAW,
    229: _RAW,
    276: COOKED[1],
}

"""Frames made by hand, byte by byte: what no socket of an ordinary program sends.

Each comes with what it must be counted as, known from what was put into it.  Formats: IEEE 802.3 and 802.1Q,
RFC 826 (ARP), 791 (IPv4), 8200 (IPv6 and its extension headers), 4302 (AH), 768 (UDP), 9293 (TCP), 792 and
4443 (ICMP), 1071 (the checksum).
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Sequence

from attrs import evolve, frozen

from proofs import wire_sizes
from proofs.tally import Numbers

IPV4_TYPE, IPV6_TYPE, ARP_TYPE = 0x0800, 0x86DD, 0x0806
VLAN_TYPE, SERVICE_VLAN_TYPE = 0x8100, 0x88A8
TCP, UDP, ICMP, ICMPV6, GRE = 6, 17, 1, 58, 47
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, ESP, AH, NO_NEXT = 0, 43, 44, 60, 50, 51, 59
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmp"}
#: Networks for documentation (RFC 5737, RFC 3849): nobody's addresses, so that no kernel answers.
NOWHERE4, ELSEWHERE4 = "192.0.2.1", "198.51.100.2"
NOWHERE6, ELSEWHERE6 = "2001:db8::1", "2001:db8::2"
_TTL = 64


@frozen
class Segment:
    """What lies in an IP packet: the transport header with its payload, and how it must be counted."""

    number: int
    data: bytes
    payload_bytes: int
    protocol: str
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0


@frozen
class Packet:
    """A network packet and its ethertype; ``ip_bytes`` is 0 where it is none of IP's."""

    ethertype: int
    data: bytes
    ip_bytes: int
    payload_bytes: int
    protocol: str
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0


@frozen
class Frame:
    """A frame as it is sent, and what it counts as."""

    data: bytes
    protocol: str
    numbers: Numbers


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(source_port: int, target_port: int, size: int) -> Segment:
    """A datagram of ``size`` bytes, without a checksum."""
    header = struct.pack("!HHHH", source_port, target_port, wire_sizes.UDP + size, 0)
    return Segment(UDP, header + bytes(size), size, "udp")


def tcp(
    ports: tuple[int, int], sequence: int, flags: int, size: int, *, options: bytes = b"", **counts: int
) -> Segment:
    """A segment of ``size`` bytes; ``counts`` are those of a retransmission or of a connection."""
    header = struct.pack(
        "!HHIIBBHHH",
        *ports,
        sequence % 2**32,
        1 if flags & ACK else 0,
        (5 + len(options) // 4) << 4,
        flags,
        65_535,
        0,
        0,
    )
    return Segment(TCP, header + options + bytes(size), size, "tcp", **counts)


def echo_request(size: int, *, number: int = ICMP) -> Segment:
    """A ping: ICMP's (8) or, for ICMPv6, its own type (128)."""
    kind = 8 if number == ICMP else 128
    body = struct.pack("!HH", 1, 1) + bytes(size)
    return Segment(
        number, struct.pack("!BBH", kind, 0, checksum(bytes([kind, 0]) + body)) + body, size, "icmp"
    )


def plain(number: int, size: int) -> Segment:
    """``size`` bytes of a protocol that tcperf does not look into."""
    return Segment(number, bytes(size), size, "other")


def ipv4(
    source: str,
    target: str,
    content: Segment,
    *,
    options: bytes = b"",
    identification: int = 0,
    fragment: int = 0,
) -> Packet:
    """An IPv4 packet; ``fragment`` is the header's field of flags and offset."""
    length = wire_sizes.IPV4 + len(options) + len(content.data)
    words = 5 + len(options) // 4
    addresses = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(target).packed
    fixed = struct.pack("!BBHHHBB", 0x40 | words, 0, length, identification, fragment, _TTL, content.number)
    total = checksum(fixed + bytes(2) + addresses + options)
    header = fixed + struct.pack("!H", total) + addresses + options
    return _packet(IPV4_TYPE, header + content.data, length, content)


def ipv6(source: str, target: str, content: Segment, extensions: Sequence[tuple[int, bytes]] = ()) -> Packet:
    """An IPv6 packet; extensions are (number, data without the next header's byte), in their order."""
    numbers = [number for number, _data in extensions] + [content.number]
    chain = b"".join(
        bytes([following]) + data for (_number, data), following in zip(extensions, numbers[1:], strict=True)
    )
    payload = chain + content.data
    addresses = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(target).packed
    header = struct.pack("!IHBB", 6 << 28, len(payload), numbers[0], _TTL) + addresses
    return _packet(IPV6_TYPE, header + payload, wire_sizes.IPV6 + len(payload), content)


def _packet(ethertype: int, data: bytes, ip_bytes: int, content: Segment) -> Packet:
    return Packet(
        ethertype,
        data,
        ip_bytes,
        content.payload_bytes,
        content.protocol,
        content.retransmissions,
        content.connections,
        content.short_connections,
    )


def padding(units: int = 1) -> bytes:
    """An options header of ``units`` times 8 bytes that holds only padding (PadN), without its first byte."""
    size = 8 * units
    return bytes([units - 1, 1, size - 4]) + bytes(size - 4)


def routing() -> bytes:
    """A routing header (RFC 8754's type 4) with one address and no segment left, without its first byte."""
    return bytes([2, 4, 0, 0, 0, 0, 0]) + ipaddress.IPv6Address(ELSEWHERE6).packed


def authentication() -> bytes:
    """An authentication header of 24 bytes, without its first byte: its length counts 4-byte words, less 2."""
    return bytes([4, 0, 0]) + struct.pack("!II", 1, 1) + bytes(12)


def fragment_header(offset: int, *, more: bool, identification: int) -> bytes:
    """IPv6's fragment header for ``offset`` bytes, without its first byte."""
    return b"\0" + struct.pack("!HI", offset | more, identification)


def arp(source: tuple[str, str], target: tuple[str, str], operation: int = 1) -> Packet:
    """A request (1) or an answer (2); each end is (hardware address, IPv4 address)."""
    ends = b"".join(
        hardware(mac) + ipaddress.IPv4Address(address).packed for mac, address in (source, target)
    )
    return Packet(ARP_TYPE, struct.pack("!HHBBH", 1, IPV4_TYPE, 6, 4, operation) + ends, 0, 0, "arp")


def hardware(address: str) -> bytes:
    """The six bytes of a hardware address."""
    return bytes.fromhex(address.replace(":", ""))


def ethernet(
    target: str, source: str, packet: Packet, tags: Sequence[tuple[int, int]] = (), least: int = 0
) -> Frame:
    """A frame of at least ``least`` bytes, padded where it would be shorter.

    ``tags`` are VLAN tags from the outermost on: (ethertype of the tag, VLAN number).
    """
    header = hardware(target) + hardware(source)
    for tag, number in tags:
        header += struct.pack("!HH", tag, number)
    data = (header + struct.pack("!H", packet.ethertype) + packet.data).ljust(least, b"\0")
    numbers = Numbers(
        len(data),
        1,
        packet.ip_bytes,
        packet.payload_bytes,
        packet.retransmissions,
        packet.connections,
        packet.short_connections,
    )
    return Frame(data, packet.protocol, numbers)


def ipv4_fragments(
    source: str, target: str, content: Segment, room: int, identification: int
) -> list[Packet]:
    """The packet in fragments of ``room`` bytes (a multiple of 8), in their order."""
    pieces = []
    for offset in range(0, len(content.data), room):
        more = offset + room < len(content.data)
        field = (more << 13) | offset // 8
        piece = _piece(content, offset, room)
        pieces.append(ipv4(source, target, piece, identification=identification, fragment=field))
    return pieces


def ipv6_fragments(
    source: str,
    target: str,
    content: Segment,
    room: int,
    identification: int,
    extensions: Sequence[tuple[int, bytes]] = (),
) -> list[Packet]:
    """The packet in fragments of ``room`` bytes, each with all ``extensions`` before its fragment header."""
    pieces = []
    for offset in range(0, len(content.data), room):
        more = offset + room < len(content.data)
        header = fragment_header(offset, more=more, identification=identification)
        chain = [*extensions, (FRAGMENT, header)]
        pieces.append(ipv6(source, target, _piece(content, offset, room), chain))
    return pieces


def _piece(content: Segment, offset: int, room: int) -> Segment:
    """One fragment's share: only the first one holds the transport header, and counts what happened."""
    data = content.data[offset : offset + room]
    if offset:
        return Segment(content.number, data, len(data), content.protocol)
    header = len(content.data) - content.payload_bytes
    return evolve(content, data=data, payload_bytes=len(data) - header)

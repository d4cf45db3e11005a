"""Reading a frame's headers: protocol, ends, lengths and TCP's sequence number, of any bytes whatever.

Lengths are those that the headers tell, never the length of the captured bytes, which may be cut; but no packet
is longer than the frame was on the link, and an IPv4 packet of length 0 is as long as that: the network adapter
cuts it up and fills in the lengths (segmentation offload), and a capture on the sending host is before that.  Sources:
IPv4 RFC 791, IPv6 RFC 8200 (extension headers), AH RFC 4302, TCP RFC 9293, UDP RFC 768, VLAN IEEE 802.1Q.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable
from typing import NamedTuple

from tcperf.traffic import TransportProtocol

ETHERNET_HEADER = 14
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IPV6 = 0x86DD
_VLAN_TAGS = frozenset({0x8100, 0x88A8})
_VLAN_TAG = struct.Struct(">2xH")

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

#: IP protocol numbers (IANA).
TCP, UDP = 6, 17
_ICMP = frozenset({1, 58})
_PROTOCOLS: dict[int, TransportProtocol] = {1: "icmp", TCP: "tcp", UDP: "udp", 58: "icmp"}
_FRAGMENT, _AUTHENTICATION = 44, 51
_EXTENSIONS = frozenset({0, 43, _FRAGMENT, _AUTHENTICATION, 60})

_VERSION_4, _VERSION_6 = 4, 6
#: Version and header length, total length, identification, fragment, protocol, source, target.
_IPV4 = struct.Struct(">BxHHHxBxx4s4s")
#: Version, payload length, next header, source, target.
_IPV6 = struct.Struct(">BxxxHBx16s16s")
_LENGTH = struct.Struct(">2xH")
_IPV6_LENGTH = struct.Struct(">4xH")
#: Next header, length, and of a fragment header its offset with the flag and its identification.
_EXTENSION = struct.Struct(">BBH4s")
#: Ports, sequence number, data offset with the flags.
_TCP = struct.Struct(">HHI4xH6x")
_UDP = struct.Struct(">HH4x")
_ICMP_HEADER = 8
_ARP_LENGTH = 28  # of IPv4 over Ethernet: there is nothing else behind it
_TCP_FLAGS = 0x1FF
_IPV4_PLACE, _IPV4_MORE = 0x1FFF, 0x2000
_IPV6_PLACE, _IPV6_MORE = 0xFFF8, 0x0001


#: What a frame's bytes may be held in.
Frame = bytes | bytearray | memoryview


class Packet(NamedTuple):
    """What a frame's headers tell.

    ``source`` and ``target`` are IP addresses (4 or 16 bytes, empty for what is no IP); ``flags`` are TCP's,
    and ``sequence`` is TCP's number or None.  ``fragment`` is None, or a key that all fragments of one packet
    share and whether this is the first of them, which alone has ports.  ``payload_bytes`` is what lies above
    the transport header, or, where none is to be seen, above IP.  ``header_end`` is the place in the frame
    of the first byte that is no header: what a capture without contents keeps.  ``is_overlong``: its IP header
    claims more bytes than the frame has, and what is beyond was not counted.
    """

    protocol: TransportProtocol
    source: bytes
    target: bytes
    source_port: int
    target_port: int
    ip_bytes: int
    payload_bytes: int
    sequence: int | None
    flags: int
    fragment: tuple[Hashable, bool] | None
    header_end: int
    is_overlong: bool = False


class _Network(NamedTuple):
    """An IP header, read: where its payload begins in the frame and what it says of it."""

    number: int
    source: bytes
    target: bytes
    ip_bytes: int
    at: int
    length: int
    fragment: tuple[Hashable, bool] | None


def parse(frame: Frame, offset: int, ethertype: int, length: int | None = None) -> Packet:
    """The packet whose network header, of the kind ``ethertype``, begins at ``offset``; never raises.

    ``length`` is the frame's own, of which ``frame`` may be the first bytes; None: it is not known, and IP's header
    is believed.  What is malformed, or cut off so that its transport header is hidden, has the protocol "other",
    and the lengths as far as the headers tell them.  VLAN tags are skipped.
    """
    size = len(frame)
    while ethertype in _VLAN_TAGS and offset + _VLAN_TAG.size <= size:
        (ethertype,) = _VLAN_TAG.unpack_from(frame, offset)
        offset += _VLAN_TAG.size
    if ethertype == ETHERTYPE_IPV4:
        return _parse_ipv4(frame, offset, size, _room(length, offset))
    if ethertype == ETHERTYPE_IPV6:
        return _parse_ipv6(frame, offset, size, _room(length, offset))
    if ethertype == ETHERTYPE_ARP:
        return _bare("arp", min(offset + _ARP_LENGTH, size))
    return _bare("other", min(offset, size))


def _room(length: int | None, offset: int) -> int | None:
    """How many bytes of a frame are behind its link header."""
    return None if length is None else max(0, length - offset)


def _bare(protocol: TransportProtocol, header_end: int, ip_bytes: int = 0, payload_bytes: int = 0) -> Packet:
    """A packet without addresses."""
    return Packet(protocol, b"", b"", 0, 0, ip_bytes, payload_bytes, None, 0, None, header_end)


def _parse_ipv4(frame: Frame, offset: int, size: int, room: int | None) -> Packet:
    if size - offset < _LENGTH.size:
        return _bare("other", size)
    (total,) = _LENGTH.unpack_from(frame, offset)
    if room is None:
        return _read_ipv4(frame, offset, size, total)
    if total > room:
        return _read_ipv4(frame, offset, size, room)._replace(is_overlong=True)
    return _read_ipv4(frame, offset, size, total or room)


def _read_ipv4(frame: Frame, offset: int, size: int, total: int) -> Packet:
    """The packet of ``total`` bytes, whatever its header says."""
    if size - offset < _IPV4.size:
        return _bare("other", size, total, max(0, total - _IPV4.size))
    first, _total, identification, fragment, number, source, target = _IPV4.unpack_from(frame, offset)
    header = (first & 0x0F) * 4
    if first >> 4 != _VERSION_4 or header < _IPV4.size or total < header:
        return _bare("other", offset + _IPV4.size, total, max(0, total - max(header, _IPV4.size)))
    parts: tuple[Hashable, bool] | None = None
    if fragment & (_IPV4_PLACE | _IPV4_MORE):
        parts = ((source, target, number, identification), not fragment & _IPV4_PLACE)
    return _parse_transport(
        frame, size, _Network(number, source, target, total, offset + header, total - header, parts)
    )


def _parse_ipv6(frame: Frame, offset: int, size: int, room: int | None) -> Packet:
    if size - offset < _IPV6_LENGTH.size:
        return _bare("other", size)
    total = _IPV6.size + _IPV6_LENGTH.unpack_from(frame, offset)[0]
    if room is None or total <= room:
        return _read_ipv6(frame, offset, size, total)
    return _read_ipv6(frame, offset, size, room)._replace(is_overlong=True)


def _read_ipv6(frame: Frame, offset: int, size: int, ip_bytes: int) -> Packet:
    """The packet of ``ip_bytes``, whatever its header says."""
    length = max(0, ip_bytes - _IPV6.size)
    if size - offset < _IPV6.size:
        return _bare("other", size, ip_bytes, length)
    first, _length, number, source, target = _IPV6.unpack_from(frame, offset)
    if first >> 4 != _VERSION_6:
        return _bare("other", offset + _IPV6.size, ip_bytes, length)
    network = _Network(number, source, target, ip_bytes, offset + _IPV6.size, length, None)
    return _parse_transport(frame, size, _skip_extensions(frame, size, network))


def _skip_extensions(frame: Frame, size: int, network: _Network) -> _Network:
    """Behind the extension headers; an unfinished chain leaves the number of its next extension header."""
    number, source, target, ip_bytes, at, length, fragment = network
    while number in _EXTENSIONS and length >= _EXTENSION.size and at + _EXTENSION.size <= size:
        following, units, place, identification = _EXTENSION.unpack_from(frame, at)
        if number == _FRAGMENT:
            skipped = _EXTENSION.size
            if place & (_IPV6_PLACE | _IPV6_MORE):
                fragment = ((source, target, following, identification), not place & _IPV6_PLACE)
        else:
            # AH counts words of four bytes, less two; the others words of eight, less one.
            skipped = (units + 2) * 4 if number == _AUTHENTICATION else (units + 1) * 8
        if skipped > length:
            break
        number, at, length = following, at + skipped, length - skipped
        if fragment is not None and not fragment[1]:
            break  # what follows belongs to the middle of some packet, and is no header
    return _Network(number, source, target, ip_bytes, at, length, fragment)


def _parse_transport(frame: Frame, size: int, network: _Network) -> Packet:
    if network.fragment is None or network.fragment[1]:
        if network.number == TCP:
            return _parse_tcp(frame, size, network)
        if network.number == UDP:
            return _parse_udp(frame, size, network)
        if network.number in _ICMP:
            return _parse_icmp(size, network)
    return _above_ip(_PROTOCOLS.get(network.number, "other"), size, network)


def _parse_tcp(frame: Frame, size: int, network: _Network) -> Packet:
    _number, source, target, ip_bytes, at, length, fragment = network
    if min(size - at, length) < _TCP.size:
        return _above_ip("other", size, network)
    source_port, target_port, sequence, word = _TCP.unpack_from(frame, at)
    header = (word >> 12) * 4
    if not _TCP.size <= header <= length:
        return _above_ip("other", size, network)
    end = min(at + header, size)
    payload, flags = length - header, word & _TCP_FLAGS
    return Packet(
        "tcp", source, target, source_port, target_port, ip_bytes, payload, sequence, flags, fragment, end
    )


def _parse_udp(frame: Frame, size: int, network: _Network) -> Packet:
    _number, source, target, ip_bytes, at, length, fragment = network
    if min(size - at, length) < _UDP.size:
        return _above_ip("other", size, network)
    source_port, target_port = _UDP.unpack_from(frame, at)
    end, payload = at + _UDP.size, length - _UDP.size
    return Packet("udp", source, target, source_port, target_port, ip_bytes, payload, None, 0, fragment, end)


def _parse_icmp(size: int, network: _Network) -> Packet:
    header = min(_ICMP_HEADER, network.length)
    return _above_ip("icmp", size, network._replace(at=network.at + header, length=network.length - header))


def _above_ip(protocol: TransportProtocol, size: int, network: _Network) -> Packet:
    """A packet without ports, whose payload is all that the network header left."""
    _number, source, target, ip_bytes, at, length, fragment = network
    return Packet(protocol, source, target, 0, 0, ip_bytes, length, None, 0, fragment, min(at, size))

"""What a frame's headers say, case by case, and side by side with dpkt's objects."""

import struct

import dpkt
import pytest
from slots import ethernet, ipv4, tcp, udp

from tcperf.frames.parse import ACK, SYN, parse

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
SIX_A, SIX_B = bytes(15) + b"\1", bytes(15) + b"\2"


def six(number, payload, *, extensions=b"", length=None):
    size = len(extensions) + len(payload) if length is None else length
    return (
        bytes(14)
        + struct.pack(">IHBB", 6 << 28, size, number, 64)
        + SIX_A
        + SIX_B
        + extensions
        + bytes(payload)
    )


def segment(size, flags=ACK):
    return struct.pack(">HHIIHHHH", 5000, 7000, 77, 0, 5 << 12 | flags, 0, 0, 0) + bytes(size)


def test_tcp():
    packet = parse(tcp("alice", "bob", 4_000_000_000, 100, flags=SYN | ACK), 14, IPV4)
    assert packet[:11] == (
        "tcp", b"\x0a\x4d\0\1", b"\x0a\x4d\0\2", 5000, 7000, 152, 100, 4_000_000_000, SYN | ACK, None, 66,
    )  # fmt: skip


def test_udp():
    packet = parse(udp("alice", "bob", 100), 14, IPV4)
    assert packet[:1] + packet[3:11] == ("udp", 6000, 6001, 128, 100, None, 0, None, 42)


@pytest.mark.parametrize("number", [1, 58])
def test_icmp_has_a_header_of_eight_bytes(number):
    packet = parse(ipv4("alice", "bob", number, bytes(64)), 14, IPV4)
    assert (packet.protocol, packet.payload_bytes, packet.header_end) == ("icmp", 56, 42)
    short = parse(ipv4("alice", "bob", number, bytes(4)), 14, IPV4)
    assert (short.protocol, short.payload_bytes, short.header_end) == ("icmp", 0, 38)


def test_what_is_no_ip():
    arp = parse(ethernet("alice", "bob", ARP, bytes(46)), 14, ARP)
    assert (arp.protocol, arp.ip_bytes, arp.payload_bytes, arp.header_end) == ("arp", 0, 0, 42)
    lldp = parse(ethernet("alice", "bob", 0x88CC, bytes(46)), 14, 0x88CC)
    assert (lldp.protocol, lldp.ip_bytes, lldp.payload_bytes, lldp.header_end) == ("other", 0, 0, 14)
    assert parse(b"", 14, 0x88CC).header_end == 0


def test_vlan_tags_are_skipped():
    plain = udp("alice", "bob", 10)
    tagged = plain[:12] + struct.pack(">HHHHH", 0x88A8, 1, 0x8100, 2, IPV4) + plain[14:]
    packet = parse(tagged, 14, 0x88A8)
    assert packet == parse(plain, 14, IPV4)._replace(header_end=50)
    assert parse(tagged[:17], 14, 0x88A8).protocol == "other"


def test_options_of_ip_and_tcp():
    frame = ipv4("alice", "bob", 6, segment(7), opts=bytes(8))
    packet = parse(frame, 14, IPV4)
    assert (packet.protocol, packet.ip_bytes, packet.payload_bytes, packet.header_end) == ("tcp", 55, 7, 62)


def test_ethernet_padding_is_no_payload():
    frame = udp("alice", "bob", 1) + bytes(17)
    assert parse(frame, 14, IPV4).payload_bytes == 1


@pytest.mark.parametrize(
    ("number", "payload"),
    [
        (6, segment(0)[:19]),  # shorter than a header
        (6, segment(0, 0)[:12] + b"\x40" + segment(0)[13:]),  # a header of 16 bytes
        (6, segment(0, 0)[:12] + b"\xf0" + segment(0)[13:]),  # a header longer than the packet
        (17, bytes(7)),
        (50, bytes(30)),
        (2, bytes(8)),
    ],
)
def test_what_has_no_transport_header_is_other(number, payload):
    packet = parse(ipv4("alice", "bob", number, payload), 14, IPV4)
    assert (packet.protocol, packet.source_port, packet.sequence) == ("other", 0, None)
    assert (packet.ip_bytes, packet.payload_bytes, packet.header_end) == (20 + len(payload), len(payload), 34)
    assert packet.source == b"\x0a\x4d\0\1"


def test_a_malformed_ipv4_header():
    frame = bytearray(udp("alice", "bob", 100))
    frame[14] = 0x44  # 16 bytes
    assert parse(frame, 14, IPV4)[:7] == ("other", b"", b"", 0, 0, 128, 108)
    frame[14] = 0x65
    assert parse(frame, 14, IPV4).protocol == "other"
    frame[14] = 0x4F  # 60 bytes
    frame[16:18] = b"\0\x28"
    assert parse(frame, 14, IPV4)[5:7] == (40, 0)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (53, ("other", 152, 132)),
        (54, ("tcp", 152, 100)),
        (34, ("other", 152, 132)),
        (33, ("other", 152, 132)),
        (18, ("other", 152, 132)),
        (17, ("other", 0, 0)),
        (3, ("other", 0, 0)),
    ],
)
def test_lengths_are_the_headers_wherever_the_capture_was_cut(kept, expected):
    packet = parse(tcp("alice", "bob", 1, 100)[:kept], 14, IPV4)
    assert (packet.protocol, packet.ip_bytes, packet.payload_bytes) == expected
    assert packet.header_end <= kept


def test_fragments_of_ipv4():
    whole = bytes(dpkt.udp.UDP(sport=1, dport=2, ulen=3000, data=bytes(2992)))
    first = parse(ipv4("alice", "bob", 17, whole[:1480], id=9, mf=1), 14, IPV4)
    second = parse(ipv4("alice", "bob", 17, whole[1480:], id=9, offset=185 << 3), 14, IPV4)
    assert (first.protocol, first.target_port, first.payload_bytes) == ("udp", 2, 1472)
    assert (second.protocol, second.target_port, second.payload_bytes, second.header_end) == (
        "udp",
        0,
        1520,
        34,
    )
    assert first.fragment[0] == second.fragment[0]
    assert (first.fragment[1], second.fragment[1]) == (True, False)
    other = parse(ipv4("alice", "bob", 17, whole[1480:], id=10, offset=185 << 3), 14, IPV4)
    assert other.fragment[0] != first.fragment[0]


def test_ipv6():
    packet = parse(six(6, segment(9)), 14, IPV6)
    assert packet[:11] == ("tcp", SIX_A, SIX_B, 5000, 7000, 69, 9, 77, ACK, None, 74)
    assert parse(six(58, bytes(24)), 14, IPV6)[:7] == ("icmp", SIX_A, SIX_B, 0, 0, 64, 16)
    assert parse(six(59, bytes(24)), 14, IPV6).protocol == "other"


def test_extension_headers_are_walked_and_are_no_payload():
    hop = bytes((60, 0)) + bytes(6)
    options = bytes((43, 1)) + bytes(14)
    routing = bytes((51, 0)) + bytes(6)
    authentication = bytes((17, 4)) + bytes(22)
    datagram = struct.pack(">HHHH", 6, 7, 13, 0) + bytes(5)
    packet = parse(six(0, datagram, extensions=hop + options + routing + authentication), 14, IPV6)
    assert packet[:1] + packet[3:7] == ("udp", 6, 7, 40 + 8 + 16 + 8 + 24 + 13, 5)
    assert packet.header_end == 14 + 40 + 56 + 8


def test_a_chain_of_extension_headers_that_does_not_end():
    packet = parse(six(0, b"", extensions=bytes((6, 200)) + bytes(6)), 14, IPV6)
    assert (packet.protocol, packet.ip_bytes, packet.payload_bytes) == ("other", 48, 8)
    cut = parse(six(0, bytes(100), extensions=bytes((0, 0)) + bytes(6))[:62], 14, IPV6)
    assert (cut.protocol, cut.ip_bytes, cut.payload_bytes, cut.header_end) == ("other", 148, 100, 62)


def test_encrypted_payload_is_other():
    packet = parse(six(50, bytes(32)), 14, IPV6)
    assert (packet.protocol, packet.payload_bytes) == ("other", 32)


def test_fragments_of_ipv6():
    def fragment(place, more, content):
        header = struct.pack(">BBHI", 17, 0, place << 3 | more, 77)
        return parse(six(44, content, extensions=header), 14, IPV6)

    first = fragment(0, 1, struct.pack(">HHHH", 6, 7, 2000, 0) + bytes(1000))
    last = fragment(126, 0, bytes(992))
    assert (first.protocol, first.target_port, first.payload_bytes) == ("udp", 7, 1000)
    assert (last.protocol, last.target_port, last.payload_bytes) == ("udp", 0, 992)
    assert first.fragment == (last.fragment[0], True)
    assert not last.fragment[1]
    # A fragment header on a whole packet (RFC 6946) makes no fragment of it.
    assert fragment(0, 0, struct.pack(">HHHH", 6, 7, 8, 0)).fragment is None


@pytest.mark.parametrize(("kept", "ip_bytes"), [(53, 69), (20, 69), (19, 0)])
def test_a_cut_ipv6_header(kept, ip_bytes):
    packet = parse(six(6, segment(9))[:kept], 14, IPV6)
    assert (packet.protocol, packet.ip_bytes, packet.header_end) == ("other", ip_bytes, kept)


def test_another_version_is_no_ipv6():
    frame = bytearray(six(6, segment(9)))
    frame[14] = 0x45
    assert parse(frame, 14, IPV6)[:7] == ("other", b"", b"", 0, 0, 69, 29)


def test_memory_of_any_kind_is_read():
    frame = tcp("alice", "bob", 1, 1)
    assert parse(memoryview(frame), 14, IPV4) == parse(bytearray(frame), 14, IPV4) == parse(frame, 14, IPV4)


@pytest.mark.parametrize("length", [14 + 40 + 30_000, 14 + 40 + 200_000, 60])
@pytest.mark.parametrize("kept", [None, 54])
def test_what_the_adapter_is_to_cut_up_is_as_long_as_its_frame(length, kept):
    frame = bytearray(ipv4("alice", "bob", 6, segment(0))) + bytes(length - 54)
    frame[16:18] = b"\0\0"
    packet = parse(frame[:kept], 14, IPV4, length)
    assert packet[:8] == (
        "tcp", b"\x0a\x4d\0\1", b"\x0a\x4d\0\2", 5000, 7000, length - 14, length - 54, 77
    )  # fmt: skip
    assert not packet.is_overlong
    assert parse(frame[:kept], 14, IPV4).protocol == "other"  # nothing tells how long it is


def test_what_the_adapter_is_to_cut_up_has_tags_and_options_as_any_packet():
    frame = bytearray(ipv4("alice", "bob", 6, segment(7), opts=bytes(8)))
    frame[16:18] = b"\0\0"
    tagged = bytes(frame[:12]) + b"\x81\0\0\5" + bytes(frame[12:])
    packet = parse(tagged, 14, 0x8100, len(tagged) + 100)
    assert (packet.protocol, packet.ip_bytes, packet.payload_bytes) == ("tcp", 155, 107)


@pytest.mark.parametrize("kept", [200, 54, 42, 34, 20, 18])
def test_no_ipv4_packet_is_longer_than_its_frame(kept):
    frame = bytearray(udp("alice", "bob", 22))
    frame[16:18] = b"\xea\x60"
    packet = parse(frame[:kept], 14, IPV4, len(frame))
    assert (packet.ip_bytes, packet.is_overlong) == (50, True)
    assert packet.payload_bytes == (22 if kept >= 42 else 30)
    assert parse(frame[:kept], 14, IPV4)[5:7] == (60_000, 59_972 if kept >= 42 else 59_980)


@pytest.mark.parametrize("kept", [200, 54, 20])
def test_no_ipv6_packet_is_longer_than_its_frame(kept):
    frame = six(17, struct.pack(">HHHH", 6, 7, 13, 0) + bytes(5), length=60_000)
    packet = parse(frame[:kept], 14, IPV6, len(frame))
    assert (packet.ip_bytes, packet.payload_bytes) == (53, 5 if kept == 200 else 13)
    assert packet.is_overlong
    assert parse(frame[:kept], 14, IPV6).ip_bytes == 60_040


def test_a_frame_that_ends_inside_of_its_ip_header():
    frame = bytes(udp("alice", "bob", 22))[:30]
    assert parse(frame, 14, IPV4, 30)[5:7] == (16, 0)
    assert parse(six(6, segment(9))[:30], 14, IPV6, 30)[5:7] == (16, 0)
    # Too short for IP's options.
    options = bytearray(udp("alice", "bob", 22))
    options[14] = 0x4F
    packet = parse(options, 14, IPV4, 44)
    assert (packet.protocol, packet.ip_bytes, packet.payload_bytes) == ("other", 30, 0)


@pytest.mark.parametrize("more", [0, 18])
def test_the_frames_length_changes_nothing_about_what_fits(more):
    for frame, kind in ((tcp("alice", "bob", 1, 100), IPV4), (six(6, segment(9)), IPV6)):
        assert parse(frame, 14, kind, len(frame) + more) == parse(frame, 14, kind)
        assert not parse(frame, 14, kind, len(frame) + more).is_overlong


@pytest.mark.parametrize("length", [0, 3, 13])
def test_a_frame_that_is_shorter_than_its_link_header(length):
    assert parse(udp("alice", "bob", 22), 14, IPV4, length)[5:7] == (0, 0)
    assert parse(six(6, segment(9)), 14, IPV6, length)[5:7] == (0, 0)

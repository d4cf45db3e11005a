"""A tag that the kernel took out of a frame."""

import struct

import pytest
from slots import ethernet, udp

from tcperf.frames.parse import parse
from tcperf.probes.vlan_tag import put_back, taken_out

VALID, TYPE_VALID = 1 << 4, 1 << 6


@pytest.mark.parametrize(
    ("status", "tag"),
    [
        (1, b""),
        (1 | TYPE_VALID, b""),
        (1 | VALID, b"\x81\0\x20\x05"),
        (1 | VALID | TYPE_VALID, b"\x88\xa8\x20\x05"),
    ],
)
def test_a_tag_as_it_stood_in_the_frame(status, tag):
    assert taken_out(status, 0x2005, 0x88A8) == tag


@pytest.mark.parametrize("frame", [udp("alice", "bob", 10), ethernet("alice", "bob", 0x88B5, b"")])
def test_it_is_put_back_behind_the_addresses(frame):
    (kind,) = struct.unpack(">H", frame[12:14])
    packet = parse(memoryview(frame), 14, kind, len(frame))
    whole, found = put_back(b"\x81\0\0\5", memoryview(frame), packet)
    assert bytes(whole) == frame[:12] + b"\x81\0\0\5" + frame[12:]
    assert found.header_end == packet.header_end + 4
    assert found._replace(header_end=packet.header_end) == packet

"""Reading counters over netlink: the requests byte by byte, and what comes back, from a kernel of ours."""

import errno
import socket
import struct
import sys

import pytest

from tcperf.network.interface import Counters
from tcperf.network.link_counters import LinkCounters
from tcperf.network.rtnetlink import Rtnetlink

ANSWER = 92  # RTM_NEWSTATS


def statistics(index, *numbers, before=b""):
    """What the kernel tells of an interface: struct if_stats_msg, then struct rtnl_link_stats64 as an attribute."""
    told = struct.pack("=25Q", *numbers, *[0] * (25 - len(numbers)))
    body = struct.pack("=B3xII", 0, index, 1) + before + struct.pack("=HH", 4 + len(told), 1) + told
    return struct.pack("=IHHII", 16 + len(body), ANSWER, 0, 0, 0) + body


def acknowledgement(number):
    body = struct.pack("=i", -number) + bytes(16)
    return struct.pack("=IHHII", 16 + len(body), 2, 0, 0, 0) + body


@pytest.fixture
def kernel():
    """Counters whose kernel is the other end of a socket pair."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    netlink = Rtnetlink()
    netlink.close()
    netlink._socket = ours
    made = LinkCounters()
    made.close()
    made._netlink = netlink
    with theirs:
        yield made, theirs
        made.close()


@pytest.mark.skipif(sys.byteorder == "big", reason="the bytes are written little-endian")
def test_all_are_asked_for_at_once_and_the_last_is_acknowledged(kernel):
    counters, theirs = kernel
    theirs.send(statistics(2))
    theirs.send(statistics(7))
    theirs.send(acknowledgement(0))
    counters.read(2, 7)
    expected = [
        "1c000000 5e00 0100 00000000 00000000",  # 28 bytes, RTM_GETSTATS, request
        "00000000 02000000 01000000",  # interface 2, IFLA_STATS_LINK_64
        "1c000000 5e00 0500 00000000 00000000",  # request | ack
        "00000000 07000000 01000000",
    ]
    assert theirs.recv(1000) == bytes.fromhex("".join(expected).replace(" ", ""))


@pytest.mark.parametrize("apart", [True, False])
def test_what_is_told_of_each(kernel, apart):
    counters, theirs = kernel
    # Packets received and sent, their bytes, errors, dropped ones; attributes of another kind may stand before.
    answers = [
        statistics(2, 10, 0, 500, 0, 9, 9, 3, 0, 77),
        statistics(7, 1, 2, 100, 200, 0, 0, 5, 6, before=struct.pack("=HHI", 8, 9, 1)),
        acknowledgement(0),
    ]
    for packet in answers if apart else [b"".join(answers)]:
        theirs.send(packet)
    assert counters.read(2, 7) == [Counters(0, 500, 0, 10, 3), Counters(200, 100, 2, 1, 11)]


def test_an_interface_that_is_not_there(kernel):
    counters, theirs = kernel
    theirs.send(acknowledgement(errno.ENODEV))
    with pytest.raises(OSError, match="No such device") as caught:
        counters.read(9)
    assert caught.value.errno == errno.ENODEV


def test_the_kernel_itself_understands():
    loopback = socket.if_nametoindex("lo")
    counters = LinkCounters()
    first, second = counters.read(loopback, loopback)
    assert first.sent_packets <= second.sent_packets
    assert first.sent_bytes <= second.sent_bytes
    with pytest.raises(OSError):
        counters.read(0x7FFF_FFFF)
    counters.close()

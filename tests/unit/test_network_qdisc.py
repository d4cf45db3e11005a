"""The requests for netem and tbf, byte by byte, and what is read back.

The bytes are those of <linux/rtnetlink.h> and <linux/pkt_sched.h> on a little-endian machine; pyroute2's decoder
is the independent witness of what they mean.
"""

import errno
import socket
import struct
import sys

import pytest
from pyroute2.netlink.rtnl.tcmsg import tcmsg

from tcperf.link import Link
from tcperf.network import qdisc
from tcperf.network.qdisc import (
    Qdiscs,
    Queue,
    add_request,
    change_request,
    netem_options,
    tbf_options,
)

little_endian = pytest.mark.skipif(sys.byteorder == "big", reason="the bytes are written little-endian")
BAD = Link(delay_ms=50.0, rate_bits_per_s=10_000_000, loss_ratio=0.01)


def decoded(request):
    message = tcmsg(request)
    message.decode()
    return message


@little_endian
def test_netems_request_to_the_byte():
    request = add_request(7, "netem", netem_options(BAD, 3))
    expected = [
        "78000000 2400 0506 00000000 00000000",  # 120 bytes, RTM_NEWQDISC, create | exclusive | ack | request
        "00000000 07000000 00000000 ffffffff 00000000",  # interface 7, handle by the kernel, root
        "0a00 0100 6e6574656d00 0000",  # TCA_KIND: netem
        "4800 0200",  # TCA_OPTIONS: struct tc_netem_qopt, then attributes
        "c2eb0b00 12040000 295c8f02 00000000 00000000 00000000",  # 781250 ticks, 1042 frames, 1 % of 2^32-1
        "0c00 0a00 80f0fa0200000000",  # TCA_NETEM_LATENCY64: 50,000,000 ns
        "1400 0600 d0121300 00000000 00000000 00000000",  # TCA_NETEM_RATE: 1,250,000 bytes/s
        "0c00 0e00 0300000000000000",  # TCA_NETEM_PRNG_SEED
    ]
    assert request == bytes.fromhex("".join(expected).replace(" ", ""))


def test_what_pyroute2_reads_in_netems_request():
    message = decoded(add_request(7, "netem", netem_options(BAD, 3)))
    options = message.get_attr("TCA_OPTIONS")
    assert (message["index"], message["parent"], message.get_attr("TCA_KIND")) == (7, 0xFFFF_FFFF, "netem")
    assert options["delay"] * 64 == 50_000_000
    assert options["limit"] == 1042
    assert options["loss"] / 0xFFFF_FFFF == pytest.approx(0.01)
    assert (options["gap"], options["duplicate"], options["jitter"]) == (0, 0, 0)
    assert options.get_attr("TCA_NETEM_RATE")["rate"] == 1_250_000


def test_a_link_that_only_delays_has_neither_rate_nor_loss():
    options = decoded(add_request(1, "netem", netem_options(Link(delay_ms=1.0), 0))).get_attr("TCA_OPTIONS")
    assert options["delay"] * 64 == 1_000_000
    assert options["loss"] == 0
    assert options.get_attr("TCA_NETEM_RATE") is None


def test_a_loss_of_nearly_all():
    options = decoded(add_request(1, "netem", netem_options(Link(loss_ratio=0.99), 0))).get_attr(
        "TCA_OPTIONS"
    )
    assert options["loss"] == round(0.99 * 0xFFFF_FFFF)
    assert options["delay"] == 0


@little_endian
def test_tbfs_request_to_the_byte():
    request = add_request(7, "tbf", tbf_options(Link(rate_bits_per_s=10_000_000)))
    expected = [
        "6c000000 2400 0506 00000000 00000000",
        "00000000 07000000 00000000 ffffffff 00000000",
        "0800 0100 74626600",  # TCA_KIND: tbf
        "4000 0200",  # TCA_OPTIONS
        "2800 0100",  # TCA_TBF_PARMS: struct tc_tbf_qopt
        "00 01 0000 0000 0000 d0121300",  # Ethernet, 1,250,000 bytes/s
        "00 00 0000 0000 0000 00000000",  # no peak rate
        "101a1700 00000000 00000000",  # 1000 frames of 1514 bytes
        "0c00 0400 d012130000000000",  # TCA_TBF_RATE64
        "0800 0600 6a180000",  # TCA_TBF_BURST: 5 ms
    ]
    assert request == bytes.fromhex("".join(expected).replace(" ", ""))


def test_what_pyroute2_reads_in_tbfs_request():
    message = decoded(add_request(9, "tbf", tbf_options(Link(rate_bits_per_s=256_000))))
    parameters = message.get_attr("TCA_OPTIONS").get_attr("TCA_TBF_PARMS")
    assert message.get_attr("TCA_KIND") == "tbf"
    assert parameters["rate"] == 32_000
    assert parameters["limit"] == 1000 * 1514
    assert parameters["peak"] == 0


def test_a_bucket_holds_two_frames_at_least():
    options = tbf_options(Link(rate_bits_per_s=1_000))
    assert options.endswith(struct.pack("=HHI", 8, 6, 2 * 1514))


def queue_message(index, parent, dropped, *, with_statistics=True):
    """What the kernel tells of one discipline (RTM_NEWQDISC): 4 frames of 400 bytes wait."""
    queue = struct.pack("=HH5I", 24, 3, 4, 400, dropped, 0, 0)
    basic = struct.pack("=HHQII", 20, 1, 1234, 5, 0)
    body = struct.pack("=BxxxiIII", 0, index, 1 << 16, parent, 0) + struct.pack("=HH4s", 8, 1, b"tbf\0")
    if with_statistics:
        body += struct.pack("=HH", 4 + len(basic + queue), 7 | 0x8000) + basic + queue
    return struct.pack("=IHHII", 16 + len(body), 36, 2, 0, 0) + body


def acknowledgement(number):
    body = struct.pack("=i", -number) + bytes(16)
    return struct.pack("=IHHII", 16 + len(body), 2, 0, 0, 0) + body


END = struct.pack("=IHHIIi", 20, 3, 2, 0, 0, 0)


@pytest.fixture
def kernel():
    """Disciplines whose kernel is the other end of a socket pair."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    disciplines = Qdiscs()
    disciplines.close()
    disciplines._netlink._socket = ours
    with theirs:
        yield disciplines, theirs
        disciplines.close()


def test_statistics_are_those_of_the_outermost_discipline(kernel):
    disciplines, theirs = kernel
    theirs.send(queue_message(3, 0xFFFF_FFFF, 11) + queue_message(3, 0x10001, 99))
    theirs.send(queue_message(5, 0xFFFF_FFFF, 0) + queue_message(6, 0xFFFF_FFFF, 1, with_statistics=False))
    theirs.send(END)
    assert disciplines.read() == {3: Queue(4, 11), 5: Queue(4, 0)}
    assert struct.unpack_from("=IHH", theirs.recv(1000)) == (36, 38, 0x301)  # RTM_GETQDISC, dump | request


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL])
def test_a_refusal_is_raised(kernel, number):
    disciplines, theirs = kernel
    theirs.send(acknowledgement(number))
    with pytest.raises(OSError) as caught:
        disciplines.knows("netem", netem_options(BAD, 0))
    assert caught.value.errno == number


def test_a_kind_that_the_kernel_has_is_taken_away_again(kernel):
    disciplines, theirs = kernel
    theirs.send(acknowledgement(0))
    theirs.send(acknowledgement(0))
    options = netem_options(BAD, 0)
    assert disciplines.knows("netem", options)
    loopback = socket.if_nametoindex("lo")
    assert theirs.recv(1000) == add_request(loopback, "netem", options)
    length, kind, _flags, _, _, _family, index = struct.unpack_from("=IHHIIBxxxi", theirs.recv(1000))
    assert (length, kind, index) == (36, qdisc._RTM_DELQDISC, loopback)


def test_a_kind_that_the_kernel_has_not(kernel):
    disciplines, theirs = kernel
    theirs.send(acknowledgement(errno.ENOENT))
    assert not disciplines.knows("netem", netem_options(BAD, 0))


@little_endian
def test_other_options_are_for_the_discipline_that_is_there():
    options = tbf_options(Link(rate_bits_per_s=10_000_000))
    made, changed = add_request(7, "tbf", options), change_request(7, "tbf", options)
    assert changed[6:8] == bytes.fromhex("0500")  # ack | request: neither create nor exclusive
    assert (changed[:6], changed[8:]) == (made[:6], made[8:])


def test_a_change_is_waited_for(kernel):
    disciplines, theirs = kernel
    theirs.send(acknowledgement(0))
    disciplines.change(7, "tbf", b"")
    assert theirs.recv(1000) == change_request(7, "tbf", b"")
    theirs.send(acknowledgement(errno.EINVAL))
    with pytest.raises(OSError):
        disciplines.change(7, "netem", b"")

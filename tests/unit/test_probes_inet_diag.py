"""sock_diag's bytes: what is read from them, and that nothing is read from less."""

import errno
import socket
import struct
from contextlib import suppress

import pytest
from diag_messages import DONE, end_point, message, tcp_info
from hypothesis import given
from hypothesis import strategies as st

from tcperf.probes.inet_diag import Counters, dump_request, read_dump, read_ended

INFO = tcp_info(retransmissions=2, acked=1001, received=77, unsent=30, sent=1100, repeated=100)


def one(*datagrams):
    (found,) = read_dump([*datagrams, DONE])
    return found


def test_a_socket():
    found = one(message(INFO, cookie=0x1_0000_0007, unacked=70))
    assert found.state == 1
    assert found.local == end_point("10.0.0.1:1000")
    assert found.remote == end_point("10.0.0.2:2000")
    assert found.cookie == 0x1_0000_0007
    assert found.inode == 99
    assert found.counters == Counters(1100, 100, 1001, 77, 2, 40, 30, estimated=False)
    assert found.counters.sent_once == 1000


def test_an_ipv6_socket():
    found = one(
        message(INFO, family=socket.AF_INET6, local=("fe80::1", 1), remote=("2001:db8::2", 65535)),
    )
    assert (found.local, found.remote) == (end_point("fe80::1:1"), end_point("2001:db8::2:65535"))


def test_an_ipv4_address_of_an_ipv6_socket_is_an_ipv4_address():
    found = one(message(INFO, family=socket.AF_INET6, local=("::ffff:10.0.0.1", 1), remote=("::", 2)))
    assert found.local == end_point("10.0.0.1:1")
    assert found.remote == (bytes(16), 2)


def test_a_kernel_that_does_not_count_what_is_sent():
    """Linux before 4.19: tcp_info of 192 bytes."""
    found = one(message(tcp_info(acked=500, received=7, unsent=10, size=192), unacked=60))
    assert found.counters == Counters(550, 0, 500, 7, 0, 50, 10, estimated=True)


@pytest.mark.parametrize("info", [None, b"", tcp_info(size=104)])
def test_a_socket_without_figures(info):
    assert one(message(info)).counters is None


def test_an_attribute_that_is_cut_off_is_none():
    whole = message(INFO)
    cut = whole[:-8]
    assert one(struct.pack("=I", len(cut)) + cut[4:]).counters is None
    # An attribute of length 0 would never end.
    assert one(struct.pack("=I", 92) + message(None)[4:88] + bytes(4)).counters is None


def test_several_messages_in_several_datagrams():
    first, second, third = (message(INFO, cookie=number) for number in (1, 2, 3))
    assert [each.cookie for each in read_dump([first + second, third + DONE])] == [1, 2, 3]


def test_nothing_is_asked_for_after_the_end():
    def datagrams():
        yield message(INFO) + DONE
        raise AssertionError

    assert len(list(read_dump(datagrams()))) == 1


def test_a_refusal_is_an_error():
    refusal = struct.pack("=IHHIIi", 36, 2, 0, 1, 0, -errno.ENOENT) + bytes(16)
    with pytest.raises(OSError, match="sock_diag: No such file") as caught:
        list(read_dump([refusal]))
    assert caught.value.errno == errno.ENOENT


def test_an_answer_without_an_end_is_an_error():
    with pytest.raises(OSError, match="no end"):
        list(read_dump([message(INFO)]))


def test_other_messages_are_passed_over():
    assert list(read_dump([message(INFO, kind=99) + DONE])) == []
    assert read_ended(message(INFO, kind=99)) == []


def test_the_news_of_an_end():
    (found,) = read_ended(message(INFO, state=7, inode=0, cookie=5))
    assert (found.state, found.inode, found.cookie) == (7, 0, 5)
    assert found.counters.sent == 1100


def test_a_request_names_the_family_and_asks_for_tcp_info():
    request = dump_request(socket.AF_INET6)
    length, kind, flags, _number, _port = struct.unpack_from("=IHHII", request)
    assert (length, kind, flags) == (len(request), 20, 0x301)
    assert len(request) == 16 + 56
    family, protocol, extensions, _pad, states = struct.unpack_from("=BBBBI", request, 16)
    assert (family, protocol, extensions) == (socket.AF_INET6, socket.IPPROTO_TCP, 0b10)
    time_wait = 6
    assert not states & 1 << time_wait
    assert states & 1 << 10


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_left(junk):
    read_ended(junk)
    with suppress(OSError):
        list(read_dump([junk]))


@given(st.integers(0, 400), st.integers(0, 255), st.integers(0, 399))
def test_a_spoilt_message_is_read_or_left(length, value, at):
    spoilt = bytearray(message(INFO, unacked=70))
    spoilt[at % len(spoilt)] = value
    for found in read_ended(bytes(spoilt[:length])):
        assert found.counters is None or found.counters.in_flight >= 0

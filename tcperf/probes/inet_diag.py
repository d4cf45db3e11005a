"""TCP sockets as the kernel's sock_diag tells of them: requests and answers as bytes, without any I/O.

The formats: struct nlmsghdr (<linux/netlink.h>), struct inet_diag_req_v2, struct inet_diag_msg and
INET_DIAG_INFO (<linux/inet_diag.h>), struct tcp_info (<linux/tcp.h>); sock_diag(7).  A message about a
socket that has ended (groups SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY of <linux/sock_diag.h>)
has the same form; its state is CLOSE, its inode 0, and its cookie is that of the dumps before.

A connection's SYN and FIN take up sequence numbers, and the kernel counts them: tcpi_bytes_acked holds 1 for
the SYN of the side that opened and 1 for its own acknowledged FIN, tcpi_bytes_received 1 for the other side's
FIN.  tcpi_bytes_sent and tcpi_bytes_retrans are payload alone.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE = 1, 4, 5, 7
CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING = 8, 9, 10, 11
_SYN_SENT: Final = 2
#: States that follow the receipt of the other end's FIN, and those that follow one's own.
FIN_RECEIVED: Final = frozenset({CLOSE_WAIT, LAST_ACK, CLOSING})
FIN_QUEUED: Final = frozenset({FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING})
#: Those of a socket that is more than a remnant: TIME_WAIT and half-open requests have no figures.
_STATES: Final = (
    ESTABLISHED, _SYN_SENT, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING,
)  # fmt: skip

_SOCK_DIAG_BY_FAMILY: Final = 20
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST_DUMP: Final = 0x1 | 0x100 | 0x200
_INET_DIAG_INFO: Final = 2

_HEADER: Final = struct.Struct("=IHHII")
_REQUEST: Final = struct.Struct("=BBBBI48x")
#: family, state, (timer, retrans), ports, addresses, interface, cookie, (expires), queues, (uid), inode
_MESSAGE: Final = struct.Struct("=BB2x2s2s16s16s4xII4xII4xI")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ERROR: Final = struct.Struct("=i")
#: tcpi_total_retrans, tcpi_bytes_acked, tcpi_bytes_received, tcpi_notsent_bytes (Linux 4.6)
_INFO: Final = struct.Struct("=100xI16xQQ8xI")
#: tcpi_bytes_sent, tcpi_bytes_retrans (Linux 4.19)
_INFO_SENT: Final = struct.Struct("=200xQQ")
_MAPPED: Final = bytes(10) + b"\xff\xff"

#: An address (4 or 16 bytes; an IPv4 address that an IPv6 socket uses has 4) and a port.
Endpoint = tuple[bytes, int]


class Counters(NamedTuple):
    """What a socket has moved in its life.  A tuple, not an attrs class: thousands are made at one edge.

    ``sent`` is payload with its ``repeated`` part in it; ``acked`` and ``received`` are as the kernel counts
    them, SYN and FIN included; ``in_flight`` is sent and not acknowledged.  ``estimated``: the kernel has
    no figure of what was sent, ``sent`` is acked + in flight (SYN and FIN included, repeats not).
    """

    sent: int
    repeated: int
    acked: int
    received: int
    retransmissions: int
    in_flight: int
    unsent: int
    estimated: bool

    @property
    def sent_once(self) -> int:
        """Payload sent, each byte counted once."""
        return self.sent - self.repeated


class TcpSocket(NamedTuple):
    """A TCP socket at one moment.  ``counters`` is None where the kernel gives none (a listening one has 0s).

    ``cookie`` is its own as long as the machine runs; ``inode`` is 0 once no process holds it any more.
    """

    state: int
    local: Endpoint
    remote: Endpoint
    cookie: int
    inode: int
    counters: Counters | None


class Ended(NamedTuple):
    """A socket that has ended, and by when on the monotonic clock, in nanoseconds."""

    at_ns: int
    socket: TcpSocket


def dump_request(family: int) -> bytes:
    """A request for all TCP sockets of an address family, with their TCP_INFO."""
    states = sum(1 << state for state in _STATES)
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (_INET_DIAG_INFO - 1), 0, states)
    return _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP, 1, 0) + body


def read_dump(datagrams: Iterable[bytes]) -> Iterator[TcpSocket]:
    """The sockets of a dump's datagrams, which are asked for until the last.  Raises OSError on a refusal."""
    for datagram in datagrams:
        for kind, begin, end in _messages(datagram):
            if kind == _NLMSG_DONE:
                return
            if kind == _NLMSG_ERROR:
                number = -_ERROR.unpack_from(datagram, begin)[0]
                raise OSError(number, f"sock_diag: {os.strerror(number)}")
            if kind == _SOCK_DIAG_BY_FAMILY and end - begin >= _MESSAGE.size:
                yield _socket(datagram, begin, end)
    raise OSError(errno.EBADMSG, "sock_diag: the answer has no end")


def read_ended(datagram: bytes) -> list[TcpSocket]:
    """The sockets whose end a datagram tells of."""
    return [
        _socket(datagram, begin, end)
        for kind, begin, end in _messages(datagram)
        if kind == _SOCK_DIAG_BY_FAMILY and end - begin >= _MESSAGE.size
    ]


def _messages(datagram: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each message, and where its body begins and ends; what is cut off is left out."""
    at = 0
    while at + _HEADER.size <= len(datagram):
        length, kind, _flags, _number, _port = _HEADER.unpack_from(datagram, at)
        if length < _HEADER.size or at + length > len(datagram):
            return
        yield kind, at + _HEADER.size, at + length
        at += _aligned(length)


def _aligned(length: int) -> int:
    """Messages and attributes begin at multiples of four: NLMSG_ALIGN, NLA_ALIGN."""
    return (length + 3) & ~3


def _socket(datagram: bytes, begin: int, end: int) -> TcpSocket:
    (
        family, state, local_port, remote_port, local, remote, cookie_low, cookie_high, _unread, unacked, inode,
    ) = _MESSAGE.unpack_from(datagram, begin)  # fmt: skip
    info = _attribute(datagram, begin + _MESSAGE.size, end)
    return TcpSocket(
        state,
        (_address(family, local), int.from_bytes(local_port, "big")),
        (_address(family, remote), int.from_bytes(remote_port, "big")),
        cookie_low | cookie_high << 32,
        inode,
        _counters(info, unacked) if len(info) >= _INFO.size else None,
    )


def _address(family: int, field: bytes) -> bytes:
    if family == socket.AF_INET:
        return field[:4]
    return field[12:] if field.startswith(_MAPPED) else field


def _attribute(datagram: bytes, at: int, end: int) -> bytes:
    """The content of INET_DIAG_INFO; empty where there is none."""
    while at + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(datagram, at)
        if length < _ATTRIBUTE.size or at + length > end:
            break
        if kind == _INET_DIAG_INFO:
            return datagram[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)
    return b""


def _counters(info: bytes, unacked: int) -> Counters:
    """``unacked``: bytes written and not acknowledged, sent or not (idiag_wqueue)."""
    retransmissions, acked, received, unsent = _INFO.unpack_from(info)
    in_flight = max(0, unacked - unsent)
    if len(info) < _INFO_SENT.size:
        return Counters(acked + in_flight, 0, acked, received, retransmissions, in_flight, unsent, True)  # noqa: FBT003 - a tuple's field
    sent, repeated = _INFO_SENT.unpack_from(info)
    return Counters(sent, repeated, acked, received, retransmissions, in_flight, unsent, False)  # noqa: FBT003 - a tuple's field

"""sock_diag's messages, and sockets as they are read from them, for tests: written after the kernel's headers."""

import socket
import struct

from tcperf.probes.inet_diag import CLOSE, ESTABLISHED, Counters, Ended, TcpSocket

DONE = struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)
LISTEN_STATE = 10


def tcp_info(*, retransmissions=0, acked=0, received=0, unsent=0, sent=0, repeated=0, size=280):
    """struct tcp_info, from the offsets of its fields."""
    info = bytearray(size)
    for at, kind, value in (
        (100, "=I", retransmissions), (120, "=Q", acked), (128, "=Q", received),
        (144, "=I", unsent), (200, "=Q", sent), (208, "=Q", repeated),
    ):  # fmt: skip
        if at + struct.calcsize(kind) <= size:
            struct.pack_into(kind, info, at, value)
    return bytes(info)


def attribute(kind, content):
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def message(info, *, family=socket.AF_INET, state=1, local=("10.0.0.1", 1000), remote=("10.0.0.2", 2000),
            cookie=7, inode=99, unacked=0, kind=20):  # fmt: skip
    addresses = b"".join(socket.inet_pton(family, each[0]).ljust(16, b"\0") for each in (local, remote))
    body = (
        struct.pack("=BBBB", family, state, 0, 0)
        + struct.pack("!HH", local[1], remote[1])
        + addresses
        + struct.pack("=I", 0)
        + struct.pack("=II", cookie & 0xFFFFFFFF, cookie >> 32)
        + struct.pack("=IIIII", 0, 3, unacked, 1000, inode)
        + attribute(8, b"\0")
        + (attribute(2, info) if info is not None else b"")
    )
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def end_point(text):
    address, _, port = text.rpartition(":")
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address), int(port)


def counters(sent=0, received=0, *, repeated=0, acked=None, retransmissions=0, in_flight=0, unsent=0,
             syn=0, fin=0, estimated=False):  # fmt: skip
    """Counters of an end that sent ``sent`` bytes, and took up ``syn`` and ``fin`` sequence numbers beside."""
    if acked is None:
        acked = sent - repeated + syn + fin - in_flight
    return Counters(sent, repeated, acked, received, retransmissions, in_flight, unsent, estimated)


def tcp(cookie, local, remote, counted=None, *, state=ESTABLISHED, inode=0):
    return TcpSocket(state, end_point(local), end_point(remote), cookie, inode, counted or counters())


def listening(cookie, local, inode):
    return tcp(cookie, local, "0.0.0.0:0", state=LISTEN_STATE, inode=inode)


def ended(cookie, local, remote, counted=None, *, at_ns=500):
    return Ended(at_ns, tcp(cookie, local, remote, counted, state=CLOSE))


def aborted(cookie, local, *, at_ns=500):
    """What the kernel tells of a socket that was closed with SO_LINGER of 0."""
    return ended(cookie, local, "0.0.0.0:0", Counters(0, 0, 0, 0, 0, 0, 70_658, estimated=False), at_ns=at_ns)


def by_cookie(*sockets):
    return {each.cookie: each for each in sockets}

"""Programs that ground_truth.py runs on a network's hosts: generators of exactly known bytes.

``programs.py NAME JSON``: plays one program with its arguments and prints what it did, a JSON object a line.
Sender and receiver stay on one core, and so in order: a segment that another core's queue lets overtake would
be answered with selective acknowledgements, whose length nobody could know before.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

_TCP_INFO = 11
_TCP_INFO_LENGTH = 256
#: struct tcp_info of <linux/tcp.h>: offset and format of what a segment generator knows of itself.
_TCP_FIELDS = {
    "retransmissions": (100, "I"),
    "segments": (136, "I"),
    "bytes": (200, "Q"),
    "duplicates": (216, "I"),
}
_UDP_SEGMENT = 103
_SHORT_S = 1.0
_BUFFER = bytes(1 << 16)


def tcp_info(connection: socket.socket) -> dict[str, int]:
    """What the kernel knows of the connection's segments: sent by it, sent again, payload, duplicates."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _TCP_INFO_LENGTH)
    return {name: struct.unpack_from(form, raw, offset)[0] for name, (offset, form) in _TCP_FIELDS.items()}


def tell(**values: object) -> None:
    """Print one line for whoever started us."""
    print(json.dumps(values), flush=True)


def sink(udp_port: int, tcp_port: int) -> None:
    """Take whatever comes, until killed: datagrams are never read, each connection is read to its end."""
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("", udp_port))
    server = socket.create_server(("", tcp_port), backlog=512)
    tell(up=True)
    while True:
        connection, _address = server.accept()
        with connection:
            received = 0
            while data := connection.recv(1 << 20):
                received += len(data)
            connection.shutdown(socket.SHUT_WR)
            tell(received=received, **tcp_info(connection))


def udp(address: str, port: int, size: int, count: int) -> None:
    """Send ``count`` datagrams of ``size`` bytes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        for _number in range(count):
            link.sendto(bytes(size), (address, port))
    tell(sent=count)


def udp_segments(address: str, port: int, size: int, segment: int) -> None:
    """Hand the kernel ``size`` bytes at once, to be cut into datagrams of ``segment`` bytes (udp(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, segment)
        link.sendto(bytes(size), (address, port))
    tell(sent=size)


def tcp(address: str, port: int, size: int, chunk: int, connections: int, hold_s: float) -> None:
    """Open, send ``size`` bytes in chunks, close: so many connections, one after another.

    Each stays open for at least ``hold_s``.  A line tells, for each, what the kernel knows of its segments.
    """
    for _number in range(connections):
        opened = time.monotonic()
        with socket.create_connection((address, port)) as link:
            _send(link, size, chunk)
            time.sleep(max(0.0, opened + hold_s - time.monotonic()))
            link.shutdown(socket.SHUT_WR)
            is_short = time.monotonic() - opened < _SHORT_S
            if link.recv(1):
                raise RuntimeError("the sink is not to answer")
            tell(short=is_short, **tcp_info(link))


def _send(link: socket.socket, size: int, chunk: int) -> None:
    whole, rest = divmod(size, chunk)
    for _number in range(whole):
        link.sendall(_BUFFER[:chunk])
    link.sendall(_BUFFER[:rest])


def echo(port: int) -> None:
    """Give back what comes over one connection on the own loopback."""
    server = socket.create_server(("127.0.0.1", port))
    tell(up=True)
    connection, _address = server.accept()
    with connection:
        while data := connection.recv(1 << 16):
            connection.sendall(data)


PROGRAMS: dict[str, Callable[..., None]] = {
    program.__name__: program for program in (sink, udp, udp_segments, tcp, echo)
}


def main(argv: list[str]) -> int:
    """Play the named program."""
    name, arguments = argv
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    values: dict[str, Any] = json.loads(arguments)
    PROGRAMS[name](**values)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

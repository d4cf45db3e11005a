"""Programs that overhead.py runs on a network's hosts: a ping-pong, a paced load, and idle nodes.

``loads.py NAME JSON``: plays one program with its arguments, of which ``core`` is the one it keeps to.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TICK_NS = 1_000_000
_NS_PER_S = 1_000_000_000
_NS_PER_US = 1000
_BURST_MAX = 1024


def tell(**values: object) -> None:
    """Print one line for whoever started us."""
    print(json.dumps(values), flush=True)


def pong(port: int) -> None:
    """Give back every datagram, until killed."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("", port))
    tell(up=True)
    while True:
        data, address = link.recvfrom(2048)
        link.sendto(data, address)


def ping(address: str, port: int, size: int, warm_up: int, count: int, orders: str) -> None:
    """Ping-pong one datagram at a time: a burst for each line of the pipe ``orders``, to its end.

    Tells the median and the quartiles of each burst's round trips, but for its first ``warm_up`` ones.
    """
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.connect((address, port))
    link.settimeout(10)
    with Path(orders).open(encoding="utf-8") as lines:
        for _line in lines:
            first, median, third = statistics.quantiles(
                _trips(link, bytes(size), warm_up + count)[warm_up:], n=4
            )
            tell(p25_us=first / _NS_PER_US, p50_us=median / _NS_PER_US, p75_us=third / _NS_PER_US)


def _trips(link: socket.socket, data: bytes, count: int) -> list[int]:
    """The times of so many round trips, in nanoseconds."""
    clock = time.perf_counter_ns
    trips = []
    for _number in range(count):
        start = clock()
        link.send(data)
        link.recv(2048)
        trips.append(clock() - start)
    return trips


class _IoVector(ctypes.Structure):
    """struct iovec of <sys/uio.h>."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct mmsghdr of <sys/socket.h>: a message's header, and how much of it was sent."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint32),
    )


class Bursts:
    """Datagrams of ``size`` bytes to a range of ports, in turn, many of them in one system call (sendmmsg(2))."""

    def __init__(self, address: str, port: int, ports: int, size: int) -> None:
        self._link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._send = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._payload = ctypes.create_string_buffer(size)
        self._vector = _IoVector(ctypes.addressof(self._payload), size)
        self._names = [
            ctypes.create_string_buffer(
                socket.AF_INET.to_bytes(2, sys.byteorder)
                + (port + number).to_bytes(2)
                + socket.inet_aton(address)
                + bytes(8)
            )
            for number in range(ports)
        ]
        self._messages = (_Message * _BURST_MAX)()
        for number, message in enumerate(self._messages):
            message.name = ctypes.addressof(self._names[number % ports])
            message.name_length = 16
            message.vectors = ctypes.addressof(self._vector)
            message.vector_count = 1

    def send(self, count: int) -> int:
        """Send up to ``count``; how many went."""
        sent: int = self._send(self._link.fileno(), self._messages, min(count, _BURST_MAX), 0)
        if sent < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return sent


def load(
    address: str,
    port: int,
    ports: int,
    size: int,
    rate: int,
    exchanges: int,
    connections: int,
    seconds: float,
) -> None:
    """A paced load: ``rate`` datagrams a second over ``ports`` ports, and so many TCP ``exchanges`` a second.

    An exchange is one segment there and one back, on one of ``connections``.  Every millisecond sends what is
    due; a tick that comes late sends what was missed.  Tells how many of each were sent, and in what time.
    """
    bursts = Bursts(address, port, ports, size)
    links = [socket.create_connection((address, port)) for _number in range(connections)]
    for link in links:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tell(up=True)
    start = now = time.monotonic_ns()
    end = start + round(seconds * _NS_PER_S)
    datagrams = exchanged = 0
    while now < end:
        while (due := (now - start) * rate // _NS_PER_S - datagrams) > 0:
            datagrams += bursts.send(due)
        for _number in range((now - start) * exchanges // _NS_PER_S - exchanged):
            _exchange(links[exchanged % connections], size)
            exchanged += 1
        now = time.monotonic_ns()
        time.sleep(max(0, _TICK_NS - (now - start) % _TICK_NS) / _NS_PER_S)
        now = time.monotonic_ns()
    tell(datagrams=datagrams, exchanges=exchanged, seconds=(now - start) / _NS_PER_S)


def _exchange(link: socket.socket, size: int) -> None:
    link.send(bytes(size))
    link.recv(1 << 16)


def answer(port: int, ports: int) -> None:
    """The load's other end, until killed: takes datagrams unread, and answers each TCP segment with as much."""
    sinks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _number in range(ports)]
    for number, sink in enumerate(sinks):
        sink.bind(("", port + number))
    server = socket.create_server(("", port))
    poll = select.epoll()
    poll.register(server, select.EPOLLIN)
    links: dict[int, socket.socket] = {}
    tell(up=True)
    while True:
        for number, _event in poll.poll():
            if number == server.fileno():
                link, _address = server.accept()
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                links[link.fileno()] = link
                poll.register(link, select.EPOLLIN)
            elif data := links[number].recv(1 << 16):
                links[number].send(data)
            else:
                links.pop(number).close()


def idle(threads: int) -> None:
    """Do nothing with so many threads, until killed."""
    forever = threading.Event()
    for _number in range(threads - 1):
        threading.Thread(target=forever.wait, daemon=True).start()
    tell(up=True)
    forever.wait()


PROGRAMS: dict[str, Callable[..., None]] = {
    program.__name__: program for program in (pong, ping, load, answer, idle)
}


def main(argv: list[str]) -> int:
    """Play the named program."""
    name, arguments = argv
    values: dict[str, Any] = json.loads(arguments)
    os.sched_setaffinity(0, {values.pop("core")})
    PROGRAMS[name](**values)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The program that becomes a node and leaves a companion behind, which costs what the node does not.

``python -I -S companion.py [--cpu RATIO] [--traffic RATIO] [--memory BYTES] -- PROGRAM ARGUMENT…``

It forks: the child is the companion, and the process itself becomes PROGRAM, so that the companion is the node's own
child, with its rights, in its process group and its network, and ends with it.  Whoever adds up the node and its
descendants adds it up, too.

It takes but the standard library, and none of tcperf, for it is to be small: a started interpreter is part of the
node's figures.  Linux alone.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

#: How often it is looked what the node has done: a phase lacks at most what was owed for so long.
INTERVAL_S: Final = 0.025
#: Where companions hear each other's datagrams, so that no node's kernel has to answer that nobody listens.
PORT: Final = 47_808
#: Ethernet, IP and UDP headers, and the longest payload of a frame beside them.
HEADERS: Final = 42
_LONGEST: Final = 1472
#: Not for every few bytes a frame: these would turn the number of frames red, not that of bytes.
_LEAST_FRAME: Final = 200
_PR_SET_PDEATHSIG: Final = 1
#: <linux/posix-timers.h>: the scheduler's clock of a process, its id inverted above it.
_SCHEDULER: Final = 2
_BLOCK: Final = bytes(1024)
#: The column of bytes sent in /proc/net/dev, after the interface's name.
_SENT: Final = 8
#: /proc/net/tcp: the state of a connection that is up, after the local and the remote address.
_ESTABLISHED: Final = "01"
_CONNECTION: Final = re.compile(r"^\s*\d+: \S+ ([0-9A-F]+):[0-9A-F]{4} (\S\S) ", re.MULTILINE)


class Debt:
    """What is owed: a share of what the node has used up, and no more of it than once."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._paid = 0

    def of(self, used: int) -> int:
        """What is still owed where the node has used up so much by itself in all; never negative."""
        return max(0, round(self._ratio * used) - self._paid)

    def pay(self, amount: int) -> None:
        """So much has been paid."""
        self._paid += amount

    @property
    def paid(self) -> int:
        """All that was paid so far."""
        return self._paid


class Companion:
    """What costs.  ``node_ns`` is the node's CPU, ``own_ns`` the companion's, ``sent`` the interface's bytes so far.

    ``put`` sends a payload to a peer of the node's; False where there is none yet.
    """

    def __init__(
        self,
        cpu_ratio: float,
        traffic_ratio: float,
        *,
        node_ns: Callable[[], int],
        own_ns: Callable[[], int],
        sent: Callable[[], int],
        put: Callable[[bytes], bool],
    ) -> None:
        self._cpu, self._traffic = Debt(cpu_ratio), Debt(traffic_ratio)
        self._node_ns, self._own_ns = node_ns, own_ns
        self._sent, self._put = sent, put
        self.held = bytearray()

    def hold(self, size: int) -> None:
        """Hold so many bytes, every page of them written, so that all are resident."""
        self.held = bytearray(b"\x01") * size

    def look(self) -> None:
        """Pay what is owed by now; a companion that owes nothing looks all the same, for looking costs, too."""
        self._burn(self._cpu.of(self._node_ns()))
        self._send(self._traffic.of(self._sent() - self._traffic.paid))

    def _burn(self, owed_ns: int) -> None:
        if not owed_ns:
            return
        begin_ns = self._own_ns()
        while (burnt_ns := self._own_ns() - begin_ns) < owed_ns:
            hashlib.sha256(_BLOCK).digest()
        self._cpu.pay(burnt_ns)

    def _send(self, owed: int) -> None:
        while owed >= _LEAST_FRAME:
            payload = bytes(min(owed - HEADERS, _LONGEST))
            if not self._put(payload):
                return
            self._traffic.pay(len(payload) + HEADERS)
            owed -= len(payload) + HEADERS


class Outlet:
    """The way to the peers' companions, and the place where theirs arrive: nobody reads what comes."""

    def __init__(self, port: int = PORT) -> None:
        self._port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("", port))
        self._peer: str | None = None

    def put(self, payload: bytes) -> bool:
        """Send a payload to the first peer that the node is connected to; False where there is none, or no way."""
        self._peer = self._peer or next(iter(peers()), None)
        if self._peer is None:
            return False
        try:
            self._socket.sendto(payload, (self._peer, self._port))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def peers(proc: Path = Path("/proc/self/net")) -> list[str]:
    """The IPv4 addresses at the other ends of this namespace's TCP connections, the loopback's left out."""
    found: dict[str, None] = {}
    for name in ("tcp", "tcp6"):
        path = proc / name
        text = path.read_text("ascii") if path.exists() else ""
        for address, state in _CONNECTION.findall(text):
            # Words of four bytes, each as the machine stores it; IPv4 in IPv6 is in the last one.
            ip = socket.inet_ntoa(int(address[-8:], 16).to_bytes(4, sys.byteorder))
            if state == _ESTABLISHED and not ip.startswith(("127.", "0.")):
                found[ip] = None
    return list(found)


def sent_bytes(path: Path = Path("/proc/self/net/dev")) -> int:
    """What all interfaces of this namespace but the loopback have sent."""
    lines = [line.partition(":") for line in path.read_text("ascii").splitlines() if ":" in line]
    return sum(int(numbers.split()[_SENT]) for name, _colon, numbers in lines if name.strip() != "lo")


def cpu_ns(pid: int) -> int:
    """The CPU time of a process.  Raises OSError when it has ended."""
    return time.clock_gettime_ns((~pid << 3) | _SCHEDULER)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments; ``program`` is the command line to become."""
    parser = argparse.ArgumentParser(prog="companion.py", description="become PROGRAM, with a companion")
    parser.add_argument("--cpu", type=float, default=0.0, metavar="RATIO", help="of the node's own CPU")
    parser.add_argument(
        "--traffic", type=float, default=0.0, metavar="RATIO", help="of the bytes the node sends"
    )
    parser.add_argument("--memory", type=int, default=0, metavar="BYTES", help="held from the start on")
    parser.add_argument("program", nargs="+", metavar="PROGRAM", help="the node, and its arguments")
    return parser.parse_args(argv)


def accompany(node: int, options: argparse.Namespace) -> NoReturn:
    """Be the companion of the process ``node`` until it ends."""
    _end_with(node)
    _leave_the_output()
    outlet = Outlet() if options.traffic else None
    companion = Companion(
        options.cpu,
        options.traffic,
        node_ns=lambda: cpu_ns(node),
        own_ns=time.thread_time_ns,
        sent=sent_bytes,
        put=outlet.put if outlet is not None else lambda _payload: False,
    )
    companion.hold(options.memory)
    while os.getppid() == node:
        companion.look()
        time.sleep(INTERVAL_S)
    os._exit(0)


def _end_with(node: int) -> None:
    """Be killed when the node ends; that is, when the thread ends that forked: its first one."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != node:
        os._exit(1)


def _leave_the_output() -> None:
    """The node's output has to end with the node."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def main(argv: Sequence[str]) -> int:
    """Fork, and become the program; 127 where it cannot be started, as in a shell."""
    options = parse(argv)
    node = os.getpid()
    if os.fork() == 0:
        try:
            accompany(node, options)
        finally:
            os._exit(1)
    try:
        os.execvp(options.program[0], options.program)  # noqa: S606 - that is the purpose
    except OSError as error:
        print(f"{options.program[0]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a network offers, whichever kind it is.

A *network* is opened for one run and closed after it.  A *host* is one node's place in it: its own
loopback, its own interface and address (on a private network), and the only place its processes run.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from attrs import frozen

from tcperf.model import Conditions
from tcperf.traffic import Closing

if TYPE_CHECKING:
    import resource

#: What a run is played on: a network of its own, or this machine's.
Mode = Literal["private", "host"]
#: A private network has addresses for so many hosts: its last eight bits, without the network's own and broadcast's.
ROOM = 254
_MS_PER_S = 1000.0


@frozen
class Counters:
    """An interface's counters at one instant: frames and their bytes, as the interface itself counts."""

    sent_bytes: int
    received_bytes: int
    sent_packets: int
    received_packets: int
    dropped_packets: int

    def __add__(self, other: Counters) -> Counters:
        """What both interfaces have counted."""
        return Counters(
            self.sent_bytes + other.sent_bytes,
            self.received_bytes + other.received_bytes,
            self.sent_packets + other.sent_packets,
            self.received_packets + other.received_packets,
            self.dropped_packets + other.dropped_packets,
        )

    def __sub__(self, other: Counters) -> Counters:
        """What was counted since, or beyond, ``other``."""
        return Counters(
            self.sent_bytes - other.sent_bytes,
            self.received_bytes - other.received_bytes,
            self.sent_packets - other.sent_packets,
            self.received_packets - other.received_packets,
            self.dropped_packets - other.dropped_packets,
        )


@frozen
class Exit:
    """How a process ended: ``status`` as subprocess has it (negative: killed by that signal).

    All figures are of its whole life, the children it waited for included; None where the system does not
    tell.  ``user_ms`` and ``system_ms`` are CPU time.  A thread switches voluntarily where it waits for something;
    a major page fault is one for which something was read from a disk.

    ``began_ns`` is when it became the program and ``ended_ns`` when its end was seen, on the monotonic clock.
    ``peak_bytes`` is the largest resident set of it or a child it waited for, but no less than ``inherited_bytes``:
    what its fork had taken over from the process that started it, until it became the program (getrusage(2): exec
    takes the peak of the image before along).  ``parent`` is that process, which adopts what it leaves.
    ``children_faults`` are the minor page faults of the children it waited for: no program runs without any, so 0
    says that there were none.
    """

    status: int
    user_ms: float | None
    system_ms: float | None
    voluntary_switches: int | None = None
    involuntary_switches: int | None = None
    minor_faults: int | None = None
    major_faults: int | None = None
    began_ns: int | None = None
    ended_ns: int | None = None
    peak_bytes: int | None = None
    children_faults: int | None = None
    inherited_bytes: int | None = None
    parent: int | None = None

    @classmethod
    def of(cls, status: int, usage: resource.struct_rusage) -> Exit:
        """What wait4(2) tells: the figures of all its threads, and of the children that it waited for."""
        return cls(
            status=status,
            user_ms=usage.ru_utime * _MS_PER_S,
            system_ms=usage.ru_stime * _MS_PER_S,
            voluntary_switches=usage.ru_nvcsw,
            involuntary_switches=usage.ru_nivcsw,
            minor_faults=usage.ru_minflt,
            major_faults=usage.ru_majflt,
        )


class Child(Protocol):
    """A process on a host."""

    @property
    def pid(self) -> int:
        """Its id as seen from tcperf's own process."""

    @property
    def launch_cpu_ns(self) -> int:
        """CPU it had used before it became the program: our own fork, in nanoseconds."""

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal; nothing happens if the process has ended.  Never hits another process.

        ``group``: to all of its process group, which is its own and nobody else's.
        """

    def wait(self, timeout_s: float) -> Exit | None:
        """How it ended, waiting up to ``timeout_s`` seconds; None if it still runs then.  Repeatable."""


class Host(Protocol):
    """One node's place in a network."""

    @property
    def name(self) -> str:
        """The node's name."""

    @property
    def address(self) -> str:
        """The IPv4 address at which the network's other hosts reach it."""

    def socket(self) -> socket.socket:
        """A new unconnected TCP socket that lives on this host: 127.0.0.1 is the host's own loopback."""

    def spawn(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: int, stderr: int
    ) -> Child:
        """Start a program here, with no capability, standard input empty, in its own session.

        ``stdout`` and ``stderr`` are file descriptors, which the caller closes after the call.  Raises
        NodeError where the program cannot be started (with the path and the reason).
        """

    def counters(self) -> Counters | None:
        """The host's interface counters now, or None where no interface is the host's own."""

    def counters_fd(self) -> int | None:
        """A file descriptor whose text at offset 0 is the host's /proc/net/dev, for the sampler; or None."""


class Network(Protocol):
    """A network for one run.  A context manager: leaving it ends every process and removes every trace."""

    @property
    def conditions(self) -> Conditions:
        """What surrounds the nodes."""

    def add_host(self, name: str) -> Host:
        """A new host, reachable from all others."""

    def end_processes(self) -> None:
        """Kill every process that still runs on any host; the namespaces stay."""

    def closing(self) -> Closing | None:
        """The traffic identity, to be read after the nodes have stopped; None on the host's network."""

    def close(self) -> None:
        """End every process and give the network back; safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

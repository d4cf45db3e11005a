"""Hosts on this machine's own network, without a broker: for systems that have neither namespaces nor wait4's kin.

All nodes share the machine's loopback, so no traffic is counted.  The driver starts and reaps them by itself; a
``Guard`` ends them should the driver be killed.  A node holds what its user holds: it is started as it is.
"""

from __future__ import annotations

import os
import socket as sockets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError, TcperfError
from tcperf.model import Conditions
from tcperf.network.families import Leader, end
from tcperf.network.guard import Guard
from tcperf.network.interface import Counters, Exit
from tcperf.refusals import program_cure
from tcperf.system import own_session
from tcperf.traffic import Closing

_LOOPBACK = "127.0.0.1"
_END_DEADLINE_S = 10.0
_MS = 1000.0
#: Not every system can wait for a process and a time at once without reaping it: looks come closer at first,
#: for most waits are for a process that was told to end, and no signal may hit a pid that is free again.
_FIRST_LOOK_S, _LAST_LOOK_S = 0.001, 0.02


class LocalChild:
    """A process that the driver started; made by ``LocalHost.spawn``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._exit: Exit | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def launch_cpu_ns(self) -> int:
        """What our own fork took is far below the resolution of figures here: taken for nothing."""
        return 0

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal; nothing happens if the process has ended."""
        with self._lock:
            if self._looked() is None:
                self._send(number, group=group)

    def wait(self, timeout_s: float) -> Exit | None:
        """How it ended, or None when it still runs after ``timeout_s`` seconds."""
        deadline = Deadline.after(timeout_s)
        pause_s = _FIRST_LOOK_S
        while True:
            with self._lock:
                found = self._looked()
            if found is not None or deadline.expired:
                return found
            time.sleep(min(pause_s, deadline.remaining_s()))
            pause_s = min(2 * pause_s, _LAST_LOOK_S)

    def _looked(self) -> Exit | None:
        """How it ended, reaping it if it has; the lock is held."""
        if self._exit is None:
            self._exit = self._look()
        return self._exit

    def _look(self) -> Exit | None:
        assert sys.platform != "win32"
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if not pid:
            return None
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Exit.of(self._process.returncode, usage)

    def _send(self, number: int, *, group: bool) -> None:
        (os.killpg if group else os.kill)(self.pid, number)


class WindowsChild(LocalChild):
    """A process where none can be reaped with its times: its CPU is what psutil read at the last look.

    The end that tcperf brings about is looked for every few milliseconds; of a process that ended by itself the
    last of its CPU is missing.  Any signal ends it at once: there is but one way.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        import psutil

        super().__init__(process)
        self._user_ms: float | None = None
        self._system_ms: float | None = None
        self._ended = psutil.NoSuchProcess
        self._probe: psutil.Process | None = None
        with suppress(psutil.NoSuchProcess):
            self._probe = psutil.Process(process.pid)

    def _look(self) -> Exit | None:
        status = self._process.poll()
        if status is not None:
            return Exit(status=status, user_ms=self._user_ms, system_ms=self._system_ms)
        if self._probe is not None:
            with suppress(self._ended):
                times = self._probe.cpu_times()
                self._user_ms, self._system_ms = times.user * _MS, times.system * _MS
        return None

    def _send(self, _number: int, *, group: bool) -> None:  # noqa: ARG002 - there is but one way
        self._process.terminate()


class LocalHost:
    """A node's place on this machine's network: it shares the loopback with all the others."""

    def __init__(self, name: str, guard: Guard) -> None:
        self._name = name
        self._guard = guard
        self.children: list[LocalChild] = []
        self.leaders: list[Leader] = []

    @property
    def name(self) -> str:
        """The node's name."""
        return self._name

    @property
    def address(self) -> str:
        """The loopback's address, the same for every host."""
        return _LOOPBACK

    def socket(self) -> sockets.socket:
        """A new unconnected TCP socket."""
        return sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)

    def spawn(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: int, stderr: int
    ) -> LocalChild:
        """Start a program here; see ``tcperf.network.interface.Host.spawn``, but it keeps its user's rights."""
        try:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                **own_session(),
            )
        except OSError as error:
            raise NodeError(
                f"{self._name}: {argv[0]}: the program cannot be started: {error.strerror}",
                cure=program_cure(error.errno),
            ) from error
        child = WindowsChild(process) if sys.platform == "win32" else LocalChild(process)
        self.children.append(child)
        leader = Leader.of(child.pid)
        if leader is not None:
            self.leaders.append(leader)
            self._guard.watch(leader)
        return child

    def counters(self) -> Counters | None:
        """None: the interface is everybody's."""
        return None

    def counters_fd(self) -> int | None:
        """None: the interface is everybody's."""
        return None


class LocalNetwork:
    """This machine's network for one run; see ``tcperf.network.interface.Network``.

    ``folder`` holds the run's files: the guard removes it should the driver be killed.
    """

    namespaces = "none"

    def __init__(self, folder: Path | None = None) -> None:
        self._hosts: list[LocalHost] = []
        self._guard = Guard(str(folder) if folder else None)
        self._closed = False

    @property
    def conditions(self) -> Conditions:
        """What surrounds the nodes."""
        return Conditions(network="host", mtu=None, offloads="host")

    @property
    def guard_pid(self) -> int:
        """The guard's process id."""
        return self._guard.pid

    def add_host(self, name: str) -> LocalHost:
        """A new host, which is this machine."""
        self._hosts.append(LocalHost(name, self._guard))
        return self._hosts[-1]

    def end_processes(self) -> None:
        """Kill every process that still runs on any host.

        Raises MachineError where some cannot be ended.
        """
        deadline = Deadline.after(_END_DEADLINE_S)
        left = end([leader for host in self._hosts for leader in host.leaders], deadline)
        for host in self._hosts:
            for child in host.children:
                child.wait(deadline.remaining_s())
        if left:
            raise MachineError(
                f"these processes do not end when they are killed: {', '.join(map(str, left))}",
                cure="look at what they wait for, and end them by hand",
            )

    def closing(self) -> Closing | None:
        """None: no traffic is counted."""
        return None

    def close(self) -> None:
        """End every process; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        with suppress(TcperfError):  # told before, or there is nobody left to tell
            self.end_processes()
            self._guard.dismiss()
        self._guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

"""Hosts and their processes, as the driver holds them."""

from __future__ import annotations

import json
import os
import select
import signal
import socket as sockets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tcperf import procfs
from tcperf.errors import MachineError, NodeError
from tcperf.network import netdev
from tcperf.network.client import BrokerClient
from tcperf.network.copies import Joined
from tcperf.network.interface import Counters, Exit

_RECORD_LIMIT = 4096


class BrokeredChild:
    """A process that the broker started; its end arrives through a pipe of its own."""

    def __init__(self, broker: BrokerClient, pid: int, launch_cpu_ns: int, exit_pipe: int) -> None:
        self._broker = broker
        self._pid = pid
        self._launch_cpu_ns = launch_cpu_ns
        self._pipe = exit_pipe
        self._exit: Exit | None = None

    @property
    def pid(self) -> int:
        """Its process id, the same inside and outside."""
        return self._pid

    @property
    def launch_cpu_ns(self) -> int:
        """CPU it had used before it became the program."""
        return self._launch_cpu_ns

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal through the broker, which knows whether the process still runs."""
        self._broker.call("signal", pid=self._pid, number=number, group=group)

    def wait(self, timeout_s: float) -> Exit | None:
        """How it ended, or None when it still runs after ``timeout_s`` seconds."""
        if self._exit is None:
            poll = select.poll()
            poll.register(self._pipe, select.POLLIN)
            if not poll.poll(max(0.0, timeout_s) * 1000):
                return None
            self._exit = self._read()
        return self._exit

    def _read(self) -> Exit:
        record = os.read(self._pipe, _RECORD_LIMIT)
        if not record:
            raise MachineError(f"nobody saw the end of process {self._pid}: the network's broker was lost")
        return Exit(**json.loads(record))

    def close(self) -> None:
        """Close the pipe; how the process ended is known only if somebody asked before.

        A lost broker could not end what the process itself had started: the session tells who that was.
        """
        os.close(self._pipe)
        if self._broker.is_lost:
            for pid in procfs.session(self._pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


class BrokeredHost:
    """A node's place: with an interface of its own on a private network, without one on the host's."""

    def __init__(
        self, broker: BrokerClient, name: str, where: Mapping[str, Any], netdev_fds: list[int]
    ) -> None:
        self._broker = broker
        self._name = name
        self._address: str = where["address"]
        self._leg: int | None = where.get("leg")
        self._hardware_address: str | None = where.get("hardware_address")
        self._joined = Joined(**where.get("joined", {}))
        self._netdev = netdev_fds
        self._children: list[BrokeredChild] = []

    @property
    def name(self) -> str:
        """The node's name."""
        return self._name

    @property
    def address(self) -> str:
        """The IPv4 address at which other hosts reach it."""
        return self._address

    @property
    def leg(self) -> int | None:
        """The interface index of its link's other end, at the bridge; None on the host's network."""
        return self._leg

    @property
    def hardware_address(self) -> str | None:
        """Its interface's MAC address; None on the host's network."""
        return self._hardware_address

    @property
    def joined(self) -> Joined:
        """Which frames that the bridge flooded did not reach it."""
        return self._joined

    def socket(self) -> sockets.socket:
        """A new unconnected TCP socket that lives on this host."""
        _answer, descriptors = self._broker.call("socket", host=self._name)
        return sockets.socket(fileno=descriptors[0])

    def packet_socket(self) -> sockets.socket:
        """A socket that sees every frame of this host's interface, in both directions; private network only."""
        _answer, descriptors = self._broker.call("packet_socket", host=self._name)
        return sockets.socket(fileno=descriptors[0])

    def spawn(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: int, stderr: int
    ) -> BrokeredChild:
        """Start a program here; see ``tcperf.network.interface.Host.spawn``."""
        ours, theirs = os.pipe()
        try:
            answer, _ = self._broker.call(
                "spawn",
                (stdout, stderr, theirs),
                host=self._name,
                argv=list(argv),
                cwd=str(cwd),
                env=dict(env),
            )
        except BaseException as error:
            os.close(ours)
            if isinstance(error, NodeError):
                raise NodeError(f"{self._name}: {argv[0]}: {error.message}", cure=error.cure) from error
            raise
        finally:
            os.close(theirs)
        child = BrokeredChild(self._broker, answer["pid"], answer["launch_cpu_ns"], ours)
        self._children.append(child)
        return child

    def counters(self) -> Counters | None:
        """The interface's counters now; None on the host's network."""
        return netdev.read(self._netdev[0]) if self._netdev else None

    def counters_fd(self) -> int | None:
        """The sampler's own descriptor of the host's /proc/net/dev; None on the host's network."""
        return self._netdev[1] if self._netdev else None

    def close(self) -> None:
        """Close what is held open for the host."""
        while self._children:
            self._children.pop().close()
        for descriptor in self._netdev:
            os.close(descriptor)
        self._netdev = []

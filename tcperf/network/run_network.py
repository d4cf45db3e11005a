"""The network of one run: private (one namespace a node) or the host's own."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
from attrs import frozen

from tcperf.clock import Deadline
from tcperf.errors import MachineError
from tcperf.link import Link
from tcperf.model import Conditions
from tcperf.network.bad_links import BadLinks
from tcperf.network.client import BrokerClient
from tcperf.network.emulation import Emulation
from tcperf.network.hosts import BrokeredHost
from tcperf.network.interface import ROOM, Mode
from tcperf.traffic import Closing

_MTU = 1500
#: Frames in flight when the last node died arrive within microseconds; a second look is generous.
_SETTLE_S = 0.02
_LOOK_AGAIN_S = 0.002
#: A relay answers before it sends on what it has just taken in: that shows at the next look but one.
_SAME_LOOKS = 3
#: Where frames still come, they are waited for, but not for ever: some node may not have stopped.
_LONGEST_S = 10.0


@frozen
class Tap:
    """A packet socket that takes nothing until it is bound, and the index of the bridge's own interface.

    Who asked for it closes the socket.
    """

    socket: socket.socket
    bridge: int


class RunNetwork:
    """A broker and its hosts; see ``tcperf.network.interface.Network``.

    ``folder`` holds the run's files: it is removed when the network closes, whoever lives to see that.
    ``link`` makes all links of a private network bad, by ``emulation`` or the best means this machine has.
    """

    def __init__(
        self,
        mode: Mode,
        folder: Path | None = None,
        *,
        link: Link | None = None,
        emulation: Emulation | None = None,
    ) -> None:
        self._mode = mode
        self._hosts: list[BrokeredHost] = []
        self._links: BadLinks | None = None
        self._broker = BrokerClient()
        try:
            self.namespaces = self._open(folder, link, emulation)
        except BaseException:
            self._broker.close()
            raise

    def _open(self, folder: Path | None, link: Link | None, emulation: Emulation | None) -> str:
        arguments: dict[str, Any] = {"mode": self._mode, "folder": str(folder) if folder else None}
        if link is not None:
            arguments |= {"link": attrs.asdict(link), "emulation": emulation}
        answer, _ = self._broker.call("open", **arguments)
        if link is not None:
            self._links = BadLinks(self._broker, link, answer["emulation"])
        return str(answer["namespaces"])

    @property
    def conditions(self) -> Conditions:
        """What surrounds the nodes."""
        if self._mode == "host":
            return Conditions(network="host", mtu=None, offloads="host")
        if self._links is None:
            return Conditions(network="private", mtu=_MTU, offloads="off")
        link, emulation = self._links.link, self._links.emulation
        return Conditions(network="private", mtu=_MTU, offloads="off", link=link, emulation=emulation)

    @property
    def broker_pid(self) -> int:
        """The broker's process id."""
        return self._broker.pid

    @property
    def relay_pid(self) -> int | None:
        """The process id of the relay that makes links bad; None where the kernel does, or nobody."""
        return None if self._links is None else self._links.relay_pid

    def add_host(self, name: str) -> BrokeredHost:
        """A new host, reachable from all others.  Raises MachineError where all places are taken."""
        if self._mode == "private" and len(self._hosts) >= ROOM:
            raise MachineError(
                f"{name} has no place: a private network has room for {ROOM} nodes",
                cure="start fewer of them",
            )
        answer, descriptors = self._broker.call("add_host", name=name)
        host = BrokeredHost(self._broker, name, answer, descriptors)
        self._hosts.append(host)
        if self._links is not None:
            self._links.attach(host)
        return host

    def tap(self) -> Tap | None:
        """Where each frame is captured that enters the bridge, or leaves it for a lossy link; None on the host's network."""
        if self._mode == "host":
            return None
        answer, descriptors = self._broker.call("tap")
        return Tap(socket.socket(fileno=descriptors[0]), answer["bridge"])

    def end_processes(self) -> None:
        """Kill every process that still runs on any host; the namespaces stay."""
        self._broker.call("end_processes")

    def closing(self) -> Closing | None:
        """The traffic identity, to be read after the nodes have stopped; None on the host's network.

        Frames that are on their way are waited for as long as some arrive: a relay may be late on a busy machine, but
        before each of its answers it carries some of what has come.
        """
        if self._mode == "host":
            return None
        patience_s = _SETTLE_S + (self._links.transit_s if self._links is not None else 0.0)
        over = Deadline.after(_LONGEST_S + patience_s)
        closing, same = self._read_closing(), 0
        quiet = Deadline.after(patience_s)
        while not (closing.closes or over.expired or (same >= _SAME_LOOKS and quiet.expired)):
            time.sleep(_LOOK_AGAIN_S)  # nothing can wake us when a frame has arrived
            before, closing = closing, self._read_closing()
            same = same + 1 if closing == before else 0
            if not same:
                quiet = Deadline.after(patience_s)
        return closing

    def _read_closing(self) -> Closing:
        counters = [found for host in self._hosts if (found := host.counters()) is not None]
        hub, _ = self._broker.call("closing")
        closing = Closing(
            sent_bytes=sum(node.sent_bytes for node in counters),
            received_bytes=sum(node.received_bytes for node in counters),
            sent_packets=sum(node.sent_packets for node in counters),
            received_packets=sum(node.received_packets for node in counters),
            copies_bytes=hub["copies_bytes"],
            copies_packets=hub["copies_packets"],
            dropped_packets=hub["dropped_packets"] + sum(node.dropped_packets for node in counters),
        )
        return closing if self._links is None else self._links.account(closing, hub["lost_packets"])

    def close(self) -> None:
        """End every process and give the network back; safe to call twice."""
        self._broker.close()
        if self._links is not None:
            self._links.close()
        for host in self._hosts:
            host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

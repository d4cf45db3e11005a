"""The network of one run: private (one namespace a node) or the host's own."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tcperf.model import Closing, Conditions
from tcperf.network.client import BrokerClient
from tcperf.network.hosts import BrokeredHost

Mode = Literal["private", "host"]
_MTU = 1500
#: Frames in flight when the last node died arrive within microseconds; a second look is generous.
_SETTLE_LOOKS = 10
_SETTLE_S = 0.002


class RunNetwork:
    """A broker and its hosts; see ``tcperf.network.interface.Network``.

    ``folder`` holds the run's files: it is removed when the network closes, whoever lives to see that.
    """

    def __init__(self, mode: Mode, folder: Path | None = None) -> None:
        self._mode = mode
        self._hosts: list[BrokeredHost] = []
        self._broker = BrokerClient()
        try:
            answer, _ = self._broker.call("open", mode=mode, folder=str(folder) if folder else None)
        except BaseException:
            self._broker.close()
            raise
        self.namespaces: str = answer["namespaces"]

    @property
    def conditions(self) -> Conditions:
        """What surrounds the nodes."""
        if self._mode == "host":
            return Conditions(network="host", mtu=None, offloads="host")
        return Conditions(network="private", mtu=_MTU, offloads="off")

    @property
    def broker_pid(self) -> int:
        """The broker's process id."""
        return self._broker.pid

    def add_host(self, name: str) -> BrokeredHost:
        """A new host, reachable from all others."""
        answer, descriptors = self._broker.call("add_host", name=name)
        host = BrokeredHost(self._broker, name, answer["address"], descriptors)
        self._hosts.append(host)
        return host

    def end_processes(self) -> None:
        """Kill every process that still runs on any host; the namespaces stay."""
        self._broker.call("end_processes")

    def closing(self) -> Closing | None:
        """The traffic identity, to be read after the nodes have stopped; None on the host's network."""
        if self._mode == "host":
            return None
        closing = self._read_closing()
        for _look in range(_SETTLE_LOOKS):
            if closing.closes:
                break
            time.sleep(_SETTLE_S)  # nothing can wake us when a frame has arrived
            closing = self._read_closing()
        return closing

    def _read_closing(self) -> Closing:
        counters = [found for host in self._hosts if (found := host.counters()) is not None]
        hub, _ = self._broker.call("closing")
        return Closing(
            sent_bytes=sum(node.sent_bytes for node in counters),
            received_bytes=sum(node.received_bytes for node in counters),
            sent_packets=sum(node.sent_packets for node in counters),
            received_packets=sum(node.received_packets for node in counters),
            copies_bytes=hub["copies_bytes"],
            copies_packets=hub["copies_packets"],
            dropped_packets=hub["dropped_packets"] + sum(node.dropped_packets for node in counters),
        )

    def close(self) -> None:
        """End every process and give the network back; safe to call twice."""
        self._broker.close()
        for host in self._hosts:
            host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

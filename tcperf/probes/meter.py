"""The driver's end of the meter."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import attrs

from tcperf import clock
from tcperf.network import wire
from tcperf.network.copies import Joined
from tcperf.network.helper import HelperProcess

INTERVAL_MS = 50


class Meter(HelperProcess):
    """A meter process, for the series and the capture of one run after another.

    The order is: ``begin``, ``tap`` before there is any host, ``host`` for each before it sends anything,
    ``watch`` and ``control_port`` for its node, ``cut`` at the phases' edges, ``end``.  Without ``tap`` it draws
    the series alone.  Every request raises MachineError where the meter cannot do it, or is gone.
    """

    def __init__(self) -> None:
        super().__init__("the meter", "tcperf.probes.meter_process")
        self._edges: int | None = None

    def begin(self, run: str, zero_ns: int) -> None:
        """Begin ``run``; times count from ``zero_ns`` on the monotonic clock."""
        self._call("begin", run=run, zero_ns=zero_ns, interval_ms=INTERVAL_MS)

    def tap(
        self,
        packets: socket.socket,
        bridge: int,
        *,
        full: bool = False,
        lossy: bool = False,
        pcap: Path | None = None,
        slots: int | None = None,
    ) -> None:
        """Capture the run's frames, each where it enters the bridge whose interface has the index ``bridge``.

        ``packets`` is a packet socket that is not bound; the meter gets a duplicate, and the caller closes it.
        ``pcap`` keeps frames in that file, which must not exist: their headers, or, ``full``, all of them.
        ``lossy`` is for emulated links: what a node received is then counted where it leaves the bridge.
        ``slots`` sizes the ring (a multiple of 256), for tests.
        """
        self._close_edges()
        theirs, self._edges = os.pipe()
        try:
            self._call(
                "tap",
                (packets.fileno(), theirs),
                bridge=bridge,
                full=full,
                lossy=lossy,
                pcap=None if pcap is None else str(pcap),
                slots=slots,
            )
        finally:
            os.close(theirs)

    def host(
        self, name: str, leg: int, hardware_address: str, address: str, joined: Joined | None = None
    ) -> None:
        """A host was added: its leg's interface index, its MAC and its IP address.

        ``joined`` tells which floods did not reach it; None: all did.
        """
        missed = {} if joined is None else attrs.asdict(joined)
        self._call("host", name=name, leg=leg, mac=hardware_address, address=address, joined=missed)

    def watch(self, name: str, pid: int, counters: int | None, /) -> None:
        """Watch a node's process, and its interface where ``counters`` is a descriptor of /proc/net/dev."""
        self._call("watch", () if counters is None else (counters,), name=name, pid=pid)

    def control_port(self, name: str, port: int) -> None:
        """The port of a node's driving API: what passes there is the role "control"."""
        self._call("control_port", name=name, port=port)

    def cut(self, phase: str, at_ns: int | None = None) -> None:
        """Frames from ``at_ns`` on (``clock.realtime_ns``; None: now) belong to ``phase``; "" is outside of all.

        It costs one write into a pipe, which wakes nobody: the meter looks there when it wakes by itself, before
        it counts any frame that is younger.  Nothing happens where nothing is captured.
        """
        at_ns = clock.realtime_ns() if at_ns is None else at_ns
        if self._edges is not None:
            try:
                os.write(self._edges, b"%d %b\n" % (at_ns, phase.encode()))
            except BrokenPipeError:
                raise self._lost("cut") from None

    def end(self, path: Path, traffic_path: Path | None = None) -> float:
        """Write the series to ``path``, and what was captured to ``traffic_path`` (``traffic_file``).

        To be called when the nodes have ended.  The CPU milliseconds that the meter has used in its life.
        """
        traffic = None if traffic_path is None else str(traffic_path)
        answer: dict[str, float] = self._call("end", path=str(path), traffic_path=traffic)
        self._close_edges()
        return answer["cpu_ms"]

    def close(self) -> None:
        """End the meter; safe to call twice."""
        self._close_edges()
        super().close()

    def _close_edges(self) -> None:
        if self._edges is not None:
            os.close(self._edges)
            self._edges = None

    def _call(self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any) -> Any:
        message, _descriptors = self.ask(operation, descriptors, **arguments)
        return wire.outcome("the meter", operation, message)

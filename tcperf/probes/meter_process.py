"""The meter: a process of its own that samples a run's processes and captures its frames.

``python -m tcperf.probes.meter_process FD`` serves the driver on a socket pair (``tcperf.network.wire``); requests
are the public methods of ``Meter``.  Apart from the driver, for a busy Python thread beside the driver would
delay it by whole switch intervals.  It wakes once an interval, or every fourth one while no process of the run
works, whatever else is going on, and hands over totals when the run has ended, never packets.
"""

from __future__ import annotations

import contextlib
import gc
import select
import socket
import sys
import time
from pathlib import Path
from typing import Any

from tcperf.clock import NS_PER_MS, monotonic_ns, realtime_ns
from tcperf.frames.rows import Ports
from tcperf.network import wire
from tcperf.network.copies import Joined
from tcperf.probes.bound_ports import BoundPorts
from tcperf.probes.clock_watch import ClockWatch
from tcperf.probes.edge_pipe import EdgePipe
from tcperf.probes.run_capture import RunCapture, TapOptions
from tcperf.probes.sampler import Sampler
from tcperf.probes.series_file import write_series
from tcperf.probes.traffic_file import write_traffic
from tcperf.traffic import Direction


class Meter:
    """One run's series and capture; then the next one's."""

    def __init__(self) -> None:
        self._interval_ns = 0
        self._reset()

    def _reset(self) -> None:
        self._run = ""
        self._zero_ns = self._next_ns = 0
        self._clock = ClockWatch()
        self._sampler = Sampler()
        self._ports = Ports()
        self._bound: dict[str, BoundPorts] = {}
        self._capture: RunCapture | None = None
        self._edges: EdgePipe | None = None

    # --- requests ------------------------------------------------------------------------------------

    def begin(self, run: str, zero_ns: int, interval_ms: int, descriptors: list[int]) -> object:
        """Begin ``run``, whose time 0 is ``zero_ns`` on the monotonic clock; what was not ended is given up."""
        wire.close_all(descriptors)
        self._close()
        self._run, self._zero_ns, self._interval_ns = run, zero_ns, interval_ms * NS_PER_MS
        self._next_ns = monotonic_ns()
        self._clock = ClockWatch()
        return {}

    def tap(self, descriptors: list[int], pcap: str | None, **options: Any) -> object:
        """Capture, from now on: ``TapOptions`` but for ``pcap``, which is a path.

        The descriptors are a packet socket and a pipe, by which the phases' edges come: ``<ns> <phase>`` a line.
        """
        packets, self._edges = socket.socket(fileno=descriptors[0]), EdgePipe(descriptors[1])
        try:
            made = TapOptions(pcap=None if pcap is None else Path(pcap), **options)
            self._capture = RunCapture(packets, made, self._interval_ns // NS_PER_MS, self._ports)
        except BaseException:
            packets.close()
            raise
        self._capture.start(self._zero_ns + self._clock.offset_ns)
        return {}

    def host(
        self,
        name: str,
        leg: int,
        mac: str,
        address: str,
        descriptors: list[int],
        joined: dict[str, int] | None = None,
    ) -> object:
        """A node's place on the captured network; ``joined`` are the fields of a Joined."""
        wire.close_all(descriptors)
        if self._capture is not None:
            place = bytes.fromhex(mac.replace(":", "")), address
            self._capture.host(name, leg, *place, Joined(**joined or {}))
        return {}

    def watch(self, name: str, pid: int, descriptors: list[int]) -> object:
        """Watch a process from now on; one that has ended already has no series, and its driver says why.

        The descriptor of its /proc/net/dev is not needed where frames are captured.
        """
        if self._capture is not None:
            wire.close_all(descriptors)
            descriptors = []
            if name in self._bound:  # a node that was started again
                self._bound[name].close()
            self._bound[name] = BoundPorts(pid)
        if not self._sampler.watch(name, pid, descriptors[0] if descriptors else None):
            wire.close_all(descriptors)
        self._wake_at_next_tick()
        return {}

    def control_port(self, name: str, port: int, descriptors: list[int]) -> object:
        """The port of a node's driving API."""
        wire.close_all(descriptors)
        self._ports.control[name] = port
        return {}

    def end(self, path: str, traffic_path: str | None, descriptors: list[int]) -> object:
        """Write the series, and what was captured, each whole or not at all; answers what the meter has cost."""
        wire.close_all(descriptors)
        try:
            self._finish(Path(path), None if traffic_path is None else Path(traffic_path))
        finally:
            self._close()
        return {"cpu_ms": time.process_time_ns() / NS_PER_MS}

    # --- the work ------------------------------------------------------------------------------------

    def _wake_at_next_tick(self) -> None:
        """There is something new: do not sleep on for several intervals."""
        if self._interval_ns:
            now_ns = monotonic_ns()
            left_ns = self._interval_ns - (now_ns - self._zero_ns) % self._interval_ns
            self._next_ns = min(self._next_ns, now_ns + left_ns)

    def tick(self) -> int | None:
        """Draw the rows and count the frames, if it is time; how long to wait then, in milliseconds for poll(2).

        On an idle machine every line here runs from cold caches: the less there is of it, the better.
        """
        if not self._interval_ns:
            return None
        now_ns = time.monotonic_ns()
        if now_ns >= self._next_ns:
            elapsed_ns = now_ns - self._zero_ns
            tick = elapsed_ns // self._interval_ns
            ticks = self._sampler.sample(tick, elapsed_ns)
            capture = self._capture
            if capture is not None:
                if capture.is_due(tick):
                    self._count(capture)
                ticks = min(ticks, capture.patience)
            # Ticks stay on the grid of the run's time; those missed while the machine was busy are skipped.
            pause_ns = ticks * self._interval_ns
            self._next_ns = now_ns + pause_ns - elapsed_ns % pause_ns
            now_ns = time.monotonic_ns()
        # Late by a fraction, never early.
        return max(0, (self._next_ns - now_ns) // NS_PER_MS + 1)

    def _count(self, capture: RunCapture) -> None:
        """Count the frames that are old enough, by the phases' edges that have been told by now."""
        step_ns = self._clock.look()
        if step_ns:
            capture.clock_stepped(step_ns)
        self._cut(capture)
        capture.advance(realtime_ns())
        self._read_ports(capture)

    def _cut(self, capture: RunCapture) -> None:
        """Cut at the edges that came since the last look."""
        assert self._edges is not None
        for at_ns, phase in self._edges.told():
            capture.cut(at_ns, phase)

    def _read_ports(self, capture: RunCapture) -> None:
        """What the nodes have bound for UDP: nothing on the wire shows it."""
        if capture.wants_udp_ports:
            capture.wants_udp_ports = False
            for name, bound in self._bound.items():
                self._ports.listen(name, bound.ports())

    def _finish(self, path: Path, traffic_path: Path | None) -> None:
        nodes = self._sampler.columns()
        series: dict[str, Any] = {
            "run": self._run,
            "interval_ms": self._interval_ns // NS_PER_MS,
            "nodes": nodes,
        }
        self._interval_ns = 0
        if self._capture is not None:
            self._cut(self._capture)
            self._capture.finish(realtime_ns())
            self._read_ports(self._capture)
            _add_traffic(nodes, self._capture)
            series["traffic"] = self._capture.series()
            found = self._capture.close()
            self._capture = None
            if traffic_path is not None:
                write_traffic(traffic_path, {**found, "clock_steps": self._clock.steps})
        write_series(path, series)

    def _close(self) -> None:
        """Give everything back; what the run had is gone."""
        self._interval_ns = 0
        self._sampler.close()
        for bound in self._bound.values():
            bound.close()
        if self._capture is not None:
            self._capture.close()
        if self._edges is not None:
            self._edges.close()
        self._reset()


def _add_traffic(nodes: dict[str, dict[str, list[float]]], capture: RunCapture) -> None:
    """The columns of traffic: of what was captured by the time of each row."""
    directions: tuple[Direction, Direction] = ("sent", "received")
    for name, columns in nodes.items():
        for direction in directions:
            found = capture.series_columns(name, direction, columns["t_ms"])
            if found is not None:
                frame_bytes, packets = found
                columns[f"{direction}_bytes"], columns[f"{direction}_packets"] = [*frame_bytes], [*packets]


def serve(control: socket.socket, meter: Meter) -> None:
    """Answer requests and do the work of every tick until the driver is gone."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    wait_ms = None
    while not poll.poll(wait_ms) or _answer(control, meter):
        wait_ms = meter.tick()


def _answer(control: socket.socket, meter: Meter) -> bool:
    """Answer one request; False when there are no more."""
    request = wire.receive(control)
    if request is None:
        return False
    message, descriptors = request
    method = getattr(meter, message.pop("op"))
    wire.send(control, wire.answered(lambda: method(**message, descriptors=descriptors)))
    return True


def main(argv: list[str]) -> int:
    """Serve the driver on the socket whose descriptor is the one argument."""
    # There are no cycles to collect, and looking for them would come at any moment of the run.
    gc.disable()
    with socket.socket(fileno=int(argv[0])) as control, contextlib.suppress(BrokenPipeError):
        serve(control, Meter())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

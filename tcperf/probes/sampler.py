"""The sampler: a process of its own that draws each node's CPU, memory and traffic over time.

``python -m tcperf.probes.sampler FD`` serves the driver on a socket pair (``tcperf.network.wire``): ``watch``
a process, ``begin`` a series, ``end`` it into a file.  Apart from the driver, for a busy Python thread beside
the driver would delay it by whole switch intervals; with files kept open, for that is what makes it cheap.

The file is gzip JSON: ``{"schema": 1, "run": …, "interval_ms": …, "nodes": {name: {"t_ms": […], "cpu_ms":
[…], "rss_bytes": […], "sent_bytes": […], "received_bytes": […]}}}``; times since the run began, CPU and
bytes cumulative, the two last absent where no interface is the node's own.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import select
import socket
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tcperf.clock import NS_PER_MS
from tcperf.network import netdev, wire
from tcperf.probes.cpu import cpu_clock_ns

SCHEMA = 1
_PAGE = os.sysconf("SC_PAGE_SIZE")
_STATM_LIMIT = 128
#: The columns, in the order of a row, and how a kernel's number becomes one of base units.
_SCALES: dict[str, Callable[[int], float]] = {
    "t_ms": lambda ns: round(ns / NS_PER_MS, 3),
    "cpu_ms": lambda ns: round(ns / NS_PER_MS, 3),
    "rss_bytes": lambda pages: pages * _PAGE,
    "sent_bytes": int,
    "received_bytes": int,
}
_TRAFFIC_COLUMNS = 2


class Target:
    """One watched process and its rows; ``counters`` is a descriptor of its /proc/net/dev or None.

    A row is kept as the kernel's own whole numbers, and scaled only when the series ends: drawing it is the
    hot path, twenty times a second for every node.
    """

    def __init__(self, pid: int, counters: int | None) -> None:
        self._pid = pid
        self._counters = counters
        self._statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY)
        self._rows = array("q")

    def sample(self, elapsed_ns: int) -> bool:
        """Add a row; False when the process has ended."""
        try:
            cpu_ns = cpu_clock_ns(self._pid)
            resident = os.pread(self._statm, _STATM_LIMIT, 0).split(None, 2)[1]
        except (OSError, IndexError):  # a process that is ending has an empty statm
            return False
        self._rows.extend((elapsed_ns, cpu_ns, int(resident)))
        if self._counters is not None:
            self._rows.extend(netdev.read_bytes(self._counters))
        return True

    def columns(self) -> dict[str, list[float]]:
        """The rows as columns in base units."""
        width = len(_SCALES) if self._counters is not None else len(_SCALES) - _TRAFFIC_COLUMNS
        return {
            name: [scale(value) for value in self._rows[place::width]]
            for place, (name, scale) in enumerate(list(_SCALES.items())[:width])
        }

    def close(self) -> None:
        """Close the files."""
        os.close(self._statm)
        if self._counters is not None:
            os.close(self._counters)


class Sampler:
    """The targets, and the series of one run; every public method is one request."""

    def __init__(self) -> None:
        self._targets: dict[str, Target] = {}
        self._living: list[Target] = []
        self._run = ""
        self._zero_ns = 0
        self._interval_ns = 0
        self._next_ns = 0

    def begin(self, run: str, zero_ns: int, interval_ms: int, descriptors: list[int]) -> object:
        """Begin the series of ``run``, whose time 0 is ``zero_ns`` on the monotonic clock."""
        wire.close_all(descriptors)
        self._run, self._zero_ns = run, zero_ns
        self._interval_ns = interval_ms * NS_PER_MS
        self._next_ns = time.monotonic_ns()
        return {}

    def watch(self, name: str, pid: int, descriptors: list[int]) -> object:
        """Watch a process from now on; one that has ended already has no series, and its driver says why."""
        try:
            target = Target(pid, descriptors[0] if descriptors else None)
        except (FileNotFoundError, ProcessLookupError):
            wire.close_all(descriptors)
            return {}
        self._targets[name] = target
        self._living.append(target)
        return {}

    def end(self, path: str, descriptors: list[int]) -> object:
        """Write the series to ``path``, whole or not at all; answers what sampling cost."""
        wire.close_all(descriptors)
        series = {
            "schema": SCHEMA,
            "run": self._run,
            "interval_ms": self._interval_ns // NS_PER_MS,
            "nodes": {name: target.columns() for name, target in self._targets.items()},
        }
        self._interval_ns = 0
        _write_atomically(Path(path), gzip.compress(json.dumps(series).encode("ascii"), mtime=0))
        for target in self._targets.values():
            target.close()
        self._targets, self._living = {}, []
        return {"cpu_ms": time.process_time_ns() / NS_PER_MS}

    def sample(self) -> None:
        """Draw a row of every living target, if it is time."""
        now = time.monotonic_ns()
        if not self._interval_ns or now < self._next_ns:
            return
        self._living = [target for target in self._living if target.sample(now - self._zero_ns)]
        # Ticks stay on their grid; those missed while the machine was busy are skipped, not made up.
        missed = (now - self._next_ns) // self._interval_ns
        self._next_ns += (missed + 1) * self._interval_ns

    def wait_ms(self) -> float | None:
        """How long until the next row; None while no series is drawn."""
        if not self._interval_ns:
            return None
        return max(0.0, (self._next_ns - time.monotonic_ns()) / NS_PER_MS)


def serve(control: socket.socket, sampler: Sampler) -> None:
    """Answer requests and draw rows until the driver is gone."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        wait_ms = sampler.wait_ms()
        # poll(2) takes whole milliseconds, rounded up: late by a fraction, never early and spinning.
        if poll.poll(None if wait_ms is None else int(wait_ms) + 1):
            request = wire.receive(control)
            if request is None:
                return
            message, descriptors = request
            wire.send(control, _answer(getattr(sampler, message.pop("op")), message, descriptors))
        sampler.sample()


def _answer(method: Callable[..., object], arguments: dict[str, Any], descriptors: list[int]) -> wire.Message:
    try:
        return {"ok": method(**arguments, descriptors=descriptors)}
    except OSError as error:
        return {"step": "sample", "error": str(error), "errno": error.errno}


def _write_atomically(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def main(argv: list[str]) -> int:
    """Serve the driver on the socket whose descriptor is the one argument."""
    with socket.socket(fileno=int(argv[0])) as control, contextlib.suppress(BrokenPipeError):
        serve(control, Sampler())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

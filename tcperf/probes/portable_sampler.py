"""The sampler where there is no Linux /proc: draws each node's CPU and memory over time through psutil.

``python -m tcperf.probes.portable_sampler`` serves the driver on its standard streams (``tcperf.network.pipes``).
A process of its own, for a busy Python thread beside the driver would delay it by whole switch intervals.  The
file is as ``tcperf.timeseries`` reads it, without traffic.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

from tcperf.clock import NS_PER_MS, NS_PER_S, monotonic_ns
from tcperf.network import pipes
from tcperf.probes.series_file import write_series

_MS = 1000.0


class Target:
    """One watched process and its rows.  Raises psutil.NoSuchProcess where it has ended.

    ``before`` is the process that it follows, the same node started again: its rows go on, and its CPU time adds up.
    """

    def __init__(self, pid: int, before: Target | None = None) -> None:
        import psutil

        self._process = psutil.Process(pid)
        self._gone = psutil.Error
        self.times: list[float] = [] if before is None else before.times
        self.cpu: list[float] = [] if before is None else before.cpu
        self.resident: list[int] = [] if before is None else before.resident
        self._earlier_ms = self.cpu[-1] if self.cpu else 0.0

    def sample(self, elapsed_ns: int) -> bool:
        """Add a row; False when the process has ended, or lets nobody look any more."""
        try:
            with self._process.oneshot():
                times = self._process.cpu_times()
                resident = self._process.memory_info().rss
        except self._gone:
            return False
        if not resident:  # what it has left behind, waiting to be reaped
            return False
        self.times.append(round(elapsed_ns / NS_PER_MS, 3))
        self.cpu.append(round(self._earlier_ms + (times.user + times.system) * _MS, 3))
        self.resident.append(resident)
        return True

    def columns(self) -> dict[str, list[float]]:
        """The rows as columns in base units."""
        return {"t_ms": self.times, "cpu_ms": self.cpu, "rss_bytes": list(self.resident)}


class Sampler:
    """The targets, and the series of one run; ``begin``, ``watch`` and ``end`` are requests."""

    def __init__(self) -> None:
        self._targets: dict[str, Target] = {}
        self._living: list[Target] = []
        self._run = ""
        self._zero_ns = 0
        self._interval_ns = 0
        self._next_ns = 0

    def begin(self, run: str, zero_ns: int, interval_ms: int) -> None:
        """Begin the series of ``run``, whose time 0 is ``zero_ns`` on the monotonic clock."""
        self._run, self._zero_ns = run, zero_ns
        self._interval_ns = interval_ms * NS_PER_MS
        self._next_ns = monotonic_ns()

    def watch(self, name: str, pid: int) -> None:
        """Watch a process from now on; one that has ended already has no series, and its driver says why."""
        import psutil

        before = self._targets.get(name)
        with contextlib.suppress(psutil.Error):
            self._targets[name] = Target(pid, before)
            self._living = [each for each in self._living if each is not before]
            self._living.append(self._targets[name])

    def end(self, path: str) -> float:
        """Write the series to ``path``, whole or not at all; the CPU milliseconds used in this life."""
        series = {
            "run": self._run,
            "interval_ms": self._interval_ns // NS_PER_MS,
            "nodes": {name: target.columns() for name, target in self._targets.items()},
        }
        self._interval_ns = 0
        self._targets, self._living = {}, []
        write_series(Path(path), series)
        return time.process_time_ns() / NS_PER_MS

    def sample(self) -> None:
        """Draw a row of every living target, if it is time."""
        now = monotonic_ns()
        if not self._interval_ns or now < self._next_ns:
            return
        self._living = [target for target in self._living if target.sample(now - self._zero_ns)]
        # Ticks stay on their grid; those missed while the machine was busy are skipped, not made up.
        missed = (now - self._next_ns) // self._interval_ns
        self._next_ns += (missed + 1) * self._interval_ns

    def wait_s(self) -> float | None:
        """How long until the next row, in seconds; None while no series is drawn."""
        if not self._interval_ns:
            return None
        return max(0, self._next_ns - monotonic_ns()) / NS_PER_S


def main() -> int:
    """Serve the driver until it is gone."""
    sampler = Sampler()
    for request in pipes.requests(sampler.wait_s):
        if request is not None:
            pipes.answer(sampler, request)
        sampler.sample()
    return 0


if __name__ == "__main__":
    sys.exit(main())

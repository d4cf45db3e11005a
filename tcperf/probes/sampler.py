"""The sampler: each node's CPU, memory and traffic over time, a row a tick.

Its hot path runs twenty times a second for every node that works, on a machine that measures something else: files
are kept open, clocks are read without a wrapper, and rows are the kernel's own whole numbers, scaled when the
series ends.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable
from typing import Final

from tcperf.clock import NS_PER_MS
from tcperf.network import netdev
from tcperf.probes.cpu import clock_of

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_STATM_LIMIT: Final = 128
#: The columns, in the order of a row, and how a kernel's number becomes one of base units.
_SCALES: Final[dict[str, Callable[[int], float]]] = {
    "t_ms": lambda ns: round(ns / NS_PER_MS, 3),
    "cpu_ms": lambda ns: round(ns / NS_PER_MS, 3),
    "rss_bytes": lambda pages: pages * _PAGE,
    "sent_bytes": int,
    "received_bytes": int,
}
_TRAFFIC_COLUMNS: Final = 2
#: Ticks between two looks at a process that rests.
LONGEST_REST: Final = 4


class Target:
    """One watched process and its rows; ``counters`` is a descriptor of its /proc/net/dev or None.

    It is looked at whenever ``every`` ticks are over: 1, 2 or 4.  ``before`` is the process that it follows, the
    same node started again: its rows go on, and its CPU time adds up.  Raises FileNotFoundError or
    ProcessLookupError where the process has ended.
    """

    __slots__ = ("_counters", "clock", "cpu_ns", "earlier_ns", "every", "resident", "rows", "statm")

    def __init__(self, pid: int, counters: int | None, before: Target | None = None) -> None:
        self.clock = clock_of(pid)
        self.statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY)
        self.rows: array[int] = array("q") if before is None else before.rows
        self.earlier_ns: int = 0 if before is None else before.earlier_ns + max(before.cpu_ns, 0)
        self.cpu_ns: int = -1
        self.resident: int = -1
        self.every = 1
        self._counters = counters

    def sample_traffic(self) -> None:
        """Finish the row with the interface's counters, where there are any to read."""
        if self._counters is not None:
            self.rows.extend(netdev.read_bytes(self._counters))

    @property
    def samples_traffic(self) -> bool:
        """Whether rows need ``sample_traffic``."""
        return self._counters is not None

    def columns(self) -> dict[str, list[float]]:
        """The rows as columns in base units."""
        width = len(_SCALES) if self._counters is not None else len(_SCALES) - _TRAFFIC_COLUMNS
        return {
            name: [scale(value) for value in self.rows[place::width]]
            for place, (name, scale) in enumerate(list(_SCALES.items())[:width])
        }

    def close(self) -> None:
        """Close the files."""
        os.close(self.statm)
        if self._counters is not None:
            os.close(self._counters)


class Sampler:
    """The watched processes of one run."""

    def __init__(self) -> None:
        self._targets: dict[str, Target] = {}
        self._living: list[Target] = []
        self._tick = -1

    def watch(self, name: str, pid: int, counters: int | None) -> bool:
        """Watch a process from now on; False for one that has ended already."""
        try:
            target = Target(pid, counters, before := self._targets.get(name))
        except (FileNotFoundError, ProcessLookupError):
            return False
        if before is not None:
            before.close()
            if before in self._living:
                self._living.remove(before)
        self._targets[name] = target
        self._living.append(target)
        return True

    def sample(self, tick: int, elapsed_ns: int) -> int:
        """Draw a row of every living process at this tick; the number of ticks after which to look again.

        One that has not run since its last row is looked at half as often, and then a quarter, and all that rest
        at the same ticks: the meter sleeps through the others.  A process's clock adds up those of all its threads,
        dozens in a node: reading it is most of the work.
        """
        clock, pread = time.clock_gettime_ns, os.pread
        last, self._tick = self._tick, tick
        soonest, ended = LONGEST_REST, None
        for target in self._living:
            every = target.every
            if tick // every != last // every:
                try:
                    cpu_ns = clock(target.clock)
                    if cpu_ns != target.cpu_ns:
                        target.resident = int(pread(target.statm, _STATM_LIMIT, 0).split(None, 2)[1])
                        target.cpu_ns = cpu_ns
                        target.every = every = 1
                    elif every < LONGEST_REST and not target.samples_traffic:
                        # What has not run has not touched memory either.
                        target.every = every = 2 * every
                except (OSError, IndexError):  # a process that is ending has an empty statm
                    ended = target
                    continue
                target.rows.extend((elapsed_ns, target.earlier_ns + cpu_ns, target.resident))
                if target.samples_traffic:
                    target.sample_traffic()
            soonest = min(soonest, every)
        if ended is not None:  # one a tick is as good as all at once
            self._living.remove(ended)
        return soonest

    def columns(self) -> dict[str, dict[str, list[float]]]:
        """Every process's columns, by its name, in base units."""
        return {name: target.columns() for name, target in self._targets.items()}

    def close(self) -> None:
        """Watch nothing any more."""
        for target in self._targets.values():
            target.close()
        self._targets, self._living, self._tick = {}, [], -1

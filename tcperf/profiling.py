"""Profiles of the nodes' programs, taken in one more run that is not measured.

A profile costs the program what it shows (Go's samples a hundred times a second, and a heap profile collects
the garbage first), so no measured run has any.  The CPU of every node is profiled through one phase: the first
published one that begins with nodes.  For how long must be said beforehand: as long as that phase took in the
runs that were measured.  At its end comes the heap.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Final, Protocol, Self

from tcperf.clock import NS_PER_S
from tcperf.definition import Scenario
from tcperf.errors import TcperfError
from tcperf.model import Run
from tcperf.nodes.interface import Driver
from tcperf.nodes.pprof import Kind
from tcperf.reports.write import write_atomically

#: Go samples whole seconds; a minute shows all that an hour would.
SHORTEST_S: Final = 1
LONGEST_S: Final = 60
_SUFFIX: Final = ".pb.gz"


class PhaseWatch(Protocol):
    """Looks on while a scenario is played; the stage calls it outside of the phase's clock."""

    def begin(self, phase: str, drivers: Mapping[str, Driver]) -> None:
        """A phase is about to begin, with these nodes on the stage."""

    def end(self, phase: str, drivers: Mapping[str, Driver]) -> None:
        """A phase is over."""


def phase_lengths(scenario: Scenario, runs: Iterable[Run]) -> dict[str, float]:
    """How long each published phase took, in seconds: the median over the runs."""
    published = {phase.name for phase in scenario.phases if phase.publish}
    took: dict[str, list[float]] = {}
    for run in runs:
        for phase in run.phases:
            if phase.name in published:
                took.setdefault(phase.name, []).append((phase.end_ns - phase.start_ns) / NS_PER_S)
    return {name: statistics.median(seconds) for name, seconds in took.items()}


class Profiler:
    """Takes the profiles of one run into ``folder``, which is made: ``<scenario>.<node>.<kind>.pb.gz``.

    A ``PhaseWatch``, and a context manager: leave it after the nodes have ended.  Whatever fails is a warning:
    profiles are no reason to throw anything away.  ``kinds`` are
    "cpu" and "heap" or one of them, ``lengths_s`` those of ``phase_lengths``.
    """

    def __init__(
        self, scenario: str, kinds: Collection[str], lengths_s: Mapping[str, float], folder: Path
    ) -> None:
        self._scenario = scenario
        self._kinds = kinds
        self._lengths_s = lengths_s
        self._folder = folder
        self._phase: str | None = None
        self._threads: list[Thread] = []
        self._warnings: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be had, once the run is over."""
        if self._phase is None:
            return (f"{self._scenario} has no profiles: none of its published phases begins with nodes",)
        return tuple(self._warnings)

    def begin(self, phase: str, drivers: Mapping[str, Driver]) -> None:
        """Begin the CPU profiles, if this is the phase."""
        if self._phase is not None or phase not in self._lengths_s or not drivers:
            return
        self._phase = phase
        if "cpu" in self._kinds:
            seconds = duration_s(self._lengths_s[phase])
            for driver in drivers.values():  # each call waits for its profile
                thread = Thread(target=self._take, args=(driver, "cpu", seconds), daemon=True)
                self._threads.append(thread)
                thread.start()

    def end(self, phase: str, drivers: Mapping[str, Driver]) -> None:
        """Take the heap profiles if this was the phase, and wait for those of the CPU."""
        if phase == self._phase:
            if "heap" in self._kinds:
                for driver in drivers.values():
                    self._take(driver, "heap", 0)
            self.close()

    def _take(self, driver: Driver, kind: Kind, seconds: int) -> None:
        path = self._folder / f"{self._scenario}.{driver.name}.{kind}{_SUFFIX}"
        try:
            profile = driver.profile(kind, seconds)
            if profile is None:
                self._warnings.append(f"{driver.name} offers no {kind} profile")
                return
            self._folder.mkdir(exist_ok=True)
            write_atomically(path, profile)
        except (TcperfError, OSError) as error:
            self._warnings.append(f"{driver.name} has no {kind} profile: {error}")

    def close(self) -> None:
        """Wait until every profile is written, or has failed; safe to call twice."""
        while self._threads:
            self._threads.pop().join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def duration_s(phase_s: float) -> int:
    """For how many whole seconds to profile a phase of this length."""
    return min(max(math.ceil(phase_s), SHORTEST_S), LONGEST_S)

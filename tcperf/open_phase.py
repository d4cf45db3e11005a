"""A phase while it is open: what is gathered in it, and the result that comes of it when it closes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, field

from tcperf import clock
from tcperf.deliveries import Letter
from tcperf.gofigures import UNBORN, GoFigures
from tcperf.measurement import Measurement, measured
from tcperf.model import PhaseResult
from tcperf.network.interface import Host
from tcperf.probes.go import go_measurements
from tcperf.probes.lives import joined
from tcperf.probes.node import Edge, away, born, measure_process, measure_traffic, totals, unborn
from tcperf.probes.shared_traffic import PhaseTraffic

#: Percentiles of operations, and how few of them have one that is not the longest.
_PERCENTILES: Final = {95: 20, 99: 100}

Figures = Mapping[str, GoFigures | None]


@define
class OpenPhase:
    """What a phase gathers, by the names of the nodes: ``go`` are Go's figures and ``edges`` the readings at its begin.

    ``not_measured_ns`` is what goes off its time; the operations are in their time order; ``letters`` are messages
    that arrived, one for each receiver, and ``duplicates`` how often they were reported beyond once each; ``lost``
    are those that did not arrive, where that is a result (``is_lossy``).  ``expired`` is None where nobody asked.
    ``past`` are the processes that ended in it, by node.
    """

    name: str
    go: Figures
    edges: dict[str, Edge]
    start_ns: int = 0
    not_measured_ns: int = 0
    latencies_ms: list[float] = field(factory=list)
    sends_ms: list[float] = field(factory=list)
    letters: list[Letter] = field(factory=list)
    duplicates: int = 0
    lost: int = 0
    expired: int | None = None
    is_lossy: bool = False
    past: dict[str, list[dict[str, Measurement]]] = field(factory=dict)

    def starts(self, name: str, host: Host) -> None:
        """A node has its place and will be started in this phase: it begins with nothing."""
        self.edges[name] = unborn(host)

    def started(self, name: str, launch_cpu_ns: int) -> None:
        """It has started, and its CPU clock stood there when it became the program."""
        self.edges[name] = born(self.edges[name], launch_cpu_ns)

    def left(self, name: str, last: Edge) -> None:
        """Its process has ended, and this was its last reading; another one may be started."""
        self.past.setdefault(name, []).append(measure_process(self.edges[name], last))
        self.edges[name] = away(self.edges[name])
        self.go = {**self.go, name: None}  # its counters begin anew with the next process

    def settled(self, found: Sequence[tuple[Letter, float | None]]) -> None:
        """A message and its latency at each of its receivers, None where it is lost: one timed operation if it is not."""
        latencies_ms = [latency_ms for _letter, latency_ms in found if latency_ms is not None]
        self.letters += [letter for letter, latency_ms in found if latency_ms is not None]
        self.lost += len(found) - len(latencies_ms)
        if len(latencies_ms) == len(found):
            self.latencies_ms.append(max(latencies_ms))

    def asked_for(self, letters: Sequence[Letter], *, lossy: bool) -> None:
        """A wait with an end is over: what expired is told, and, where it is ``lossy``, what is lost."""
        self.is_lossy |= lossy
        self.expired = (self.expired or 0) + sum(letter.has_expired for letter in letters)

    def result(
        self, end_ns: int, zero_ns: int, ends: Mapping[str, Edge], shared: PhaseTraffic, go: Figures
    ) -> PhaseResult:
        """The phase that ended at ``end_ns``, of a run whose time 0 is ``zero_ns``.

        ``ends`` are the readings at its end, ``go`` are Go's figures then, ``shared`` is its traffic on a network
        that is not the nodes' own.
        """
        nodes = {
            name: {
                **shared.nodes.get(name, {}),
                **joined(self.past.get(name, []), measure_process(self.edges[name], end)),
                **measure_traffic(self.edges[name], end),
                **go_measurements(self.go.get(name, UNBORN), go.get(name)),
            }
            for name, end in ends.items()
        }
        return PhaseResult(
            name=self.name,
            start_ns=self.start_ns - zero_ns,
            end_ns=end_ns - zero_ns,
            nodes=nodes,
            totals={**self._measurements(end_ns), **totals(nodes), **shared.totals},
            operations_ms=tuple(self.latencies_ms),
        )

    def _measurements(self, end_ns: int) -> dict[str, Measurement]:
        """The measurements of the phase itself: its time, its operations and its deliveries."""
        values = {
            "time_ms": (end_ns - self.start_ns - self.not_measured_ns) / clock.NS_PER_MS,
            **self._latencies(),
        }
        if self.sends_ms:
            values["send_ms"] = statistics.median(self.sends_ms)
        found = {key: measured(key, value, "exact", "monotonic clock") for key, value in values.items()}
        for key, value in self._delivered().items():
            found[key] = measured(key, value, "exact", "signals")
        return found

    def _delivered(self) -> dict[str, float]:
        """What became of the messages; a 0 only where loss, or expiry, was looked for."""
        found: dict[str, float] = {}
        if self.letters or self.is_lossy:
            found |= {"deliveries_count": len(self.letters), "duplicates_count": self.duplicates}
        if self.is_lossy:
            awaited = len(self.letters) + self.lost
            found |= {"lost_count": self.lost, "lost_pct": 100 * self.lost / awaited if awaited else 0.0}
        return found if self.expired is None else {**found, "expired_count": self.expired}

    def _latencies(self) -> dict[str, float]:
        """The median, and those percentiles that so many operations have: of fewer, they would be the longest one."""
        if not self.latencies_ms:
            return {}
        found = {"latency_ms": statistics.median(self.latencies_ms)}
        for percent, fewest in _PERCENTILES.items():
            if len(self.latencies_ms) >= fewest:
                found[f"latency_p{percent}_ms"] = percentile(self.latencies_ms, percent)
        return found


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least ``percent`` of 100 of them do not exceed: one that truly occurred.

    The nearest rank: the inverse of the empirical distribution function, definition 1 of Hyndman and Fan, "Sample
    Quantiles in Statistical Packages" (1996).  ``values`` are in any order, one at least.
    """
    place = -(-percent * len(values) // 100)
    return sorted(values)[place - 1]

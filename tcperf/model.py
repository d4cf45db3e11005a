"""The values that flow from a measurement to the reports: frozen, plain, complete.

A *measurement* is one number of one phase of one run.  A *phase result* holds the measurements of every
node and their totals.  A *run* is one fresh execution of a scenario: new processes, folders and network.
A *result* is everything that results.json holds.  Missing numbers are absent keys, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from tcperf.units import BYTES, COUNT, MILLISECONDS, UNITS, Unit

Exactness = Literal["exact", "sampled", "host_wide", "bound"]
#: From the firmest to the loosest: what is made of several figures is as exact as the loosest of them.
EXACTNESS: tuple[Exactness, ...] = ("exact", "sampled", "host_wide", "bound")
SCHEMA = 1


@frozen
class Metric:
    """What is measured.  ``key`` (``cpu_ms``) names it everywhere: statistics, CSV, JSON, tables.

    ``total`` says how nodes add up: "sum", or "none" for a property of the phase itself.
    """

    name: str
    unit: Unit
    help: str
    total: Literal["sum", "none"] = "sum"

    @property
    def key(self) -> str:
        """The metric's name and its unit's symbol, joined by ``_``."""
        return f"{self.name}_{self.unit.symbol}"


_ALL = (
    Metric("time", MILLISECONDS, "wall time of the phase, less waits for the next step", "none"),
    Metric("latency", MILLISECONDS, "median of the phase's timed operations", "none"),
    Metric("send", MILLISECONDS, "median of the send calls", "none"),
    Metric("cpu", MILLISECONDS, "user + system CPU time, children included"),
    Metric("memory_peak", BYTES, "peak resident set in the phase"),
    Metric("sent", BYTES, "Ethernet frames sent: 14-byte header in, FCS out, ARP included"),
    Metric("received", BYTES, "Ethernet frames received"),
    Metric("packets", COUNT, "frames sent"),
    Metric("received_packets", COUNT, "frames received"),
    Metric("disk_written", BYTES, "bytes handed to block devices"),
    Metric("threads", COUNT, "threads at the end of the phase"),
    Metric("goroutines", COUNT, "goroutines at the end of the phase"),
    Metric("go_heap", BYTES, "Go's heap in use at the end of the phase"),
    Metric("go_gc", COUNT, "garbage collections finished in the phase"),
)
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}

#: What a published phase publishes; a phase with timed operations adds the two of OPERATION_METRICS.
PHASE_METRICS = ("time_ms", "cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count")
OPERATION_METRICS = ("latency_ms", "send_ms")
#: What only a network of the nodes' own can tell.
TRAFFIC_METRICS = ("sent_bytes", "received_bytes", "packets_count", "received_packets_count")


@frozen
class Measurement:
    """One number, its unit's symbol, how exact it is, and where it was read."""

    value: float
    unit: str = field()
    exactness: Exactness
    source: str

    @unit.validator
    def _known(self, _attribute: object, symbol: str) -> None:
        if symbol not in UNITS:
            raise ValueError(f"unknown unit {symbol!r}: one of {', '.join(UNITS)}")


@frozen
class PhaseResult:
    """One phase of one run.  Times are nanoseconds since the run began.

    ``nodes`` maps a node's name to its measurements by metric key; ``totals`` holds the sums over nodes and
    the measurements of the phase itself.  ``operations_ms`` are the timed operations in their time order.
    """

    name: str
    start_ns: int
    end_ns: int
    nodes: Mapping[str, Mapping[str, Measurement]] = field(factory=dict)
    totals: Mapping[str, Measurement] = field(factory=dict)
    operations_ms: tuple[float, ...] = ()


@frozen
class Closing:
    """The traffic identity of a private network, read after its nodes had stopped.

    sent + copies = received, in bytes and in frames.  ``copies_bytes`` is what the bridge added by copying
    (or, negative, took away by not flooding) broadcast and multicast frames.  The kernel counts dropped
    frames, not their bytes: ``dropped_packets`` explains an identity that does not close.
    """

    sent_bytes: int
    received_bytes: int
    sent_packets: int
    received_packets: int
    copies_bytes: int
    copies_packets: int
    dropped_packets: int

    @property
    def closes(self) -> bool:
        """Whether every byte and every frame sent was received, to the byte."""
        return (
            self.sent_bytes + self.copies_bytes == self.received_bytes
            and self.sent_packets + self.copies_packets == self.received_packets
        )


@frozen
class NodeExit:
    """How a node's process ended: ``status`` is negative for a signal; CPU covers its whole life."""

    status: int
    user_ms: float
    system_ms: float


@frozen
class Run:
    """One fresh execution of a scenario.  ``pair`` is None in unpaired runs; ``order`` counts from 0."""

    id: str
    subject: str
    scenario: str
    order: int
    phases: tuple[PhaseResult, ...]
    pair: int | None = None
    lane: int = 0
    discarded: bool = False
    exits: Mapping[str, NodeExit] = field(factory=dict)
    closing: Closing | None = None
    series: str | None = None
    warnings: tuple[str, ...] = ()

    def phase(self, name: str) -> PhaseResult | None:
        """The phase called ``name``, or None where the run has none."""
        return next((phase for phase in self.phases if phase.name == name), None)


@frozen
class GoBuild:
    """What a Go program says of its own build (``go version -m``)."""

    go_version: str
    path: str = ""
    module: str = ""
    module_version: str = ""
    settings: Mapping[str, str] = field(factory=dict)


@frozen
class Subject:
    """The program that was measured."""

    path: str
    sha256: str
    version: str
    generation: str
    reference: bool = False
    go: GoBuild | None = None


@frozen
class Environment:
    """The machine: absent figures are None."""

    hostname: str
    system: str
    kernel: str
    machine: str
    cpu_model: str | None
    cpu_count: int | None
    cpu_mhz: float | None
    memory_bytes: int | None
    load_1m: float | None
    pressure_cpu_some_avg10: float | None
    governor: str | None
    python: str
    virtualization: str | None = None


@frozen
class Conditions:
    """What surrounds the nodes: results under unlike conditions are never compared."""

    network: Literal["private", "host"]
    mtu: int | None = 1500
    offloads: Literal["off", "host"] = "off"


@frozen
class PhaseInfo:
    """A declared phase: ``metrics`` are the keys it publishes, empty where it publishes nothing."""

    name: str
    publish: bool
    metrics: tuple[str, ...]


@frozen
class ScenarioInfo:
    """A scenario as it was run: its parameters as plain values."""

    name: str
    help: str
    params: Mapping[str, bool | int | float | str]
    phases: tuple[PhaseInfo, ...]


@frozen
class Tool:
    """Which tcperf made the result, when (UTC, ISO 8601) and with which command line."""

    version: str
    started: str
    command: tuple[str, ...] = ()
    name: str = "tcperf"


@frozen
class Result:
    """Everything results.json holds."""

    tool: Tool
    environment: Environment
    conditions: Conditions
    subjects: Mapping[str, Subject]
    scenarios: tuple[ScenarioInfo, ...]
    runs: tuple[Run, ...]
    comparisons: tuple[Mapping[str, object], ...] = ()
    warnings: tuple[str, ...] = ()
    schema: int = SCHEMA

    def runs_of(self, scenario: str, subject: str = "head") -> tuple[Run, ...]:
        """The runs that count, in the order they were made."""
        return tuple(
            run
            for run in self.runs
            if run.scenario == scenario and run.subject == subject and not run.discarded
        )

    def values(self, scenario: str, phase: str, metric: str, subject: str = "head") -> tuple[float, ...]:
        """A total's value in each counting run that has it, in run order."""
        phases = (run.phase(phase) for run in self.runs_of(scenario, subject))
        found = (phase.totals.get(metric) for phase in phases if phase is not None)
        return tuple(measurement.value for measurement in found if measurement is not None)

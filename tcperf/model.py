"""The values that flow from a measurement to the reports: frozen, plain, complete.

A *measurement* is one number of one phase of one run.  A *phase result* holds the measurements of every
node and their totals.  A *run* is one fresh execution of a scenario: new processes, folders and network.
A *result* is everything that results.json holds.  Missing numbers are absent keys, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from tcperf.units import BYTES, COUNT, MILLISECONDS, PERCENT, UNITS, Unit

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
    Metric("cpu_user", MILLISECONDS, "CPU time in the program's own code"),
    Metric("cpu_system", MILLISECONDS, "CPU time in the kernel on the program's behalf"),
    Metric("instructions", COUNT, "instructions retired in user mode, where the machine counts them"),
    Metric("memory_peak", BYTES, "peak resident set in the phase"),
    Metric("memory_rest", BYTES, "resident set at the end of the phase"),
    Metric("sent", BYTES, "Ethernet frames sent: 14-byte header in, FCS out, ARP included"),
    Metric("received", BYTES, "Ethernet frames received"),
    Metric("packets", COUNT, "frames sent"),
    Metric("received_packets", COUNT, "frames received"),
    Metric("ip", BYTES, "IP packets sent: the sum of their lengths"),
    Metric("tcp_sent", BYTES, "TCP payload sent, repeats included"),
    Metric("tcp_received", BYTES, "TCP payload received, repeats included"),
    Metric("retransmissions", COUNT, "TCP segments sent again"),
    Metric("connections", COUNT, "TCP connections opened by the node"),
    Metric("short_connections", COUNT, "TCP connections that ended in the phase, within a second of opening"),
    Metric("disk_read", BYTES, "bytes fetched from block devices"),
    Metric("disk_written", BYTES, "bytes handed to block devices"),
    Metric("page_faults", COUNT, "page faults, minor and major"),
    Metric("context_switches", COUNT, "context switches of the threads alive at the end of the phase"),
    Metric("threads", COUNT, "threads at the end of the phase"),
    Metric("goroutines", COUNT, "goroutines at the end of the phase"),
    Metric("go_heap", BYTES, "Go's heap in use at the end of the phase"),
    Metric("go_alloc", BYTES, "bytes Go allocated in the phase, freed ones included"),
    Metric("go_mallocs", COUNT, "objects Go allocated in the phase"),
    Metric("go_gc", COUNT, "garbage collections finished in the phase"),
    Metric(
        "go_gc_cpu",
        PERCENT,
        "share of the CPU time that Go's collector took from the node's start to its last collection, "
        "not that of the phase",
        "none",
    ),
)
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}

#: What a published phase publishes; a phase with timed operations adds the two of OPERATION_METRICS.
PHASE_METRICS = ("time_ms", "cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count")
OPERATION_METRICS = ("latency_ms", "send_ms")
#: What only a network of the nodes' own can tell.
TRAFFIC_METRICS = (
    "sent_bytes",
    "received_bytes",
    "packets_count",
    "received_packets_count",
    "ip_bytes",
    "retransmissions_count",
    "connections_count",
    "short_connections_count",
)


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


TransportProtocol = Literal["tcp", "udp", "icmp", "arp", "other"]
Direction = Literal["sent", "received"]
#: What a port is for: the nodes' own talk, the API that drives them, or neither.
Role = Literal["p2p", "control", "other"]

#: Peers that are no node; a node's name has no parenthesis.
MULTICAST, BROADCAST, OUTSIDE = "(multicast)", "(broadcast)", "(outside)"


@frozen
class Traffic:
    """What a node exchanged with one peer over one protocol during one phase, in one direction.

    ``phase`` is empty for what passed outside of every phase.  ``peer`` is a node's name, MULTICAST or
    BROADCAST, or OUTSIDE where the frame's address is nobody's.  ``frame_bytes`` are those of the interface
    (Ethernet header in, FCS out), ``ip_bytes`` the IP lengths (0 for ARP), ``payload_bytes`` what lies above
    the headers of TCP, UDP and ICMP.  A retransmission is a TCP segment that takes up sequence numbers and
    begins below the highest that its sender had sent.  ``connections`` were opened by the node that sent
    their first SYN: they stand in its ``sent`` row, and in its peer's ``received`` row; short ones ended within
    a second, and count in the phase in which they ended.
    """

    phase: str
    node: str
    direction: Direction
    peer: str
    protocol: TransportProtocol
    role: Role
    frame_bytes: int
    ip_bytes: int
    payload_bytes: int
    packets: int
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0


@frozen
class Account:
    """One node and one direction over a whole run: what was captured beside what its interface counted.

    ``control`` is what the driving API sent over the node's interface (nothing, where it has its own
    loopback), ``unknown`` what has no known peer.
    """

    node: str
    direction: Direction
    attributed_bytes: int
    control_bytes: int
    unknown_bytes: int
    counted_bytes: int
    attributed_packets: int
    control_packets: int
    unknown_packets: int
    counted_packets: int

    @property
    def captured_packets(self) -> int:
        """Attributed + control + unknown, in frames."""
        return self.attributed_packets + self.control_packets + self.unknown_packets

    @property
    def closes(self) -> bool:
        """Attributed + control + unknown = the interface's counter, in bytes and in frames."""
        return (
            self.attributed_bytes + self.control_bytes + self.unknown_bytes == self.counted_bytes
            and self.captured_packets == self.counted_packets
        )


@frozen
class Capture:
    """How complete a run's capture was: every frame is in ``traffic``, or it is said how many are not.

    ``packets`` counts a frame where it left its node, and those that were seen once more where they leave the
    bridge (``copies_packets``): copies of broadcast and multicast, and over lossy links every frame that arrives.
    ``lost_packets`` did not fit into the ring; ``late_cuts`` are phase edges that came too late to be cut at
    their time.  ``file`` is the capture that was kept, relative to the report; None where none was asked for.
    """

    packets: int
    lost_packets: int
    late_cuts: int
    accounts: tuple[Account, ...]
    file: str | None = None

    @property
    def sent_packets(self) -> int:
        """The frames that were captured where they left their nodes, each once; a kept capture holds these."""
        return sum(each.captured_packets for each in self.accounts if each.direction == "sent")

    @property
    def copies_packets(self) -> int:
        """The other ones: those that were seen where they leave the bridge."""
        return max(0, self.packets - self.sent_packets)

    @property
    def is_exact(self) -> bool:
        """Whether nothing was lost, and the captured bytes are the counted ones."""
        return not self.lost_packets and not self.late_cuts and all(each.closes for each in self.accounts)


@frozen
class Closing:
    """The traffic identity of a private network, read after its nodes had stopped.

    sent + copies - lost = received, in bytes and in frames.  ``copies_bytes`` is what the bridge added by
    copying (or, negative, took away by not flooding) broadcast and multicast frames; ``lost_bytes`` what an
    emulated link lost on purpose.  The kernel counts dropped frames, not their bytes: ``dropped_packets``
    explains an identity that does not close.
    """

    sent_bytes: int
    received_bytes: int
    sent_packets: int
    received_packets: int
    copies_bytes: int
    copies_packets: int
    dropped_packets: int
    lost_bytes: int = 0
    lost_packets: int = 0

    @property
    def closes(self) -> bool:
        """Whether every byte and every frame sent was received, to the byte."""
        return (
            self.sent_bytes + self.copies_bytes - self.lost_bytes == self.received_bytes
            and self.sent_packets + self.copies_packets - self.lost_packets == self.received_packets
        )


@frozen
class NodeExit:
    """How a node's process ended: ``status`` is negative for a signal; all figures cover its whole life.

    They are exact: the kernel adds up those of ended threads, and of the children that were waited for.
    None: the system does not tell.
    """

    status: int
    user_ms: float | None
    system_ms: float | None
    voluntary_switches: int | None = None
    involuntary_switches: int | None = None
    minor_faults: int | None = None
    major_faults: int | None = None


@frozen
class Surroundings:
    """What else the machine did during a run: shares from 0 on; None where the system does not tell.

    ``outside_cores`` is how many cores programs that are not ours kept busy, ``steal_ratio`` the share of all
    cores' time that the hypervisor took, ``stall_ratio`` the share of the time in which something waited for a core.
    """

    outside_cores: float | None = None
    steal_ratio: float | None = None
    stall_ratio: float | None = None


@frozen
class Run:
    """One fresh execution of a scenario.  ``pair`` is None in unpaired runs; ``order`` counts from 0.

    ``discarded`` runs count nowhere: warm-ups, and what was done again; ``discarded_because`` says why.
    """

    id: str
    subject: str
    scenario: str
    order: int
    phases: tuple[PhaseResult, ...]
    pair: int | None = None
    lane: int = 0
    discarded: bool = False
    discarded_because: str | None = None
    surroundings: Surroundings | None = None
    exits: Mapping[str, NodeExit] = field(factory=dict)
    closing: Closing | None = None
    traffic: tuple[Traffic, ...] = ()
    capture: Capture | None = None
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
class Link:
    """How bad every link of an emulated network is, one way towards the node; None: as good as it can be.

    ``loss_ratio`` is the chance of a frame to get lost, from 0 to 1.
    """

    delay_ms: float | None = None
    rate_bits_per_s: int | None = None
    loss_ratio: float | None = None


@frozen
class Conditions:
    """What surrounds the nodes: results under unlike conditions are never compared.

    ``emulation`` says what makes a ``link`` bad: the kernel's netem, or a relay of ours.
    """

    network: Literal["private", "host"]
    mtu: int | None = 1500
    offloads: Literal["off", "host"] = "off"
    link: Link | None = None
    emulation: str | None = None


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


Change = Literal["worse", "better", "ok", "cannot_tell", "not_compared"]
Verdict = Literal["worse", "better", "ok", "cannot_tell", "not_compared", "over_budget"]


@frozen
class Comparison:
    """The head's total of one metric against the base's, and what the gate says of it.

    Percentages are of the base; ``low_pct`` and ``high_pct`` are the ends of the 95 % interval, None where there are
    too few pairs for one.  ``p`` is one-sided, in the direction of the effect.  ``pairs`` are those that were looked
    at when it was decided; ``worse_pairs`` are those in which the head's value is the larger one.  ``noise_pct`` is
    one run's, ``visible_pct`` the smallest change that would have shown.  ``limit`` is an absolute one, in the
    metric's unit.  ``note`` says why it was not compared, is not gated, or cannot be told; ``explanation`` where the
    difference comes from; ``accepted`` why a change for the worse is no regression.
    """

    key: str
    scenario: str
    phase: str
    metric: str
    change: Change
    gated: bool
    published: bool
    paired: bool = True
    pairs: int = 0
    worse_pairs: int = 0
    base_median: float | None = None
    head_median: float | None = None
    effect_pct: float | None = None
    low_pct: float | None = None
    high_pct: float | None = None
    p: float | None = None
    noise_pct: float | None = None
    visible_pct: float | None = None
    threshold_pct: float | None = None
    floor: float | None = None
    limit: float | None = None
    note: str | None = None
    explanation: str | None = None
    accepted: str | None = None

    @property
    def is_over_budget(self) -> bool:
        """Whether the head's median is above the limit: with a base or without one."""
        return self.limit is not None and self.head_median is not None and self.head_median > self.limit

    @property
    def verdict(self) -> Verdict:
        """The change, but that being over budget comes first."""
        return "over_budget" if self.is_over_budget else self.change

    @property
    def is_regression(self) -> bool:
        """Whether it makes a build bad: gated, worse and not accepted."""
        return self.gated and self.change == "worse" and self.accepted is None


@frozen
class Pairing:
    """How the runs of one scenario were paired with the base's.

    ``pairs`` count, ``redone`` were done again.  ``stopped`` says why there are not more.  ``problem`` says why
    there was no comparison although one was asked for; what was measured until then is in the runs.
    """

    scenario: str
    pairs: int
    redone: int = 0
    lanes: int = 1
    stopped: Literal["decided", "budget", "pairs", "failed"] = "decided"
    problem: str | None = None


@frozen
class Result:
    """Everything results.json holds."""

    tool: Tool
    environment: Environment
    conditions: Conditions
    subjects: Mapping[str, Subject]
    scenarios: tuple[ScenarioInfo, ...]
    runs: tuple[Run, ...]
    comparisons: tuple[Comparison, ...] = ()
    pairings: tuple[Pairing, ...] = ()
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

"""The values that flow from a measurement to the reports: frozen, plain, complete.

A *measurement* is one number of one phase of one run.  A *phase result* holds the measurements of every
node and their totals.  A *run* is one fresh execution of a scenario: new processes, folders and network.
A *result* is everything that results.json holds.  Missing numbers are absent keys, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import Factory, field, frozen

from tcperf.comparison import Comparison, Pairing
from tcperf.history import History
from tcperf.link import Link
from tcperf.measurement import Measurement
from tcperf.subject import Subject
from tcperf.traffic import Capture, Closing, Traffic

SCHEMA = 1


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
    """What surrounds the nodes: results under unlike conditions are never compared.

    ``network`` is "private" where each node has one of its own, "loopback" where all share one loopback that nobody
    else has (tests of a suite, ``tcperf.suite``), "host" where they share the machine's network with everybody.
    ``emulation`` says what makes a ``link`` bad: the kernel's netem, or a relay of ours.
    """

    network: Literal["private", "loopback", "host"]
    mtu: int | None = 1500
    offloads: Literal["off", "host"] = "off"
    link: Link | None = None
    emulation: str | None = None


@frozen
class PhaseInfo:
    """A declared phase: ``metrics`` are the keys it publishes, empty where it publishes nothing.

    ``test`` is pytest's id of the test of a suite that the phase is, ``part`` the phase of that test; None for what
    is no test, and for all of one.  ``help`` says what happens in it, empty where nobody said.
    """

    name: str
    publish: bool
    metrics: tuple[str, ...]
    test: str | None = None
    part: str | None = None
    help: str = ""


@frozen
class ScenarioInfo:
    """A scenario as it was run: its parameters as plain values, and what each of them is, as far as it was said."""

    name: str
    help: str
    params: Mapping[str, bool | int | float | str]
    phases: tuple[PhaseInfo, ...]
    params_help: Mapping[str, str] = Factory(dict)


@frozen
class Unsupported:
    """A scenario that was asked for and that a node cannot play: nothing of it was measured, and nothing failed.

    ``reason`` is the whole sentence: which side's node, what the scenario needs, and what the node is.
    """

    scenario: ScenarioInfo
    reason: str


@frozen
class Unmeasured:
    """A test of a suite that has no figures: ``test`` is pytest's id, ``scenario`` the suite's name.

    "failed" is also what failed before or after the test itself; "xfailed" what failed as was expected; "unseen"
    passed, and what it ``started``, by name, was gone before anybody looked at it, or was no descendant of the
    tests.
    """

    scenario: str
    test: str
    outcome: Literal["failed", "skipped", "xfailed", "unseen"]
    started: tuple[str, ...] = ()


@frozen
class Tool:
    """Which tcperf made the result, when (UTC, ISO 8601) and with which command line."""

    version: str
    started: str
    command: tuple[str, ...] = ()
    name: str = "tcperf"


@frozen
class Result:
    """Everything results.json holds; ``history`` are past builds that it is seen beside, None where none are known.

    ``left_out`` are the scenarios that were asked for beside ``scenarios`` and have no runs: they failed, or were
    not yet played.  ``unsupported`` are those that a node cannot play, ``unmeasured`` tests without figures.  What
    is gated of either counts all the same where metrics must hold together (``tcperf.family``).
    """

    tool: Tool
    environment: Environment
    conditions: Conditions
    subjects: Mapping[str, Subject]
    scenarios: tuple[ScenarioInfo, ...]
    runs: tuple[Run, ...]
    comparisons: tuple[Comparison, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    warnings: tuple[str, ...] = ()
    history: History | None = None
    left_out: tuple[ScenarioInfo, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()
    schema: int = SCHEMA

    @property
    def is_suite(self) -> bool:
        """Whether it is of the tests of a suite (``tcperf.suite``)."""
        return any(phase.test is not None for info in self.scenarios for phase in info.phases)

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

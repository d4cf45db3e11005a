"""The stage of one run: it starts the nodes, cuts the phases and times the operations.

It implements ``tcperf.scenario.Stage``.  Around a phase, the order is: Go's figures, the readings, the
clock, the scenario's block, the clock, the readings, Go's figures.  What is ours inside of a phase is taken
off its time: making the network of a node that starts in it, and waiting for the next step (``pace``).
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, field, frozen, mutable

from tcperf import clock, events
from tcperf.definition import Scenario
from tcperf.errors import NodeError, ScenarioError, TcperfError
from tcperf.gofigures import UNBORN, GoFigures
from tcperf.keys import NAME_RULE, is_name
from tcperf.model import METRICS, Measurement, NodeExit, PhaseResult
from tcperf.network.interface import Counters, Host, Network
from tcperf.nodes.interface import Driver, DriverFactory, Place
from tcperf.probes.go import go_measurements
from tcperf.probes.node import Edge, NodeProbe, born, measure, totals, unborn
from tcperf.probes.recording import Recorder
from tcperf.probes.shared_traffic import NoTraffic, SharedTraffic
from tcperf.profiling import PhaseWatch
from tcperf.scenario import Node

#: Where runs that are played side by side wait for each other: before their first published phase begins, and
#: after the last one has ended.
Point = Literal["begin", "end"]


@mutable
class _OpenPhase:
    """What a phase gathers while it is open."""

    name: str
    begin: dict[str, Edge] = field(factory=dict)
    go: dict[str, GoFigures | None] = field(factory=dict)
    start_ns: int = 0
    not_measured_ns: int = 0
    latencies_ms: list[float] = field(factory=list)
    sends_ms: list[float] = field(factory=list)


@frozen
class _Actor:
    """A node on the stage and what watches it."""

    driver: Driver
    host: Host
    probe: NodeProbe


class RunStage:
    """One run's stage.  ``zero_ns`` is the run's time 0; ``folder`` holds data, ``logs`` the nodes' output."""

    def __init__(
        self,
        scenario: Scenario,
        network: Network,
        factory: DriverFactory,
        recorder: Recorder,
        observer: events.Observer,
        *,
        folder: Path,
        logs: Path,
        run_id: str,
        number: int = 1,
        traffic: SharedTraffic | None = None,
        watch: PhaseWatch | None = None,
        on_host: Callable[[Any], None] | None = None,
    ) -> None:
        self._scenario = scenario
        self._network = network
        self._factory = factory
        self._recorder = recorder
        self._observer = observer
        self._folder = folder
        self._logs = logs
        self.run_id = run_id
        self._number = number
        self._traffic = traffic or NoTraffic()
        self._watch = watch
        self._on_host = on_host
        self._zero_ns = clock.monotonic_ns()
        self._ended = threading.Event()
        self._actors: dict[str, _Actor] = {}
        self._launched: list[Driver] = []
        self._open: _OpenPhase | None = None
        self._operations = 0
        self._meet: Callable[[Point], None] | None = None
        self.phases: list[PhaseResult] = []
        recorder.begin(run_id, self._zero_ns)

    @property
    def generations(self) -> tuple[str, ...]:
        """What the nodes turned out to be, each kind once."""
        return tuple(dict.fromkeys(actor.driver.generation for actor in self._actors.values()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the nodes' drivers warn of."""
        return tuple(warning for actor in self._actors.values() for warning in actor.driver.warnings)

    # --- what a scenario calls -----------------------------------------------------------------------

    def start(self, *names: str) -> list[Node]:
        """Start nodes and wait until each is ready."""
        return [self._start(name) for name in names]

    def _start(self, name: str) -> Driver:
        if not is_name(name) or name in self._actors:
            raise ScenarioError(
                f"{self._scenario.name} cannot name a node {name!r}",
                cure=f"a name is {NAME_RULE}, and used once",
            )
        with self._not_measured():
            host = self._network.add_host(name)
            if self._on_host is not None:
                self._on_host(host)
        if self._open is not None:
            self._open.begin[name] = unborn(host)
        driver = self._factory(
            Place(
                host,
                self._folder,
                self._logs / f"{self.run_id}.{name}.log",
                on_launch=lambda pid: self._recorder.watch(name, pid, host.counters_fd()),
                on_end=self._ended.set,
            )
        )
        self._launched.append(driver)
        driver.start()
        self._recorder.control_port(name, driver.control_port)
        self._traffic.watch(name, driver.pid, driver.control_port)
        if self._open is not None:
            self._open.begin[name] = born(self._open.begin[name], driver.launch_cpu_ns)
        self._actors[name] = _Actor(driver, host, NodeProbe(driver.pid, host))
        return driver

    @contextmanager
    def _not_measured(self) -> Iterator[None]:
        """Take the block's time off the open phase's."""
        begin_ns = clock.monotonic_ns()
        yield
        if self._open is not None:
            self._open.not_measured_ns += clock.monotonic_ns() - begin_ns

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block as the declared phase ``name``."""
        self._check_phase(name)
        self._meet_before(name)
        self._observer(events.PhaseStarted(self._scenario.name, name))
        opened = _OpenPhase(name)
        if self._watch is not None:
            self._watch.begin(name, self._drivers())
        for actor_name, actor in self._actors.items():
            opened.go[actor_name] = actor.driver.go_figures()
        self._traffic.begin()
        for actor_name, actor in self._actors.items():
            opened.begin[actor_name] = _edge(actor, actor.probe.begin)
        self._open = opened
        self._recorder.cut(name, clock.realtime_ns())
        opened.start_ns = clock.monotonic_ns()
        try:
            yield
            end_ns = clock.monotonic_ns()
            self._recorder.cut("", clock.realtime_ns())
        finally:
            self._open = None
        self.phases.append(self._measured(opened, end_ns))
        if self._watch is not None:
            self._watch.end(name, self._drivers())
        self._observer(
            events.PhaseEnded(self._scenario.name, name, (end_ns - opened.start_ns) / clock.NS_PER_S)
        )
        self._meet_after(name)

    def message(self, sender: Node, receiver: Node, text: str = "") -> None:
        """Send one message and wait until it is delivered."""
        source, target = self._driver(sender), self._driver(receiver)
        self._operations += 1
        # Of constant length, so that equal runs cost equal bytes; the numbers make every text unique.
        text = f"{text}{self._scenario.name} {self._number:06d} message {self._operations:06d}"
        arrivals, answers = target.cursor(), source.cursor()
        sent = source.send(target, text)
        arrived = target.await_message(text, source.public_key, arrivals)
        source.await_delivery(sent.id, answers)
        if self._open is not None:
            self._open.latencies_ms.append((arrived.at_ns - sent.sent_ns) / clock.NS_PER_MS)
            self._open.sends_ms.append(sent.call_ns / clock.NS_PER_MS)
        self._observer(events.OperationDone(self._operations))

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time the block as one operation of the open phase."""
        if self._open is None:
            raise ScenarioError(f"{self._scenario.name} times an operation outside of a phase")
        start_ns = clock.monotonic_ns()
        yield
        self._open.latencies_ms.append((clock.monotonic_ns() - start_ns) / clock.NS_PER_MS)
        self._operations += 1
        self._observer(events.OperationDone(self._operations))

    @contextmanager
    def pace(self, seconds: float) -> Iterator[None]:
        """Let the block take at least ``seconds``."""
        end_ns = clock.monotonic_ns() + round(seconds * clock.NS_PER_S)
        yield
        left_ns = end_ns - clock.monotonic_ns()
        if left_ns > 0:
            with self._not_measured():
                self.idle(left_ns / clock.NS_PER_S)

    def idle(self, seconds: float) -> None:
        """Let the nodes be for ``seconds``."""
        self._ended.wait(seconds)
        self._check_alive()

    # --- what the runner calls -----------------------------------------------------------------------

    def meet_others(self, meet: Callable[[Point], None]) -> None:
        """Call ``meet`` before the first published phase, and after the last, each once and outside of its time.

        It returns when the runs that are played beside this one are there, too.  A run without published
        phases meets nobody.
        """
        self._meet = meet

    def check_complete(self) -> None:
        """Raise ScenarioError unless every declared phase was measured, NodeError unless every node still runs."""
        self._check_alive()
        missing = [phase.name for phase in self._scenario.phases if phase.name not in self._measured_names]
        if missing:
            raise ScenarioError(
                f"{self._scenario.name} ended without its phase {missing[0]}",
                cure="enter every declared phase with stage.phase, or do not declare it",
            )

    def counters(self) -> dict[str, Counters]:
        """Each node's interface counters now; empty where no interface is a node's own."""
        found = {name: actor.host.counters() for name, actor in self._actors.items()}
        return {name: counters for name, counters in found.items() if counters is not None}

    def stop(self, *, graceful: bool) -> dict[str, NodeExit]:
        """End every node, the last started first; how each process ended.  A failure does not stop the rest."""
        exits: dict[str, NodeExit] = {}
        failures: list[TcperfError] = []
        for driver in reversed(self._launched):  # all of them first: their graces run side by side
            with suppress(TcperfError):  # stop tells it again
                driver.ask_to_stop(graceful=graceful)
        for driver in reversed(self._launched):
            try:
                ended = driver.stop(graceful=graceful)
            except TcperfError as error:
                failures.append(error)
                continue
            if ended is not None:
                exits[driver.name] = NodeExit(**asdict(ended))
        self._launched.clear()
        for actor in self._actors.values():
            actor.probe.close()
        if failures and graceful:
            raise failures[0]
        return dict(sorted(exits.items()))

    # --- inside --------------------------------------------------------------------------------------

    def _meet_before(self, name: str) -> None:
        published = self._published
        if self._meet is not None and name in published and not published & self._measured_names:
            self._meet("begin")

    def _meet_after(self, name: str) -> None:
        published = self._published
        if self._meet is not None and name in published and published <= self._measured_names:
            self._meet("end")

    @property
    def _published(self) -> set[str]:
        return {phase.name for phase in self._scenario.phases if phase.publish}

    @property
    def _measured_names(self) -> set[str]:
        return {phase.name for phase in self.phases}

    def _check_alive(self) -> None:
        for actor in self._actors.values():
            actor.driver.check()

    def _drivers(self) -> dict[str, Driver]:
        return {name: actor.driver for name, actor in self._actors.items()}

    def _driver(self, node: Node) -> Driver:
        actor = self._actors.get(node.name)
        if actor is None:
            raise ScenarioError(f"{self._scenario.name} uses {node.name}, which it has not started")
        return actor.driver

    def _check_phase(self, name: str) -> None:
        declared = [phase.name for phase in self._scenario.phases]
        if name not in declared:
            raise ScenarioError(
                f"{self._scenario.name} enters the phase {name!r}, which it does not declare",
                cure=f"PHASES declares {', '.join(declared)}",
            )
        if self._open is not None:
            raise ScenarioError(f"{self._scenario.name} enters the phase {name} inside of {self._open.name}")
        if name in self._measured_names:
            raise ScenarioError(f"{self._scenario.name} enters the phase {name} twice")

    def _measured(self, opened: _OpenPhase, end_ns: int) -> PhaseResult:
        ends = {name: _edge(actor, actor.probe.end) for name, actor in self._actors.items()}
        shared = self._traffic.end()
        nodes = {
            name: {
                **shared.nodes.get(name, {}),
                **measure(opened.begin[name], end),
                **go_measurements(opened.go.get(name, UNBORN), self._actors[name].driver.go_figures()),
            }
            for name, end in ends.items()
        }
        return PhaseResult(
            name=opened.name,
            start_ns=opened.start_ns - self._zero_ns,
            end_ns=end_ns - self._zero_ns,
            nodes=nodes,
            totals={**_phase_measurements(opened, end_ns), **totals(nodes), **shared.totals},
            operations_ms=tuple(opened.latencies_ms),
        )


def _edge(actor: _Actor, read: Any) -> Edge:
    try:
        edge: Edge = read()
    except ProcessLookupError as error:
        actor.driver.check()
        raise NodeError(f"{actor.driver.name} ended in the middle") from error
    return edge


def _phase_measurements(opened: _OpenPhase, end_ns: int) -> dict[str, Measurement]:
    """The measurements of the phase itself: its time, and the medians of its operations."""
    values = {"time_ms": (end_ns - opened.start_ns - opened.not_measured_ns) / clock.NS_PER_MS}
    if opened.latencies_ms:
        values["latency_ms"] = statistics.median(opened.latencies_ms)
    if opened.sends_ms:
        values["send_ms"] = statistics.median(opened.sends_ms)
    return {
        key: Measurement(value, METRICS[key].unit.symbol, "exact", "monotonic clock")
        for key, value in values.items()
    }

"""The stage of one run: it starts the nodes, cuts the phases and times the operations.

It implements ``tcperf.scenario.Stage``.  Around a phase, the order is: Go's figures, the readings, the
clock, the scenario's block, the clock, the readings, Go's figures.  What is ours inside of a phase is taken
off its time: making the network of a node that starts in it, and waiting for the next step (``pace``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import Any, cast

from tcperf import clock, events, line
from tcperf.capabilities import Capability
from tcperf.cast import Cast
from tcperf.definition import Scenario
from tcperf.deliveries import Letter, Mailing, repeated
from tcperf.errors import ScenarioError
from tcperf.group import Group, gather
from tcperf.keys import NAME_RULE, is_name
from tcperf.model import NodeExit, PhaseResult
from tcperf.network.interface import Counters, Network
from tcperf.nodes.interface import Driver, DriverFactory
from tcperf.open_phase import OpenPhase
from tcperf.performance import Point
from tcperf.post import Post
from tcperf.probes.recording import Recorder
from tcperf.probes.shared_traffic import NoTraffic, SharedTraffic
from tcperf.profiling import PhaseWatch
from tcperf.programme import Programme
from tcperf.scenario import Group as ScenarioGroup
from tcperf.scenario import Node


class RunStage:
    """One run's stage.  ``zero_ns`` is the run's time 0; ``folder`` holds data, ``logs`` the nodes' output.

    ``whose`` is what the node is called where it cannot play the scenario.
    """

    #: No phase encloses another here.
    whole: str | None = None

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
        whose: str = "this node",
    ) -> None:
        self._scenario = scenario
        self._programme = Programme(scenario, whose)
        self._recorder = recorder
        self._observer = observer
        self.run_id = run_id
        self._traffic = traffic or NoTraffic()
        self._watch = watch
        self._zero_ns = clock.monotonic_ns()
        self._cast = Cast(
            network, factory, recorder, folder=folder, logs=logs, run_id=run_id, on_host=on_host
        )
        self._open: OpenPhase | None = None
        self._post = Post(scenario.name, run_id, number)
        self._operations = 0
        self.phases: list[PhaseResult] = []
        recorder.begin(run_id, self._zero_ns)

    @property
    def generations(self) -> tuple[str, ...]:
        """What the nodes turned out to be, each kind once."""
        return tuple(dict.fromkeys(driver.generation for driver in self._cast.drivers.values()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the nodes' drivers warn of, and what was lost."""
        of_drivers = (warning for driver in self._cast.drivers.values() for warning in driver.warnings)
        return (*of_drivers, *self._post.warnings)

    # --- what a scenario calls -----------------------------------------------------------------------

    def start(self, *names: str) -> list[Node]:
        """Start nodes and wait until each is ready.

        In a phase it is one after another: what is measured there is the start of each.
        """
        self._check_names(names)
        if self._open is not None:
            return [self._start(name) for name in names]
        # What a node lacks the first one tells, before the others are there.
        alone = names[:1] if self._scenario.needs else ()
        return [*map(self._start, alone), *self._start_together(names[len(alone) :])]

    def _check_names(self, names: Sequence[str]) -> None:
        for place, name in enumerate(names):
            if not is_name(name) or name in self._cast or name in names[:place]:
                raise ScenarioError(
                    f"{self._scenario.name} cannot name a node {name!r}",
                    cure=f"a name is {NAME_RULE}, and used once",
                )

    def _start_together(self, names: Sequence[str]) -> list[Driver]:
        drivers = self._cast.launch_all({name: self._cast.add_host(name) for name in names})
        for driver in drivers:
            self._programme.check_capabilities(driver)
            self._traffic.watch(driver.name, driver.pid, driver.control_port)
        return drivers

    def _start(self, name: str) -> Driver:
        with self._not_measured():
            host = self._cast.add_host(name)
        if self._open is not None:
            self._open.starts(name, host)
        driver = self._cast.launch(name, host)
        self._programme.check_capabilities(driver)
        self._traffic.watch(name, driver.pid, driver.control_port)
        if self._open is not None:
            self._open.started(name, driver.launch_cpu_ns)
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
        self._programme.begins(name, None if self._open is None else self._open.name)
        self._observer(events.PhaseStarted(self._scenario.name, name))
        if self._watch is not None:
            self._watch.begin(name, self._cast.drivers)
        go = self._cast.go_figures()
        self._traffic.begin()
        opened = self._open = OpenPhase(name, go, self._cast.begins())
        self._recorder.cut(name, clock.realtime_ns())
        opened.start_ns = clock.monotonic_ns()
        try:
            yield
            end_ns = clock.monotonic_ns()
            self._recorder.cut("", clock.realtime_ns())
        finally:
            self._open = None
        ends, shared = self._cast.ends(), self._traffic.end()  # the readings first
        opened.duplicates = repeated(opened.letters)
        self.phases.append(opened.result(end_ns, self._zero_ns, ends, shared, self._cast.go_figures()))
        if self._watch is not None:
            self._watch.end(name, self._cast.drivers)
        self._observer(
            events.PhaseEnded(self._scenario.name, name, (end_ns - opened.start_ns) / clock.NS_PER_S)
        )
        self._programme.ended(name)

    def group(self, founder: Node, *members: Node) -> Group:
        """Make a private group, when each member has been told of it."""
        self._programme.must_need(Capability.GROUPS, "makes a group, which not every node can")
        others = tuple(map(self._driver, members))
        if not others or founder in others:
            raise ScenarioError(
                f"{self._scenario.name} makes a group without others",
                cure="name its founder, then the others",
            )
        return gather(self._scenario.name, self._driver(founder), others)

    def check_line(self, *nodes: Node) -> None:
        """Fail unless each is connected to its neighbours in the line alone."""
        line.check(self._scenario.name, list(map(self._driver, nodes)))

    def message(self, sender: Node, receiver: Node | ScenarioGroup, text: str = "") -> None:
        """Send one message and wait until it is delivered."""
        self.deliver(self.send(sender, receiver, text))

    def send(
        self, sender: Node, receiver: Node | ScenarioGroup, text: str = "", *, due: int | None = None
    ) -> Letter | Mailing:
        """Send one message and go on at once; its latency begins when it was ``due``."""
        target = receiver if isinstance(receiver, Group) else self._driver(cast("Node", receiver))
        message = self._post.send(self._driver(sender), target, text, due)
        if self._open is not None:
            self._open.sends_ms.append(message.send_ms)
        return message

    def deliver(self, *messages: Letter | Mailing, within: float | None = None, lossy: bool = False) -> None:
        """Wait until all of these messages are delivered, or are lost where that is a result."""
        for found in self._post.deliver(messages, within, lossy=lossy):
            if self._open is not None:
                self._open.settled(found)
            self._operation_done()
        if self._open is not None and within is not None:
            self._open.asked_for([letter for message in messages for letter in message.letters], lossy=lossy)

    def shut_down(self, node: Node) -> None:
        """End a node's process; its data and its place stay."""
        driver = self._restartable(node)
        last = self._cast.shut_down(driver.name)
        if self._open is not None:
            self._open.left(driver.name, last)

    def restart(self, node: Node) -> None:
        """Start a node again on the data it has."""
        driver = self._restartable(node)
        if not self._cast.is_away(driver.name):
            self.shut_down(node)
        self._cast.restart(driver.name)
        self._traffic.watch(driver.name, driver.pid, driver.control_port)
        if self._open is not None:
            self._open.started(driver.name, driver.launch_cpu_ns)

    def _driver(self, node: Node) -> Driver:
        if node.name not in self._cast:
            raise ScenarioError(f"{self._scenario.name} uses {node.name}, which it has not started")
        return self._cast[node.name]

    def _restartable(self, node: Node) -> Driver:
        driver = self._driver(node)
        self._programme.must_need(
            Capability.RESTART, f"shuts {driver.name} down, which not every node can stand"
        )
        return driver

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time the block as one operation of the open phase."""
        if self._open is None:
            raise ScenarioError(f"{self._scenario.name} times an operation outside of a phase")
        start_ns = clock.monotonic_ns()
        yield
        self._open.latencies_ms.append((clock.monotonic_ns() - start_ns) / clock.NS_PER_MS)
        self._operation_done()

    def _operation_done(self) -> None:
        self._operations += 1
        self._observer(events.OperationDone(self._operations))

    @contextmanager
    def pace(self, seconds: float) -> Iterator[None]:
        """Let the block take at least ``seconds``."""
        end_ns = clock.monotonic_ns() + round(seconds * clock.NS_PER_S)
        yield
        if clock.monotonic_ns() < end_ns:
            with self._not_measured():
                self._idle_until(end_ns)

    def beats(self, count: int, step: float) -> Iterator[int]:
        """Wait for each beat; when it was due."""
        begin_ns = clock.monotonic_ns()
        for number in range(count):
            due_ns = begin_ns + round(number * step * clock.NS_PER_S)
            self._idle_until(due_ns)
            yield due_ns

    def _idle_until(self, due_ns: int) -> None:
        left_ns = due_ns - clock.monotonic_ns()
        if left_ns > 0:
            self.idle(left_ns / clock.NS_PER_S)

    def idle(self, seconds: float) -> None:
        """Let the nodes be for ``seconds``."""
        self._cast.ended.wait(min(seconds, TIMEOUT_MAX))
        self._cast.check()

    # --- what the runner calls -----------------------------------------------------------------------

    def meet_others(self, meet: Callable[[Point], None]) -> None:
        """See ``Programme.meet_others``."""
        self._programme.meet_others(meet)

    def check_complete(self) -> None:
        """Raise ScenarioError unless every declared phase was measured, and every message that was sent delivered.

        NodeError unless every node still runs.
        """
        self._cast.check()
        self._post.check()
        self._programme.check_complete()

    def counters(self) -> dict[str, Counters]:
        """Each node's interface counters now; empty where no interface is a node's own."""
        return self._cast.counters()

    def stop(self, *, graceful: bool) -> dict[str, NodeExit]:
        """End every node, the last started first; how each process ended.  A failure does not stop the rest."""
        return self._cast.stop(graceful=graceful)

"""Runs scenarios: each run fresh, with its own network, folders and processes, all taken down in reverse.

Nothing here retries: a run that fails fails its scenario, and a failed scenario has no numbers.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from tcperf import clock, events
from tcperf.definition import Scenario
from tcperf.errors import MachineError, NothingMeasuredError, ScenarioError, TcperfError
from tcperf.interrupts import Interrupts
from tcperf.model import Closing, Link, Pairing, Run
from tcperf.network.interface import Mode
from tcperf.network.opening import open_network
from tcperf.nodes.interface import DriverFactory
from tcperf.probes.recording import Recorder, open_recorder
from tcperf.probes.run_traffic import Keep, RunTraffic, gather, introduce, tap
from tcperf.probes.shared_traffic import open_shared_traffic
from tcperf.probes.traffic_file import read_traffic
from tcperf.profiling import PhaseWatch, Profiler, phase_lengths
from tcperf.refusals import SHORTAGES
from tcperf.stage import Point, RunStage
from tcperf.workdir import working_folder

#: Whose binary a run's nodes are: the branch's, or what it is compared with.
Side = Literal["head", "base"]

_QUOTED_LINES = 4
_NOTHING_KEPT = Keep()


@frozen
class Plan:
    """One scenario to run: its parameters and how often."""

    scenario: Scenario
    params: object
    runs: int


@frozen
class Assignment:
    """One run to be played.

    ``number`` counts all runs of the scenario from 1, discarded ones included.  ``pair`` counts from 0, and is None
    in unpaired runs and in warm-ups; ``attempt`` counts from 1 how often the pair is made.  ``lane`` is where it
    plays.  ``discarded_because`` is set for what counts nowhere from the beginning: a warm-up.
    """

    plan: Plan
    side: Side
    number: int
    pair: int | None = None
    attempt: int = 1
    lane: int = 0
    discarded_because: str | None = None

    @property
    def run_id(self) -> str:
        """``one_to_one-1``; in pairs ``one_to_one-p03-head``, then ``one_to_one-p03-head-2``; ``…-warmup-head``."""
        again = f"-{self.attempt}" if self.attempt > 1 else ""
        return f"{self.plan.scenario.name}-{self._place}{again}"

    @property
    def _place(self) -> str:
        if self.pair is not None:
            return f"p{self.pair + 1:02d}-{self.side}"
        return str(self.number) if self.discarded_because is None else f"warmup-{self.side}"

    @property
    def title(self) -> str:
        """What it is called in talk: "run 2 of 3", "pair 3, head", "warm-up of the base"."""
        if self.pair is not None:
            return f"pair {self.pair + 1}, {self.side}"
        if self.discarded_because is not None:
            return f"warm-up of the {self.side}"
        return f"run {self.number} of {self.plan.runs}"


@frozen
class Played:
    """The runs of one scenario, what its nodes turned out to be, and what belongs to no single run.

    ``base_generations`` and ``pairing`` are of runs in pairs.  ``error`` is what kept them from being complete.
    """

    runs: tuple[Run, ...]
    generations: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    base_generations: tuple[str, ...] = ()
    pairing: Pairing | None = None
    error: NothingMeasuredError | None = None


@frozen
class Folders:
    """Where a run leaves what outlives it: time series and the nodes' logs."""

    series: Path
    logs: Path


class Runner:
    """Runs plans one after another on one kind of network, with one kind of node, or two: ``base`` is the other."""

    def __init__(
        self,
        mode: Mode,
        factory: DriverFactory,
        folders: Folders,
        observer: events.Observer,
        interrupts: Interrupts,
        *,
        base: DriverFactory | None = None,
        link: Link | None = None,
        keep: Keep = _NOTHING_KEPT,
    ) -> None:
        self._mode: Mode = mode
        self._factories = {"head": factory, "base": base or factory}
        self._folders = folders
        self._observer = observer
        self._interrupts = interrupts
        self._link = link
        self._keep = keep
        self._order = 0

    def play(self, plan: Plan, estimate_s: float | None = None) -> Played:
        """All runs of a plan.  Raises what the first failing run raised; the observer hears of it first."""
        name = plan.scenario.name
        self._observer(events.ScenarioStarted(name, plan.runs, estimate_s))
        runs: list[Run] = []
        generations: dict[str, None] = {}
        try:
            for number in range(1, plan.runs + 1):
                run, found = self.perform(Assignment(plan, "head", number))
                runs.append(run)
                generations.update(dict.fromkeys(found))
        except NothingMeasuredError as error:
            self._observer(events.ScenarioFailed(name, error))
            raise
        self._observer(events.ScenarioEnded(name))
        return Played(tuple(runs), tuple(generations))

    def profile(self, plan: Plan, played: Played, kinds: tuple[str, ...], folder: Path) -> tuple[str, ...]:
        """One more run, whose figures nobody sees, for profiles of its nodes; what could not be had of them."""
        name = plan.scenario.name
        with Profiler(name, kinds, phase_lengths(plan.scenario, played.runs), folder) as profiler:
            try:
                self._measured(Assignment(plan, "head", len(played.runs) + 1), watch=profiler)
            except NothingMeasuredError as error:
                return (f"{name}: the run for profiles failed: {error.message}", *profiler.warnings)
        return profiler.warnings

    def perform(
        self, assignment: Assignment, meet: Callable[[Point], None] | None = None
    ) -> tuple[Run, tuple[str, ...]]:
        """One run, and what its nodes turned out to be; ``meet`` waits for runs beside it (``RunStage.meet_others``).

        Raises NothingMeasuredError where it failed.
        """
        name, number = assignment.plan.scenario.name, assignment.number
        self._observer(events.RunStarted(name, number, assignment.title))
        start_ns = clock.monotonic_ns()
        run = self._measured(assignment, meet=meet)
        self._order += 1
        self._observer(events.RunEnded(name, number, (clock.monotonic_ns() - start_ns) / clock.NS_PER_S))
        return run

    def _measured(
        self,
        assignment: Assignment,
        *,
        watch: PhaseWatch | None = None,
        meet: Callable[[Point], None] | None = None,
    ) -> tuple[Run, tuple[str, ...]]:
        name = assignment.plan.scenario.name
        try:
            return self._measure(assignment, watch, meet)
        except OSError as error:  # one of our own doings; a node's are told by its driver
            raise MachineError(
                f"{name}: {_what(assignment)} failed: {error}", cure=SHORTAGES.get(error.errno or 0)
            ) from error

    def _measure(
        self, assignment: Assignment, watch: PhaseWatch | None, meet: Callable[[Point], None] | None
    ) -> tuple[Run, tuple[str, ...]]:
        plan = assignment.plan
        run_id = assignment.run_id if watch is None else f"{plan.scenario.name}-profiled"
        keep = self._keep if watch is None else _NOTHING_KEPT
        with self._interrupts.resources() as stack:
            folder = stack.enter_context(working_folder())
            network: Any = stack.enter_context(open_network(self._mode, folder, link=self._link))
            recorder: Any = stack.enter_context(open_recorder())
            traffic = stack.enter_context(open_shared_traffic(self._mode))
            stage = RunStage(
                plan.scenario,
                network,
                self._factories[assignment.side],
                recorder,
                self._observer,
                folder=folder,
                logs=self._folders.logs,
                run_id=run_id,
                number=assignment.number,
                traffic=traffic,
                watch=watch,
                on_host=functools.partial(introduce, recorder) if self._mode == "private" else None,
            )
            if meet is not None:
                stage.meet_others(meet)
            if self._mode == "private":
                tap(network, recorder, keep, run_id)
            self._perform(plan, stage)
            with self._interrupts.shielded():
                exits = stage.stop(graceful=True)
                network.end_processes()
                closing = network.closing()
                series_folder = self._folders.series if watch is None else folder
                series = series_folder / f"{run_id}.json.gz"
                name, captured = self._end_recording(recorder, series, stage, folder, keep.file(run_id))
            run = Run(
                id=run_id,
                subject=assignment.side,
                scenario=plan.scenario.name,
                order=self._order,
                pair=assignment.pair,
                lane=assignment.lane,
                discarded=assignment.discarded_because is not None,
                discarded_because=assignment.discarded_because,
                phases=captured.phases,
                exits=exits,
                closing=closing,
                traffic=captured.traffic,
                capture=captured.capture,
                series=name,
                warnings=(
                    *(stage.warnings + traffic.warnings + captured.warnings),
                    *_warnings(run_id, closing),
                ),
            )
            return run, stage.generations

    def _end_recording(
        self, recorder: Recorder, path: Path, stage: RunStage, folder: Path, pcap: Path | None
    ) -> tuple[str | None, RunTraffic]:
        """The file of the run's time series, relative to the report, and its traffic; None where it failed."""
        traffic_path = folder / "traffic.json"
        phases = tuple(stage.phases)
        try:
            recorder.end(path, traffic_path)
        except MachineError as error:  # curves are no reason to throw measured figures away
            warning = (
                f"{stage.run_id} has no curves, and where its traffic went is not known: {error.message}"
            )
            return None, RunTraffic(phases, warnings=(warning,))
        name = f"{path.parent.name}/{path.name}"
        if self._mode != "private":
            return name, RunTraffic(phases)
        captured = read_traffic(traffic_path)
        return name, gather(stage.run_id, captured, phases, stage.counters(), pcap)

    def _perform(self, plan: Plan, stage: RunStage) -> None:
        """Let the scenario play; whatever it raises, its nodes are ended at once."""
        try:
            _perform(plan, stage)
            stage.check_complete()
        except BaseException:
            with self._interrupts.shielded():
                stage.stop(graceful=False)
            raise


def _what(assignment: Assignment) -> str:
    return f"run {assignment.number}" if assignment.pair is None else assignment.title


def _perform(plan: Plan, stage: RunStage) -> None:
    try:
        plan.scenario.run(stage, plan.params)
    except (TcperfError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit, too: it would end the build green, with nothing measured
        lines = traceback.format_exception(error)
        raise ScenarioError(
            f"the scenario {plan.scenario.name} raised {type(error).__name__}: {error}",
            cure="this is a fault of the scenario module",
            details=tuple("".join(lines[-_QUOTED_LINES:]).splitlines()),
        ) from error


def _warnings(run_id: str, closing: Closing | None) -> tuple[str, ...]:
    if closing is None or closing.closes:
        return ()
    difference = closing.sent_bytes + closing.copies_bytes - closing.lost_bytes - closing.received_bytes
    warning = (
        f"{run_id}: the traffic does not add up: {difference} bytes of {closing.sent_bytes} sent were not received"
        f" ({closing.dropped_packets} frames dropped)"
    )
    return (warning,)

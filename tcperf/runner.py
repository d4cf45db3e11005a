"""Runs scenarios: each run fresh, with its own network, folders and processes, all taken down in reverse.

Nothing here retries: a run that fails fails its scenario, and a failed scenario has no numbers.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from tcperf import clock, events, whereabouts
from tcperf.apparatus import Apparatus
from tcperf.derived import derive
from tcperf.errors import MachineError, NothingMeasuredError, ScenarioError, TcperfError
from tcperf.interrupts import Interrupts
from tcperf.link import Link
from tcperf.model import Run
from tcperf.network.interface import Mode
from tcperf.nodes.interface import DriverFactory
from tcperf.performance import Performance, Point
from tcperf.plan import Assignment, Plan, Played
from tcperf.probes.run_traffic import Keep
from tcperf.profiling import PhaseWatch, Profiler, phase_lengths
from tcperf.refusals import SHORTAGES
from tcperf.stage import RunStage
from tcperf.traffic import Closing

#: Makes the stage of a run: RunStage, or what takes the same arguments.
StageMaker = Callable[..., Performance]

_QUOTED_LINES = 4
_QUOTED_SPOTS = 3
_NOTHING_KEPT = Keep()


@frozen
class Folders:
    """Where a run leaves what outlives it: time series and the nodes' logs."""

    series: Path
    logs: Path


class Runner:
    """Runs plans one after another on one kind of network, with one kind of node, or two: ``base`` is the other.

    ``stage`` makes what they play on.
    """

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
        stage: StageMaker = RunStage,
    ) -> None:
        self._mode: Mode = mode
        self._make_stage = stage
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
        side = None if assignment.pair is None else assignment.side
        self._observer(events.RunStarted(name, number, assignment.title, assignment.pair, side))
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
            apparatus = Apparatus.made(self._mode, self._link, self._interrupts, stack)
            stage = self._staged(assignment, run_id, apparatus, watch)
            if meet is not None:
                stage.meet_others(meet)
            apparatus.tap(keep, run_id)
            self._perform(plan, stage)
            with self._interrupts.shielded():
                exits = stage.stop(graceful=True)
                apparatus.network.end_processes()
                closing = apparatus.network.closing()
                folder = self._folders.series if watch is None else apparatus.folder
                name, captured = apparatus.end_recording(
                    stage, folder / f"{run_id}.json.gz", keep.file(run_id)
                )
            run = Run(
                id=run_id,
                subject=assignment.side,
                scenario=plan.scenario.name,
                order=self._order,
                pair=assignment.pair,
                lane=assignment.lane,
                discarded=assignment.discarded_because is not None,
                discarded_because=assignment.discarded_because,
                phases=derive(captured.phases, plan.scenario.phases),
                exits=exits,
                closing=closing,
                traffic=captured.traffic,
                capture=captured.capture,
                series=name,
                warnings=(
                    *(stage.warnings + apparatus.traffic.warnings + captured.warnings),
                    *_warnings(run_id, closing),
                ),
            )
            return run, stage.generations

    def _staged(
        self, assignment: Assignment, run_id: str, apparatus: Apparatus, watch: PhaseWatch | None
    ) -> Performance:
        return self._make_stage(
            assignment.plan.scenario,
            apparatus.network,
            self._factories[assignment.side],
            apparatus.recorder,
            self._observer,
            folder=apparatus.folder,
            logs=self._folders.logs,
            run_id=run_id,
            number=assignment.number,
            traffic=apparatus.traffic,
            watch=watch,
            on_host=apparatus.introduce,
            whose="this node" if assignment.side == "head" else "the base's node",
        )

    def _perform(self, plan: Plan, stage: Performance) -> None:
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


def _perform(plan: Plan, stage: Performance) -> None:
    try:
        plan.scenario.run(cast(Any, stage), plan.params)
    except ScenarioError as error:
        error.details = (*error.details, *_author_lines(error))
        raise
    except (TcperfError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit, too: it would end the build green, with nothing measured
        raise ScenarioError(
            f"the scenario {plan.scenario.name} raised {type(error).__name__}: {error}",
            cure="this is a fault of the scenario module",
            details=_author_lines(error) if _is_the_authors(error) else _last_lines(error),
        ) from error


def _author_lines(error: BaseException) -> tuple[str, ...]:
    """The module's own lines that led there, the last one where it came to the error."""
    return tuple(spot.quoted for spot in whereabouts.of_error(error)[-_QUOTED_SPOTS:])


def _is_the_authors(error: BaseException) -> bool:
    """Whether the module's own line raised it, and not something that it called."""
    return whereabouts.is_the_authors(traceback.extract_tb(error.__traceback__)[-1].filename)


def _last_lines(error: BaseException) -> tuple[str, ...]:
    return tuple("".join(traceback.format_exception(error)[-_QUOTED_LINES:]).splitlines())


def _warnings(run_id: str, closing: Closing | None) -> tuple[str, ...]:
    if closing is None or closing.closes:
        return ()
    difference = closing.sent_bytes + closing.copies_bytes - closing.lost_bytes - closing.received_bytes
    warning = (
        f"{run_id}: the traffic does not add up: {difference} bytes of {closing.sent_bytes} sent were not received"
        f" ({closing.dropped_packets} packets dropped)"
    )
    return (warning,)

"""Plays a scenario in pairs, the base's and the head's runs interleaved, until the gate can decide.

One warm-up of each side comes first, and counts nowhere; one that fails is made again once.  Then come heats of
pairs (``tcperf.schedule``); a pair in the middle of which somebody else kept the machine busy, or a run failed, is
made again, up to a cap.  Whether all is decided is asked at the looks only: who looks after every pair until he
likes what he sees will.  Where all is well, though, they may end between looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Protocol

import attrs
from attrs import field, frozen

from tcperf import clock, events, gate, schedule
from tcperf.allowance import Allowance
from tcperf.comparison import Pairing
from tcperf.course import Course
from tcperf.crew import Crew
from tcperf.errors import NothingMeasuredError, NotSupportedError
from tcperf.model import Run, Surroundings
from tcperf.plan import Assignment, Plan, Played, Side
from tcperf.probes.surroundings import Watch
from tcperf.schedule import Heat, Round, Slot
from tcperf.tally import Tally
from tcperf.warm_up import WARM_UP, warm_up_plan

Stopped = Literal["decided", "budget", "pairs", "failed"]
#: In what is saved while pairs are still being played.
UNFINISHED: Final = "it was broken off before it was decided"


@frozen
class Standing:
    """What the pairs so far say: whether more are needed, and the worst of it in a few words (None: nothing yet).

    ``may_end`` says that nothing is wrong, and that it is no matter that there is no look (``gate.may_end``).
    """

    is_decided: bool
    finding: str | None = None
    may_end: bool = False


class Stretch(Protocol):
    """Watches the machine from its making to its end."""

    def end(self) -> Surroundings:
        """What else the machine did."""


def _now_s() -> float:
    return clock.monotonic_ns() / clock.NS_PER_S


@frozen
class Pairer:
    """Plays scenarios in pairs.

    ``solo`` plays the warm-ups; ``open_crew`` gives the crew that plays the pairs, knowing the warm-ups' runs and
    the seconds of the budget that are left (None: there is no budget), and may be ``solo`` itself.  At most ``most``
    pairs are made, and it is looked when there are as many as one of ``looks`` says.
    """

    solo: Crew
    open_crew: Callable[[Plan, Sequence[Run], float | None], Crew]
    observer: events.Observer
    most: int = gate.LOOKS[-1]
    looks: Sequence[int] = gate.LOOKS
    watch: Callable[[], Stretch] = Watch
    now_s: Callable[[], float] = field(default=_now_s)

    def play(
        self,
        plan: Plan,
        budget_s: float | None,
        weigh: Callable[[Played], Standing],
        *,
        first_order: int = 0,
    ) -> Played:
        """All pairs of a plan within ``budget_s`` (None: as long as it takes).

        ``weigh`` is told after each heat of all that was played.  The runs' ``order`` begins with ``first_order``.
        What fails is told in the answer; only what is no run's fault is raised: NotSupportedError where either side's
        node cannot play the scenario.
        """
        return _Performance(self, plan, budget_s, weigh, first_order).play()


class _Performance:
    """One scenario's pairs while they are played."""

    def __init__(
        self,
        pairer: Pairer,
        plan: Plan,
        budget_s: float | None,
        weigh: Callable[[Played], Standing],
        first_order: int,
    ) -> None:
        self._pairer = pairer
        self._plan = plan
        self._time = Allowance(budget_s, min(pairer.looks, default=0), pairer.now_s)
        self._weigh = weigh
        self._tally = Tally(schedule.redo_cap(pairer.most), first_order)
        self._course = Course(pairer.most, lanes=1)
        self._numbers = 0
        self._told = 0

    @property
    def _name(self) -> str:
        return self._plan.scenario.name

    @property
    def _ready(self) -> int:
        return len(self._tally.whole)

    def play(self) -> Played:
        most = self._pairer.most
        self._pairer.observer(events.ScenarioStarted(self._name, 2 * most, None, most))
        stopped, error = self._stopped()
        if error is None:
            return self._ended(stopped)
        self._pairer.observer(events.ScenarioFailed(self._name, error))
        if isinstance(error, NotSupportedError):
            raise error
        failure = self._tally.failure
        if (
            not self._ready
            and not self._tally.keep_one("head")
            and failure is not None
            and failure.side == "base"
        ):
            self._play_head_alone()
        return self._played("failed", error.message, error)

    def _ended(self, stopped: Stopped) -> Played:
        """Where no side failed: but too few pairs for the first look are no comparison, and none are no figure."""
        problem = None
        if stopped == "budget":
            problem = self._time.problem(self._ready, self._pairer.most, self._tally.redone)
        failed = None
        if problem is not None and not self._ready and not self._tally.keep_one("head"):
            failed = self._play_head_alone()
        if failed is None:
            self._pairer.observer(events.ScenarioEnded(self._name))
            return self._played(stopped, problem)
        error = NothingMeasuredError(
            f"no pair counts: {problem}; and alone the head failed: {failed.message}",
            cure=failed.cure,
            details=failed.details,
        )
        self._pairer.observer(events.ScenarioFailed(self._name, error))
        return self._played(stopped, problem, error)

    def _stopped(self) -> tuple[Stopped, NothingMeasuredError | None]:
        """Why there are no more pairs, and what went wrong if something did."""
        try:
            self._warm_up()
            with self._pairer.open_crew(self._plan, self._tally.runs, self._time.left_s) as crew:
                self._course = Course(self._pairer.most, crew.lanes)
                stopped = self._play_pairs(crew)
        except NothingMeasuredError as error:  # a side's, or the crew's own: then no side is to blame
            return "failed", error
        return stopped, None

    def _warm_up(self) -> None:
        shorter = warm_up_plan(self._plan)
        for side in schedule.order(0):
            self._warm_up_side(shorter, side)
            if self._tally.is_failing(side):
                self._warm_up_side(shorter, side, attempt=2)

    def _warm_up_side(self, plan: Plan, side: Side, attempt: int = 1) -> None:
        warm_up = self._assignment(plan, side, attempt=attempt, discarded_because=WARM_UP)
        self._play_round(self._pairer.solo, [warm_up])

    def _play_head_alone(self) -> NothingMeasuredError | None:
        """The head's figures are worth having, compared or not.  What went wrong with it."""
        (performance,) = self._pairer.solo.play([Assignment(attrs.evolve(self._plan, runs=1), "head", 1)])
        if performance.error is None:
            self._tally.take([performance], Surroundings())
        return performance.error

    def _play_pairs(self, crew: Crew) -> Stopped:
        pairer = self._pairer
        while self._ready < pairer.most:
            target = schedule.next_look(self._ready, pairer.most, pairer.looks)
            standing = self._reach(crew, target)
            if standing is None:
                return "budget"
            if standing.is_decided or standing.may_end:
                return "decided"
        return "pairs"

    def _reach(self, crew: Crew, target: int) -> Standing | None:
        """Play until there are so many pairs or they may end, and what they say; None where the time is up before."""
        standing = Standing(is_decided=False)
        while self._ready < target and not (standing.may_end and self._pairer.looks):
            waiting = self._tally.waiting(self._pairer.most, target)
            heat = self._course.ahead(waiting, self._tally.counting)
            if not self._time.fits(heat, self._ready):
                return None
            self._play_heat(crew, heat, target)
            standing = self._weigh(self._played("failed", UNFINISHED))
            self._tell(standing)
        return standing

    def _play_heat(self, crew: Crew, heat: Heat, target: int) -> None:
        """Play it so far as the look takes it."""
        if self._course.is_between_heats:
            self._tally.begin(sorted({part.pair for parts in heat for part in parts}))
        while heat and self._ready < target:
            slots, heat = self._course.begin(heat, self._tally.counting)
            self._play_slots(crew, slots)

    def _play_slots(self, crew: Crew, slots: Round) -> None:
        """Play a round, of which nothing may be left, and tell which pairs are spoilt by it."""
        if slots:
            self._time.took(self._play_round(crew, [self._slot(slot) for slot in slots]))
        for pair in sorted({slot.pair for slot in slots}):
            if (reason := self._tally.spoilt(pair)) is not None:
                self._pairer.observer(events.PairRedone(self._name, pair, reason))

    def _slot(self, slot: Slot) -> Assignment:
        attempt = self._tally.attempt(slot.pair)
        return self._assignment(self._plan, slot.side, pair=slot.pair, lane=slot.lane, attempt=attempt)

    def _assignment(self, plan: Plan, side: Side, **more: Any) -> Assignment:
        self._numbers += 1
        return Assignment(plan, side, self._numbers, **more)

    def _play_round(self, crew: Crew, assignments: Sequence[Assignment]) -> float:
        """Play a round; how long it took, in seconds.  Raises NothingMeasuredError where a side fails too often."""
        begin_s = self._pairer.now_s()
        stretch = self._pairer.watch()
        performances = crew.play(assignments)
        self._tally.take(performances, stretch.end())
        if self._tally.failure is not None:
            raise self._tally.failure.error
        return self._pairer.now_s() - begin_s

    def _tell(self, standing: Standing) -> None:
        """Each number of pairs once: what spoilt pairs that are made again has been told."""
        ready, most = self._ready, self._pairer.most
        if ready == self._told:
            return
        self._told = ready
        rounds = self._time.rounds(self._course.rounds_left(ready), ready)
        self._pairer.observer(
            events.PairsDone(self._name, ready, most, rounds, self._time.round_s, standing.finding)
        )

    def _played(
        self, stopped: Stopped, problem: str | None = None, error: NothingMeasuredError | None = None
    ) -> Played:
        tally = self._tally
        return Played(
            runs=tally.runs,
            generations=tally.generations("head"),
            base_generations=tally.generations("base"),
            warnings=tuple(f"{self._name}: {warning}" for warning in tally.warnings),
            pairing=Pairing(self._name, self._ready, tally.redone, self._course.lanes, stopped, problem),
            error=error,
        )

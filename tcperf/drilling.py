"""The drill: the gate is shown a node beside itself, then beside itself with one plant after another.

The step without a plant comes first.  It must be green, and says how large plants have to be.  Each of the others
plants one kind on the head's side, plays pairs until it is decided whether the gate sees it, and whether it sees what
is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

import attrs
from attrs import frozen

from tcperf import comparing, gate, sentences
from tcperf.crew import Crew
from tcperf.errors import UsageError
from tcperf.events import Observer
from tcperf.link import Link
from tcperf.model import Conditions, Result
from tcperf.nodes.factory import Starter
from tcperf.pairing import Pairer, Standing, Stretch
from tcperf.plan import Plan, Played
from tcperf.planting import Sides, accompanied, planted
from tcperf.plants.finding import Finding, find, find_clean
from tcperf.plants.goal import Goal, set_goal
from tcperf.plants.kinds import KINDS
from tcperf.plants.means import (
    IDLE,
    Means,
    check_foreign,
    foreign_means,
    has_companion,
    reference_means,
)
from tcperf.plants.wish import Wish
from tcperf.probes.surroundings import Watch
from tcperf.rules import GatePolicy
from tcperf.session import Session, SoFar
from tcperf.subject import Subject
from tcperf.system import this_system

CLEAN: Final = "none"
#: A plant of two thresholds is seen after 10 pairs, or there is too much noise for it.
MOST_PAIRS: Final = 15


@frozen
class Step:
    """One step of a drill.  ``goal`` and ``means`` are None in the one without a plant."""

    name: str
    result: Result
    finding: Finding
    goal: Goal | None = None
    means: Means | None = None


@frozen
class Drilled:
    """What is drilled: the node, the scenario, the rules of the gate and what surrounds them."""

    subject: Subject
    factory: Starter
    plan: Plan
    policy: GatePolicy
    conditions: Conditions
    command: tuple[str, ...]
    today: date

    @property
    def link(self) -> Link | None:
        """How bad the links are without a plant."""
        return self.conditions.link


#: Gives the crew of a step: the step's name, what its nodes are started by, the links as they are anyway.
CrewOpener = Callable[[str, Sides, Link | None, Observer], Crew]


@frozen
class Drill:
    """Plays the steps, of at most ``most`` pairs each.  ``warn`` is told what is left out."""

    drilled: Drilled
    open_crew: CrewOpener
    observe: Callable[[str], Observer]
    warn: Callable[[str], object]
    most: int = MOST_PAIRS
    watch: Callable[[], Stretch] = Watch

    def steps(self, wishes: Sequence[Wish]) -> Iterator[Step]:
        """The step without a plant, then one for each wish; for none of them all kinds that can be planted here.

        Raises UsageError where what was wished for cannot be, or nothing is left, NothingMeasuredError where a
        step measured nothing.
        """
        asked = wishes or tuple(map(Wish, KINDS.values()))
        possible = list(self._each(asked, self._check, is_asked=bool(wishes)))
        clean = self._clean([wish for wish, _nothing in possible])
        yield clean
        goals = self._each(
            [wish for wish, _nothing in possible],
            lambda wish: set_goal(wish, clean.result.comparisons, self.drilled.policy),
            is_asked=bool(wishes),
        )
        for _wish, goal in goals:
            assert goal is not None
            yield self._planted(goal, _node_count(clean.result))

    def _each(
        self, wishes: Sequence[Wish], prepare: Callable[[Wish], Goal | None], *, is_asked: bool
    ) -> list[tuple[Wish, Goal | None]]:
        """Each wish with what is prepared for it; one that nobody asked for and cannot be is left out."""
        found: list[tuple[Wish, Goal | None]] = []
        for wish in wishes:
            try:
                found.append((wish, prepare(wish)))
            except UsageError as error:
                if is_asked:
                    raise
                self.warn(f"left out: {error.message}")
        if not found:
            raise UsageError("nothing can be planted here", cure="gate a metric with a [[gate.rule]]")
        return found

    def _check(self, wish: Wish) -> None:
        if not self.drilled.subject.reference:
            check_foreign(wish.kind, self.drilled.conditions.network, is_linux=this_system().is_linux)

    def _clean(self, wishes: Sequence[Wish]) -> Step:
        """Both sides as the clean one will be: with idle companions, where a plant will be one."""
        drilled = self.drilled
        factory = drilled.factory
        if not drilled.subject.reference and any(has_companion(wish.kind) for wish in wishes):
            factory = accompanied(factory, IDLE)
        result = self._play(CLEAN, planted(factory, None, drilled.link), None)
        return Step(CLEAN, result, find_clean(result, drilled.policy, drilled.today))

    def _planted(self, goal: Goal, nodes: int) -> Step:
        drilled = self.drilled
        means = (reference_means if drilled.subject.reference else foreign_means)(goal, nodes)
        result = self._play(goal.kind.name, planted(drilled.factory, means, drilled.link), goal)
        return Step(
            goal.kind.name, result, find(goal, result, drilled.policy, drilled.today), goal=goal, means=means
        )

    def _play(self, name: str, sides: Sides, goal: Goal | None) -> Result:
        """The result of a step, compared.  Raises NothingMeasuredError where there is none."""
        drilled = self.drilled
        observer = self.observe(name)
        crew = self.open_crew(name, sides, drilled.link, observer)
        pairer = Pairer(crew, lambda *_known: crew, observer, most=self.most, watch=self.watch)

        def play(plan: Plan, so_far: SoFar) -> Played:
            return pairer.play(plan, None, lambda played: self._weigh(so_far(played), goal))

        head = drilled.subject if goal is None else _marked(drilled.subject, goal)
        subjects = {"head": head, "base": drilled.subject}
        outcome = Session(subjects, drilled.conditions, drilled.command, play).run([drilled.plan])
        if outcome.result is None:
            raise outcome.in_the_way[0].error
        found = comparing.compare_pairs(outcome.result, drilled.policy, (), drilled.today)
        return attrs.evolve(outcome.result, comparisons=found)

    def _weigh(self, result: Result, goal: Goal | None) -> Standing:
        found = comparing.progress(result, self.drilled.plan.scenario.name, self.drilled.policy)
        finding = None if found.worst is None else sentences.short(found.worst)
        if goal is None or found.pairs < gate.LOOKS[0]:
            return Standing(found.is_decided, finding)
        return Standing(not any(_matters(tail, goal) for tail in found.undecided), finding)


def _marked(subject: Subject, goal: Goal) -> Subject:
    """The subject as reports name it: nobody is to take a planted one for the real one."""
    return attrs.evolve(subject, version=f"{subject.version} with {goal.kind.name} planted")


def _matters(tail: str, goal: Goal) -> bool:
    """Whether a statistic has to be decided: what must turn red, and what must not."""
    return goal.key.endswith(f".{tail}") or tail.rpartition(".")[2] not in goal.kind.may_turn_red


def _node_count(result: Result) -> int:
    """How many nodes there are in a run."""
    return max((len(phase.nodes) for run in result.runs for phase in run.phases), default=1)

"""All scenarios of one invocation: played one after another, gathered into one Result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import attrs
from attrs import field, frozen

import tcperf
from tcperf import remarks
from tcperf.errors import NothingMeasuredError, NotSupportedError
from tcperf.metrics import PHASE_METRICS
from tcperf.model import Conditions, Environment, PhaseInfo, Result, Run, ScenarioInfo, Tool, Unsupported
from tcperf.plan import Plan, Played
from tcperf.probes import machine
from tcperf.subject import Subject


@frozen
class Failure:
    """A scenario that has no numbers, and why."""

    scenario: str
    error: NothingMeasuredError


@frozen
class Outcome:
    """What an invocation measured.  ``result`` is None where no scenario was measured.

    ``broken_off`` are those whose pairs are not complete: they have numbers, and no comparison.  ``unsupported`` are
    those that a node cannot play: no failures.
    """

    result: Result | None
    failures: tuple[Failure, ...]
    broken_off: tuple[Failure, ...] = ()
    unsupported: tuple[Failure, ...] = ()

    @property
    def in_the_way(self) -> tuple[Failure, ...]:
        """Why there is no more: what failed or, where nothing at all was measured, what a node cannot play."""
        return self.failures or (self.unsupported if self.result is None else ())


#: Makes a Result of what is there so far, with what was played of the present scenario.
SoFar = Callable[[Played], Result]


@frozen
class Session:
    """What holds for all scenarios of an invocation.  ``play`` runs one of them (``Runner.play``).

    ``subjects`` are by the name of their side, "head" and "base".
    """

    subjects: Mapping[str, Subject]
    conditions: Conditions
    command: tuple[str, ...]
    play: Callable[[Plan, SoFar], Played]
    warnings: tuple[str, ...] = field(default=())

    def run(self, plans: Sequence[Plan]) -> Outcome:
        """Play every plan; a scenario that fails does not keep the others from being measured."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        gathered = _Gathered(self, plans, machine.describe(), started)
        failures: list[Failure] = []
        broken_off: list[Failure] = []
        for plan in plans:
            try:
                played = self.play(plan, functools.partial(gathered.result, plan))
            except NotSupportedError as error:
                gathered.refuse(plan, error)
                continue
            except NothingMeasuredError as error:
                failures.append(Failure(plan.scenario.name, error))
                continue
            if played.error is not None and not _counts(played):
                failures.append(Failure(plan.scenario.name, played.error))
                continue
            gathered.add(plan, played)
            if played.error is not None:
                broken_off.append(Failure(plan.scenario.name, played.error))
        result = gathered.result(warnings=map(_warning, failures)) if gathered.runs else None
        return Outcome(result, tuple(failures), tuple(broken_off), gathered.refused)


def _counts(played: Played) -> bool:
    """Whether there is a run of the head that counts: the base's alone are nobody's figures."""
    return any(run.subject == "head" and not run.discarded for run in played.runs)


class _Gathered:
    """What the scenarios so far have brought."""

    def __init__(
        self, session: Session, plans: Sequence[Plan], environment: Environment, started: str
    ) -> None:
        self._session = session
        self._plans = plans
        self._environment = environment
        self._started = started
        self._played: list[tuple[Plan, Played]] = []
        self._refused: list[tuple[Plan, NotSupportedError]] = []

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(run for _plan, played in self._played for run in played.runs)

    def add(self, plan: Plan, played: Played) -> None:
        """A scenario is over."""
        self._played.append((plan, played))

    def refuse(self, plan: Plan, error: NotSupportedError) -> None:
        """A scenario is not played."""
        self._refused.append((plan, error))

    @property
    def refused(self) -> tuple[Failure, ...]:
        return tuple(Failure(plan.scenario.name, error) for plan, error in self._refused)

    def result(
        self, plan: Plan | None = None, present: Played | None = None, *, warnings: Iterable[str] = ()
    ) -> Result:
        """All of it, and what there is of the present scenario."""
        found = [*self._played, *([(plan, present)] if plan is not None and present is not None else [])]
        session = self._session
        return Result(
            tool=Tool(tcperf.__version__, self._started, session.command),
            environment=self._environment,
            conditions=session.conditions,
            subjects={
                side: _found_out(subject, _generations(side, [played for _plan, played in found]))
                for side, subject in session.subjects.items()
            },
            scenarios=tuple(_info(plan, played) for plan, played in found),
            runs=tuple(run for _plan, played in found for run in played.runs),
            pairings=tuple(played.pairing for _plan, played in found if played.pairing is not None),
            warnings=(
                *session.warnings,
                *(warning for _plan, played in found for warning in played.warnings),
                *warnings,
            ),
            left_out=self._left_out({plan.scenario.name for plan, _ in (*found, *self._refused)}),
            unsupported=tuple(
                Unsupported(plan.scenario.info(plan.params), error.message) for plan, error in self._refused
            ),
        )

    def _left_out(self, names: Collection[str]) -> tuple[ScenarioInfo, ...]:
        """What was asked for beside the scenarios of these names."""
        left = (plan for plan in self._plans if plan.scenario.name not in names)
        return tuple(plan.scenario.info(plan.params) for plan in left)


def _info(plan: Plan, played: Played) -> ScenarioInfo:
    """The record of a scenario; the phases that only its runs told of are published, too."""
    info = plan.scenario.info(plan.params)
    declared = {phase.name for phase in info.phases}
    told = dict.fromkeys(phase.name for run in played.runs for phase in run.phases)
    more = (PhaseInfo(name, publish=True, metrics=PHASE_METRICS) for name in told if name not in declared)
    return attrs.evolve(info, phases=(*info.phases, *more))


def _generations(side: str, played: Iterable[Played]) -> tuple[str, ...]:
    """What a side's nodes turned out to be, each kind once."""
    kinds = (each.generations if side == "head" else each.base_generations for each in played)
    return tuple(dict.fromkeys(kind for found in kinds for kind in found))


def _found_out(subject: Subject, generations: tuple[str, ...]) -> Subject:
    """A given binary's generation is known only after it ran."""
    if subject.reference or not generations:
        return subject
    return attrs.evolve(subject, generation=", ".join(generations))


def _warning(failure: Failure) -> str:
    return remarks.failure(failure.scenario, failure.error.message)

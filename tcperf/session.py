"""All scenarios of one invocation: played one after another, gathered into one Result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import attrs
from attrs import field, frozen

import tcperf
from tcperf.errors import NothingMeasuredError
from tcperf.model import Conditions, Environment, Result, Run, Subject, Tool
from tcperf.probes import machine
from tcperf.runner import Plan, Played


@frozen
class Failure:
    """A scenario that has no numbers, and why."""

    scenario: str
    error: NothingMeasuredError


@frozen
class Outcome:
    """What an invocation measured.  ``result`` is None where every scenario failed.

    ``broken_off`` are those whose pairs are not complete: they have numbers, and no comparison.
    """

    result: Result | None
    failures: tuple[Failure, ...]
    broken_off: tuple[Failure, ...] = ()


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
        gathered = _Gathered(self, machine.describe(), datetime.now(UTC).isoformat(timespec="seconds"))
        failures: list[Failure] = []
        broken_off: list[Failure] = []
        for plan in plans:
            try:
                played = self.play(plan, functools.partial(gathered.result, plan))
            except NothingMeasuredError as error:
                failures.append(Failure(plan.scenario.name, error))
                continue
            if played.error is not None and not _counts(played):
                failures.append(Failure(plan.scenario.name, played.error))
                continue
            gathered.add(plan, played)
            if played.error is not None:
                broken_off.append(Failure(plan.scenario.name, played.error))
        if not gathered.runs:
            return Outcome(None, tuple(failures))
        return Outcome(gathered.result(warnings=map(_warning, failures)), tuple(failures), tuple(broken_off))


def _counts(played: Played) -> bool:
    """Whether there is a run of the head that counts: the base's alone are nobody's figures."""
    return any(run.subject == "head" and not run.discarded for run in played.runs)


class _Gathered:
    """What the scenarios so far have brought."""

    def __init__(self, session: Session, environment: Environment, started: str) -> None:
        self._session = session
        self._environment = environment
        self._started = started
        self._played: list[tuple[Plan, Played]] = []

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(run for _plan, played in self._played for run in played.runs)

    def add(self, plan: Plan, played: Played) -> None:
        """A scenario is over."""
        self._played.append((plan, played))

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
            scenarios=tuple(plan.scenario.info(plan.params) for plan, _played in found),
            runs=tuple(run for _plan, played in found for run in played.runs),
            pairings=tuple(played.pairing for _plan, played in found if played.pairing is not None),
            warnings=(
                *session.warnings,
                *(warning for _plan, played in found for warning in played.warnings),
                *warnings,
            ),
        )


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
    return f"{failure.scenario} failed and is not in these results: {failure.error.message}"

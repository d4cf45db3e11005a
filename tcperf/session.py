"""All scenarios of one invocation: played one after another, gathered into one Result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import attrs
from attrs import field, frozen

import tcperf
from tcperf.errors import NothingMeasuredError
from tcperf.model import Conditions, Result, Run, ScenarioInfo, Subject, Tool
from tcperf.probes import machine
from tcperf.runner import Plan, Played


@frozen
class Failure:
    """A scenario that has no numbers, and why."""

    scenario: str
    error: NothingMeasuredError


@frozen
class Outcome:
    """What an invocation measured.  ``result`` is None where every scenario failed."""

    result: Result | None
    failures: tuple[Failure, ...]


@frozen
class Session:
    """What holds for all scenarios of an invocation.  ``play`` runs one of them (``Runner.play``)."""

    subject: Subject
    conditions: Conditions
    command: tuple[str, ...]
    play: Callable[[Plan], Played]
    warnings: tuple[str, ...] = field(default=())

    def run(self, plans: Sequence[Plan]) -> Outcome:
        """Play every plan; a scenario that fails does not keep the others from being measured."""
        environment = machine.describe()
        started = datetime.now(UTC).isoformat(timespec="seconds")
        scenarios: list[ScenarioInfo] = []
        runs: list[Run] = []
        failures: list[Failure] = []
        generations: dict[str, None] = {}
        told = list(self.warnings)
        for plan in plans:
            try:
                played = self.play(plan)
            except NothingMeasuredError as error:
                failures.append(Failure(plan.scenario.name, error))
                continue
            scenarios.append(plan.scenario.info(plan.params))
            runs += played.runs
            told += played.warnings
            generations.update(dict.fromkeys(played.generations))
        if not runs:
            return Outcome(None, tuple(failures))
        result = Result(
            tool=Tool(tcperf.__version__, started, self.command),
            environment=environment,
            conditions=self.conditions,
            subjects={"head": _found_out(self.subject, tuple(generations))},
            scenarios=tuple(scenarios),
            runs=tuple(runs),
            warnings=(*told, *(_warning(failure) for failure in failures)),
        )
        return Outcome(result, tuple(failures))


def _found_out(subject: Subject, generations: tuple[str, ...]) -> Subject:
    """A given binary's generation is known only after it ran."""
    if subject.reference or not generations:
        return subject
    return attrs.evolve(subject, generation=", ".join(generations))


def _warning(failure: Failure) -> str:
    return f"{failure.scenario} failed and is not in these results: {failure.error.message}"

"""What a scenario's module declares, held against what its run does: its phases, each once, and what its nodes can."""

from __future__ import annotations

from collections.abc import Callable

from tcperf.capabilities import Capability, lacking, refusal
from tcperf.definition import Scenario
from tcperf.errors import ScenarioError
from tcperf.nodes.interface import Driver
from tcperf.performance import Point


class Programme:
    """One run's.  ``whose`` is what the node is called where it cannot play the scenario."""

    def __init__(self, scenario: Scenario, whose: str) -> None:
        self._scenario = scenario
        self._whose = whose
        self._published = {phase.name for phase in scenario.phases if phase.publish}
        self._played: set[str] = set()
        self._meet: Callable[[Point], None] | None = None

    def meet_others(self, meet: Callable[[Point], None]) -> None:
        """Call ``meet`` before the first published phase, and after the last, each once and outside of its time.

        It returns when the runs that are played beside this one are there, too.  A run without published
        phases meets nobody.
        """
        self._meet = meet

    def begins(self, name: str, inside: str | None) -> None:
        """A phase is entered, ``inside`` of another that is open.  Raises ScenarioError where that cannot be."""
        self._check(name, inside)
        if not self._published & self._played:
            self._meet_at("begin", name)

    def ended(self, name: str) -> None:
        """A phase was played to its end."""
        self._played.add(name)
        if self._published <= self._played:
            self._meet_at("end", name)

    def _meet_at(self, point: Point, name: str) -> None:
        if self._meet is not None and name in self._published:
            self._meet(point)

    def _check(self, name: str, inside: str | None) -> None:
        declared = [phase.name for phase in self._scenario.phases]
        if name not in declared:
            raise ScenarioError(
                f"{self._scenario.name} enters the phase {name!r}, which it does not declare",
                cure=f"PHASES declares {', '.join(declared)}",
            )
        if inside is not None:
            raise ScenarioError(f"{self._scenario.name} enters the phase {name} inside of {inside}")
        if name in self._played:
            raise ScenarioError(f"{self._scenario.name} enters the phase {name} twice")

    def check_complete(self) -> None:
        """Raise ScenarioError unless every declared phase was played."""
        missing = [phase.name for phase in self._scenario.phases if phase.name not in self._played]
        if missing:
            raise ScenarioError(
                f"{self._scenario.name} ended without its phase {missing[0]}",
                cure="enter every declared phase with stage.phase, or do not declare it",
            )

    def check_capabilities(self, driver: Driver) -> None:
        """Raise NotSupportedError where the node cannot what the scenario needs."""
        lacks = lacking(self._scenario.needs, driver.capabilities)
        if lacks:
            raise refusal(self._scenario.name, lacks, driver.generation, self._whose)

    def must_need(self, capability: Capability, what: str) -> None:
        """Raise ScenarioError where the scenario does ``what`` not every node can, and has not said so."""
        if capability not in self._scenario.needs:
            raise ScenarioError(
                f"{self._scenario.name} {what}",
                cure=f'declare NEEDS = ("{capability}",)',
            )

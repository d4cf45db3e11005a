"""Who plays runs: one after another in this process, or several side by side in lanes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, Self

from attrs import frozen

from tcperf.errors import NothingMeasuredError
from tcperf.model import Run
from tcperf.performance import Point
from tcperf.plan import Assignment
from tcperf.runner import Runner

__all__ = ["Crew", "Performance", "SoloCrew", "perform"]


@frozen
class Performance:
    """What became of an assignment: its run and what its nodes turned out to be, or why there is none."""

    assignment: Assignment
    run: Run | None
    generations: tuple[str, ...] = ()
    error: NothingMeasuredError | None = None


class Crew(Protocol):
    """Plays rounds; a context manager, which ends whatever it has started."""

    @property
    def lanes(self) -> int:
        """How many assignments a round may have."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...

    def play(self, assignments: Sequence[Assignment]) -> list[Performance]:
        """Play a round, side by side, one assignment a lane; what became of each, in their order.

        A run that fails is told in its Performance, and does not end the others.  Raises what is nobody's run's
        fault: KeyboardInterrupt, and errors of tcperf itself.
        """


class SoloCrew:
    """One lane in this process: a round of several assignments is played one after another."""

    lanes = 1

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing was started that needs an end."""

    def play(self, assignments: Sequence[Assignment]) -> list[Performance]:
        """Play the assignments in their order."""
        return [perform(self._runner, assignment) for assignment in assignments]


def perform(
    runner: Runner, assignment: Assignment, meet: Callable[[Point], None] | None = None
) -> Performance:
    """Play one assignment with a runner; a run that failed is told.  ``meet`` is Runner.perform's."""
    try:
        run, generations = runner.perform(assignment, meet)
    except NothingMeasuredError as error:
        return Performance(assignment, None, error=error)
    return Performance(assignment, run, generations)

"""What the runner needs of a stage, whatever is played on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from tcperf.model import NodeExit, PhaseResult
from tcperf.network.interface import Counters

#: Where runs that are played side by side wait for each other: before their first published phase begins, and
#: after the last one has ended.
Point = Literal["begin", "end"]


class Performance(Protocol):
    """One run on its stage.  ``whole`` is the name of a phase that encloses all others, None where none does."""

    run_id: str
    whole: str | None

    @property
    def phases(self) -> Sequence[PhaseResult]:
        """What was measured so far, in the order of the phases' ends."""

    @property
    def generations(self) -> tuple[str, ...]:
        """What the nodes turned out to be, each kind once."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not go as it should without being a failure."""

    def meet_others(self, meet: Callable[[Point], None]) -> None:
        """Call ``meet`` where runs beside this one are waited for."""

    def check_complete(self) -> None:
        """Raise NothingMeasuredError unless all was measured that was to be."""

    def counters(self) -> dict[str, Counters]:
        """Each node's interface counters now; empty where no interface is a node's own."""

    def stop(self, *, graceful: bool) -> dict[str, NodeExit]:
        """End every node; how each process ended."""

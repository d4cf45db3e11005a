"""What is to be played, run by run, and what was."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from tcperf.comparison import Pairing
from tcperf.definition import Scenario
from tcperf.errors import NothingMeasuredError
from tcperf.model import Run

#: Whose binary a run's nodes are: the branch's, or what it is compared with.
Side = Literal["head", "base"]


#: Parameters that say how many nodes there are, each with how many it leaves out.  Where there is none there are two.
_SIZES: Final = {"peers": 1, "members": 0, "nodes": 0}
_USUAL_NODES: Final = 2


@frozen
class Size:
    """The parameter that says how many nodes there are, and how many it leaves out."""

    name: str
    left_out: int


@frozen
class Plan:
    """One scenario to run: its parameters and how often."""

    scenario: Scenario
    params: object
    runs: int

    @property
    def sized_by(self) -> Size | None:
        """What says how many nodes it starts; None where no parameter does."""
        sizes = (Size(name, more) for name, more in _SIZES.items() if self.number(name) is not None)
        return next(sizes, None)

    @property
    def nodes(self) -> int:
        """How many nodes it starts, as far as its parameters tell."""
        size = self.sized_by
        return _USUAL_NODES if size is None else int(self.number(size.name) or 0) + size.left_out

    def number(self, name: str) -> float | None:
        """A parameter of that name; None where there is none, or it is no number."""
        found = getattr(self.params, name, None)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


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

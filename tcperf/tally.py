"""The runs of one scenario's pairs: which of them count, what is made again, and which side fails again and again."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

import attrs
from attrs import frozen

from tcperf.crew import Performance
from tcperf.errors import NothingMeasuredError, NotSupportedError
from tcperf.model import Run, Surroundings
from tcperf.plan import Side
from tcperf.probes.surroundings import pollution

#: A side that fails so often, each time it is played, will fail the next time, too.
_IN_A_ROW: Final = 2
#: What is usual is said by so many rounds.
_USUAL_OF: Final = 3


@frozen
class SideFailure:
    """A side that fails again and again; ``error`` says so, and quotes what the last failure quoted.

    Or one whose node cannot play the scenario: then ``error`` is NotSupportedError.
    """

    side: Side
    error: NothingMeasuredError


class Tally:
    """Takes the performances of a scenario's rounds.

    ``runs`` are all runs in the order they were played, those that are discarded among them; their ``order`` counts
    on from ``first_order``.  At most ``redo_cap`` pairs are made again.
    """

    def __init__(self, redo_cap: int, first_order: int = 0) -> None:
        self._redo_cap = redo_cap
        self._order = first_order
        self._made: list[Run] = []
        self._attempts: dict[int, int] = {}
        self._spoilt: dict[int, str] = {}
        self._in_a_row: dict[Side, int] = {"head": 0, "base": 0}
        self._stalls: list[float] = []
        self._generations: dict[Side, dict[str, None]] = {"head": {}, "base": {}}
        self._warnings: list[str] = []
        self._polluted: set[int] = set()
        self.redone = 0
        self.failure: SideFailure | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs; those of pairs that are not whole are discarded."""
        whole = set(self.whole)
        return tuple(
            run if run.discarded or run.pair is None or run.pair in whole else _discarded(run, _NOT_WHOLE)
            for run in self._made
        )

    @property
    def whole(self) -> tuple[int, ...]:
        """The pairs both runs of which are there and count, by number."""
        sides: dict[int, set[str]] = {}
        for run in self._made:
            if run.pair is not None and not run.discarded:
                sides.setdefault(run.pair, set()).add(run.subject)
        return tuple(sorted(pair for pair, found in sides.items() if len(found) > 1))

    @property
    def counting(self) -> frozenset[int]:
        """The pairs of which runs count, or will once the other one is there."""
        return frozenset(run.pair for run in self._made if run.pair is not None and not run.discarded)

    def waiting(self, most: int, target: int) -> list[int]:
        """The pairs, of ``most``, that are not whole, in the order in which they are to be played.

        The first ``target`` pairs come before the others; of either, what was spoilt comes last.
        """
        whole = set(self.whole)
        missing = (pair for pair in range(most) if pair not in whole)
        return sorted(missing, key=lambda pair: (pair >= target, self.attempt(pair), pair))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What belongs to no run that is there."""
        polluted = sum(run.order in self._polluted and not run.discarded for run in self.runs)
        if not polluted:
            return tuple(self._warnings)
        what = "1 run counts" if polluted == 1 else f"{polluted} runs count"
        return (*self._warnings, f"{what} although the machine was busy: no more pairs are made again")

    def is_failing(self, side: Side) -> bool:
        """Whether a side failed when it was last played."""
        return self._in_a_row[side] > 0

    def generations(self, side: Side) -> tuple[str, ...]:
        """What a side's nodes turned out to be."""
        return tuple(self._generations[side])

    def attempt(self, pair: int) -> int:
        """Which attempt at the pair the next one, or the present one, is: from 1."""
        return self._attempts.get(pair, 0) + 1

    def spoilt(self, pair: int) -> str | None:
        """Why the pair has to be made again; None where it has not."""
        return self._spoilt.get(pair)

    def begin(self, pairs: Sequence[int]) -> None:
        """These pairs begin, from their first run."""
        for pair in pairs:
            self._spoilt.pop(pair, None)

    def take(self, performances: Sequence[Performance], surroundings: Surroundings) -> None:
        """What became of a round in these surroundings."""
        first = self._order
        for performance in performances:
            self._note(performance, surroundings)
        failed = [each for each in performances if each.error is not None]
        for side in ("head", "base"):
            self._count_failures(side, performances)
        for each in failed:
            self._fail(each)
        self._judge(performances, surroundings, first)

    def keep_one(self, side: Side) -> bool:
        """Where no pair counts, let the last run of a side's pairs count alone: its figures are worth having.

        False where it has none.
        """
        spoilt = [run for run in self.runs if run.subject == side and run.pair is not None and run.discarded]
        if not spoilt:
            return False
        last = spoilt[-1]
        self._warnings.append(
            f"no pair counts; the figures are of one run that was to be made again: {last.discarded_because}"
        )
        kept = attrs.evolve(last, pair=None, discarded=False, discarded_because=None)
        self._made = [kept if run.order == last.order else run for run in self._made]
        return True

    def _note(self, performance: Performance, surroundings: Surroundings) -> None:
        if performance.run is None:
            return
        self._made.append(attrs.evolve(performance.run, order=self._order, surroundings=surroundings))
        self._order += 1
        known = self._generations[performance.assignment.side]
        known.update(dict.fromkeys(performance.generations))

    def _count_failures(self, side: Side, performances: Sequence[Performance]) -> None:
        """A round counts as one failure: what made one run fail may have made its neighbour fail, too."""
        played = [each for each in performances if each.assignment.side == side]
        if any(each.error is None for each in played):
            self._in_a_row[side] = 0
        elif played:
            self._in_a_row[side] += 1

    def _fail(self, failed: Performance) -> None:
        assignment, error = failed.assignment, failed.error
        assert error is not None
        side = assignment.side
        if isinstance(error, NotSupportedError):  # it will not learn it
            self.failure = SideFailure(side, error)
            return
        if assignment.pair is None:
            self._fail_warm_up(side, error)
            return
        text = f"the {side} failed: {error.message}"
        self._warnings.append(f"pair {assignment.pair + 1} was broken off: {text}")
        if self._in_a_row[side] >= _IN_A_ROW:
            self._give_up(side, f"the {side} failed {_IN_A_ROW} times in a row", error)
        elif not self._spoil(assignment.pair, text):
            self._give_up(side, f"the {side} failed, and no more pairs are made again", error)

    def _fail_warm_up(self, side: Side, error: NothingMeasuredError) -> None:
        if self._in_a_row[side] >= _IN_A_ROW:
            self._give_up(side, f"the {side} failed in its warm-up {_IN_A_ROW} times in a row", error)
        else:
            self._warnings.append(f"the warm-up of the {side} was made again: {error.message}")

    def _give_up(self, side: Side, text: str, error: NothingMeasuredError) -> None:
        told = NothingMeasuredError(f"{text}: {error.message}", cure=error.cure, details=error.details)
        self.failure = self.failure or SideFailure(side, told)

    def _judge(self, performances: Sequence[Performance], surroundings: Surroundings, first: int) -> None:
        """Whether somebody else spoilt the pairs of these, whose runs are those from the order ``first`` on."""
        pairs = {each.assignment.pair for each in performances if each.assignment.pair is not None}
        if not pairs:
            return
        usual = statistics.median(self._stalls) if len(self._stalls) >= _USUAL_OF else None
        if surroundings.stall_ratio is not None:
            self._stalls.append(surroundings.stall_ratio)
        reason = pollution(surroundings, usual)
        if reason is not None:
            kept = {pair for pair in sorted(pairs) if not self._spoil(pair, reason)}
            self._polluted.update(run.order for run in self._made if run.order >= first and run.pair in kept)

    def _spoil(self, pair: int, reason: str) -> bool:
        """Discard a pair, to be made again; False where no more pairs may be."""
        if pair in self._spoilt:
            return True
        if self.redone >= self._redo_cap:
            return False
        self.redone += 1
        self._attempts[pair] = self._attempts.get(pair, 0) + 1
        self._spoilt[pair] = reason
        self._made = [
            _discarded(run, reason) if run.pair == pair and not run.discarded else run for run in self._made
        ]
        return True


_NOT_WHOLE: Final = "the other run of its pair is missing"


def _discarded(run: Run, reason: str) -> Run:
    return attrs.evolve(run, discarded=True, discarded_because=reason)

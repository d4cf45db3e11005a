"""What a drill's step shows: whether the plant turned its statistic red, and nothing else did that it may not.  Pure.

The two sides are then taken for each other: the clean one, as the head, must not be red beside a planted base.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import attrs
from attrs import frozen

from tcperf.comparing import compare_pairs
from tcperf.comparison import Comparison
from tcperf.gating import missed
from tcperf.model import Result
from tcperf.plants.goal import Goal
from tcperf.rules import GatePolicy
from tcperf.sentences import sentence

_OTHER: Final = {"head": "base", "base": "head"}


@frozen
class Finding:
    """What a step showed.

    ``caught`` is the comparison of the goal's statistic, None in the step without a plant or where it was not
    measured; ``also`` are those that turned red as they may; ``objections`` say what is wrong, none where all is right.
    """

    pairs: int
    caught: Comparison | None
    also: tuple[Comparison, ...] = ()
    objections: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether the gate did what it is for."""
        return not self.objections


def find_clean(result: Result, policy: GatePolicy, today: date) -> Finding:
    """What the step without a plant showed: nothing may be red, whichever side is which."""
    objections = (
        *_problems(result, policy),
        *(f"nothing is planted, and red is {sentence(each)}" for each in red(result.comparisons)),
        *_exchanged(result, policy, today),
    )
    return Finding(_pairs(result), None, objections=objections)


def find(goal: Goal, result: Result, policy: GatePolicy, today: date) -> Finding:
    """What the step with a plant showed.  ``result`` has the comparisons that ``policy`` led to."""
    caught = next((each for each in result.comparisons if each.key == goal.key), None)
    worse = red(result.comparisons)
    return Finding(
        pairs=_pairs(result),
        caught=caught,
        also=tuple(each for each in worse if each.key != goal.key and _may(goal, each)),
        objections=(
            *_problems(result, policy),
            *_missed(goal, caught),
            *(
                f"{goal.kind.name} does not explain what is red: {sentence(each)}"
                for each in worse
                if not _may(goal, each)
            ),
            *_exchanged(result, policy, today),
        ),
    )


def red(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """What is gated and worse."""
    return tuple(each for each in comparisons if each.gated and each.change == "worse")


def exchange(result: Result) -> Result:
    """The result with its two sides taken for each other; without comparisons."""
    return attrs.evolve(
        result,
        subjects={_OTHER[side]: subject for side, subject in result.subjects.items()},
        runs=tuple(attrs.evolve(run, subject=_OTHER[run.subject]) for run in result.runs),
        comparisons=(),
    )


def _may(goal: Goal, each: Comparison) -> bool:
    return each.metric in goal.kind.may_turn_red


def _pairs(result: Result) -> int:
    return max((pairing.pairs for pairing in result.pairings), default=0)


def _problems(result: Result, policy: GatePolicy) -> Iterator[str]:
    """What would end ``run --base`` with a status of its own: a gated metric that a side lacks among it."""
    problems = [pairing.problem for pairing in result.pairings if pairing.problem is not None]
    for text in problems or missed(result, policy):
        yield f"there was no comparison: {text}"
    if not any(each.change != "not_compared" for each in result.comparisons):
        yield "nothing was compared"


def _missed(goal: Goal, caught: Comparison | None) -> Iterator[str]:
    if caught is None:
        yield f"{goal.key} was not compared"
    elif not (caught.gated and caught.change == "worse"):
        enough = "" if goal.is_enough else "; so little of it is no regression to this gate"
        yield f"{goal.kind.name} was planted and not caught: {sentence(caught)}{enough}"


def _exchanged(result: Result, policy: GatePolicy, today: date) -> Iterator[str]:
    """What is red of the clean side where it is the head."""
    for each in red(compare_pairs(exchange(result), policy, (), today)):
        yield f"with the sides exchanged, red is {sentence(each)}"

"""How much is planted: as much as must turn red, by what was measured without a plant.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.comparison import Comparison
from tcperf.errors import UsageError
from tcperf.plants.kinds import Kind
from tcperf.plants.wish import Wish
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion

#: A change of one threshold is caught half the time, of one and a half nearly always; of two a drill can be sure.
TIMES: Final = 2.0


@frozen
class Goal:
    """A plant with its size, and the statistic that must turn red.

    ``clean`` is the median of the total without a plant, ``amount`` what is added to it, both in the metric's unit;
    ``needed`` is the least amount that the gate must see.
    """

    kind: Kind
    key: str
    phase: str
    clean: float
    amount: float
    needed: float

    @property
    def ratio(self) -> float:
        """The amount as a share of what there was."""
        return self.amount / self.clean

    @property
    def is_enough(self) -> bool:
        """Whether the gate has to turn red, whatever the noise is like."""
        return self.amount > self.needed


def set_goal(wish: Wish, clean: Sequence[Comparison], policy: GatePolicy) -> Goal:
    """The goal of a wish, by the comparisons of a scenario with itself.

    Of several phases that gate the metric the one is taken in which the least has to be planted, in proportion; one
    that turned out too noisy to be gated is as good, for a gate that cannot see must fail its drill.
    Raises UsageError where the rules gate it nowhere: no plant can turn it red.
    """
    found = [each for each in clean if each.metric == wish.kind.metric]
    gated = [each for each in found if _is_gated(each, policy) and each.base_median]
    if not gated:
        raise UsageError(f"{wish.kind.name} cannot be drilled: {_why_not(wish.kind, found)}", cure=_CURE)
    easiest = min(gated, key=lambda each: _needed(each) / _median(each))
    return Goal(
        kind=wish.kind,
        key=easiest.key,
        phase=easiest.phase,
        clean=_median(easiest),
        amount=_amount(wish, _median(easiest), _needed(easiest)),
        needed=_needed(easiest),
    )


_CURE: Final = "leave it away with --plant, or gate the metric with a [[gate.rule]]"


def _is_gated(each: Comparison, policy: GatePolicy) -> bool:
    """Whether the rules gate it, whatever its noise."""
    tail = f"{each.scenario}.{each.phase}.{each.metric}"
    return criterion(each.metric, tail, published=each.published, policy=policy).gated


def _why_not(kind: Kind, found: Sequence[Comparison]) -> str:
    if not found:
        return f"{kind.metric} is not measured"
    note = next((each.note for each in found if each.published and each.note), None)
    return f"{kind.metric} is not gated" + (f": {note}" if note else "")


def _median(comparison: Comparison) -> float:
    """Of both sides: they were alike."""
    assert comparison.base_median is not None
    head = comparison.base_median if comparison.head_median is None else comparison.head_median
    return (comparison.base_median + head) / 2


def _needed(comparison: Comparison) -> float:
    """Threshold or floor, whichever is more."""
    return max((comparison.threshold_pct or 0.0) / 100 * _median(comparison), comparison.floor or 0.0)


def _amount(wish: Wish, clean: float, needed: float) -> float:
    if wish.ratio is not None:
        return wish.ratio * clean
    return TIMES * needed if wish.amount is None else wish.amount

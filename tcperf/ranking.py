"""Comparisons in the order to tell them, and how many there are of each kind.  Pure.

Worst first: what makes a build bad, what was accepted or is only warned of, what was not compared although it
should have been, what cannot be told, what is better, what is unchanged; then the same of what is only reported.
In each of these ranks what is published comes first: a limit for all phases is no reason to hide what changed in
the one that matters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.comparison import Change, Comparison
from tcperf.gate import TOO_NOISY

_ORDER: Final[dict[Change, int]] = {"worse": 1, "not_compared": 2, "cannot_tell": 3, "better": 4, "ok": 5}
_REPORT_ONLY: Final = 10
#: What the notes say, in their words, of a change that only its floor keeps from being WORSE, and of lanes.
OTHERWISE: Final = "otherwise it would be WORSE"
LANES_DISTURB: Final = "runs at a time disturb it"


@frozen
class Counts:
    """How many comparisons there are of each kind.

    ``regressions`` are gated, worse and not accepted; ``warned`` are so, too, but only warned of; ``accepted``
    gated, and worse, or no worse than that, as accepted; ``improvements`` gated and better; ``undecided`` gated,
    not accepted, and cannot be told; ``unchanged`` gated, OK and not above a limit, ``let_off`` those of them that
    would be worse but for their floor.  ``too_noisy`` and ``disturbed``, by lanes, are published and would be
    gated.  ``not_compared`` are those that are missed.  ``over_budget`` are above their limit; what they are beside
    that is counted, too.
    """

    regressions: int = 0
    improvements: int = 0
    undecided: int = 0
    not_compared: int = 0
    over_budget: int = 0
    accepted: int = 0
    unchanged: int = 0
    warned: int = 0
    let_off: int = 0
    too_noisy: int = 0
    disturbed: int = 0


def count(comparisons: Iterable[Comparison]) -> Counts:
    """The comparisons of each kind."""
    found = tuple(comparisons)
    gated = [each.change for each in found if each.gated]
    doubts = [each for each in found if each.gated and each.change == "cannot_tell"]
    known = sum(each.accepted is not None for each in doubts)
    regressions = sum(each.is_regression for each in found)
    warned = sum(each.is_warned_of for each in found)
    return Counts(
        regressions=regressions,
        improvements=gated.count("better"),
        undecided=len(doubts) - known,
        not_compared=sum(is_missed(each) for each in found),
        over_budget=sum(each.is_over_budget for each in found),
        accepted=gated.count("worse") - regressions - warned + known,
        unchanged=sum(each.gated and each.verdict == "ok" for each in found),
        warned=warned,
        let_off=sum(is_let_off(each) and each.verdict == "ok" for each in found),
        too_noisy=sum(each.published and is_demoted(each) for each in found),
        disturbed=sum(each.published and is_disturbed(each) for each in found),
    )


def is_missed(each: Comparison) -> bool:
    """Whether it was not compared and should have been: nobody misses an unpublished figure that is not gated.

    Unless it has a limit, and there is nothing to hold against that.
    """
    is_unlimited = each.limit is None or each.head_median is not None
    return each.change == "not_compared" and (each.gated or each.published or not is_unlimited)


def is_demoted(each: Comparison) -> bool:
    """Whether it would be gated, and was too noisy for it."""
    return not each.gated and each.note is not None and each.note.startswith(TOO_NOISY)


def is_let_off(each: Comparison) -> bool:
    """Whether it is OK for its floor alone, and would be WORSE without one."""
    return each.gated and each.change == "ok" and each.note is not None and OTHERWISE in each.note


def is_disturbed(each: Comparison) -> bool:
    """Whether it would be gated, had its runs not gone on beside others."""
    return not each.gated and each.note is not None and LANES_DISTURB in each.note


def unseen(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """The demoted ones of scenarios in which nothing that is gated is left: whatever became of them, nobody saw it."""
    found = tuple(comparisons)
    seen = {each.scenario for each in found if each.gated and each.change != "not_compared"}
    return tuple(each for each in found if is_demoted(each) and each.scenario not in seen)


def ranked(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Worst first; of one rank what is published, then by severity, and equal ones in the order in which they come.

    Of limits exceeded by as much the one comes first that became worse.
    """
    return tuple(sorted(comparisons, key=_place))


def _place(each: Comparison) -> tuple[int, bool, float, int]:
    return _rank(each), not each.published, -severity(each), _ORDER[each.change]


def severity(each: Comparison) -> float:
    """How many thresholds the change for the worse is, or the excess over the limit, whichever is more.

    Infinite for a change from 0; 0 where nothing is worse.
    """
    if each.change != "worse" and not each.is_over_budget:
        return 0.0
    return max(_over(_effect(each), each.threshold_pct), _over(_excess(each), each.threshold_pct))


def _rank(each: Comparison) -> int:
    if each.is_regression or each.is_over_budget:
        return 0
    is_told = each.gated or is_missed(each)
    return _ORDER[each.change] + (0 if is_told else _REPORT_ONLY)


def _effect(each: Comparison) -> float:
    if each.change != "worse":
        return 0.0
    return math.inf if each.effect_pct is None else each.effect_pct


def _excess(each: Comparison) -> float:
    """By how many percent the limit is exceeded."""
    if each.limit is None or each.head_median is None or not each.is_over_budget:
        return 0.0
    return 100 * (each.head_median / each.limit - 1) if each.limit > 0 else math.inf


def _over(percent: float, threshold: float | None) -> float:
    return percent / threshold if threshold else percent

"""What the evidence of one metric says at one look: is the change too much, and can the gate tell?  Pure.

With D the Hodges-Lehmann estimate of ln(head / base) and δ the threshold (tcperf.evidence says what stands there
where a value is 0), and less being better in every unit:

  WORSE       one-sided p < ALPHA, D > δ, and the change in base units exceeds the floor
  BETTER      the same the other way round
  OK          the upper end of the 95 % interval is below δ, or no higher than the floor; or all pairs are equal; and
              there are as many pairs as the first of LOOKS, or, of samples, as many runs a side as prove anything
  CAN'T TELL  none of these yet
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf import stats
from tcperf.comparison import Change
from tcperf.evidence import Evidence, differences

__all__ = [
    "ALPHA",
    "CARRIES",
    "LOOKS",
    "SINGLE_ALPHA",
    "SUSPECT",
    "TOO_NOISY",
    "Criterion",
    "fewest",
    "judge",
    "may_be_better",
    "may_decide",
    "stays",
    "stays_by_floor",
    "too_noisy",
]

#: After so many pairs it is looked whether something is decided.
LOOKS: Final = (7, 10, 15, 20, 30)
#: What p has to be below at each look: all five together give about .01.
ALPHA: Final = 0.004
#: What p has to be below where there is one look only.
SINGLE_ALPHA: Final = 0.01
#: A threshold must be so many times the noise of a run, or clean builds fail.
CARRIES: Final = 1.4
#: A p below which more pairs are waited for, no matter how noisy they are.
SUSPECT: Final = 0.05
#: How it is said that a metric's threshold is too small for its noise.
TOO_NOISY: Final = "too noisy to be gated at"
#: The 95 % quantile of the normal distribution.
_Z: Final = 1.6449


@frozen
class Criterion:
    """When a change of a metric is too much.

    ``worse_by`` is relative (0.03), ``floor`` and ``limit`` (None: no limit) are in the metric's base unit.
    ``note`` says why a metric is not gated.
    """

    worse_by: float
    floor: float = 0.0
    limit: float | None = None
    gated: bool = True
    note: str | None = None


def judge(evidence: Evidence, criterion: Criterion, alpha: float = ALPHA) -> Change:
    """What the evidence says of one metric at one look."""
    if evidence.p_worse < alpha and _rises(evidence, criterion):
        return "worse"
    if evidence.p_better < alpha and _falls(evidence, criterion):
        return "better"
    return "ok" if _is_enough(evidence) and stays(evidence, criterion) else "cannot_tell"


def may_decide(pairs: Sequence[tuple[float, float]], criterion: Criterion) -> bool:
    """Whether anything but CAN'T TELL can come of a look: half of the work, for the looks that decide nothing."""
    if len(pairs) < LOOKS[0]:
        return False
    found = differences(pairs)
    tails = stats.signed_rank_tails(found.tested)
    if min(tails.above, tails.below) < ALPHA or tails.above == tails.below == 1:
        return True
    threshold = criterion.worse_by if found.is_additive else math.log1p(criterion.worse_by)
    is_relative_open = not found.relative or stats.reaches(found.relative, threshold)
    return not (is_relative_open and stats.reaches(found.absolute, criterion.floor, beyond=True))


def _rises(evidence: Evidence, criterion: Criterion) -> bool:
    relative, threshold = evidence.relative, evidence.logarithm(criterion.worse_by)
    return evidence.absolute.value > criterion.floor and (relative is None or relative.value > threshold)


def _falls(evidence: Evidence, criterion: Criterion) -> bool:
    relative, threshold = evidence.relative, evidence.logarithm(criterion.worse_by)
    return evidence.absolute.value < -criterion.floor and (relative is None or relative.value < -threshold)


def _is_enough(evidence: Evidence) -> bool:
    """Of fewer pairs, or runs a side, nothing is OK, be they as equal as they may."""
    return evidence.pairs >= fewest(paired=evidence.is_paired)


def fewest(*, paired: bool) -> int:
    """Of so many pairs, or runs a side that belong to no pairs, something may be OK."""
    return LOOKS[0] if paired else stats.FEWEST_RUNS


def stays(evidence: Evidence, criterion: Criterion) -> bool:
    """Whether what there is of evidence excludes a change that is too much: if there is enough of it."""
    return (
        evidence.is_unchanged
        or _is_within_threshold(evidence, criterion)
        or evidence.absolute.high <= criterion.floor
    )


def stays_by_floor(evidence: Evidence, criterion: Criterion) -> bool:
    """Whether it is the floor alone that does: in percent the change may be too much."""
    return (
        not evidence.is_unchanged
        and not _is_within_threshold(evidence, criterion)
        and evidence.absolute.high <= criterion.floor
    )


def _is_within_threshold(evidence: Evidence, criterion: Criterion) -> bool:
    relative = evidence.relative
    return relative is not None and relative.high < evidence.logarithm(criterion.worse_by)


def may_be_better(change: Change, evidence: Evidence, criterion: Criterion) -> bool:
    """At the first look no p is small enough yet: what has become better would end there, as OK."""
    return change == "ok" and evidence.pairs < LOOKS[1] and _falls(evidence, criterion)


def too_noisy(change: Change, evidence: Evidence, criterion: Criterion) -> str | None:
    """Why the threshold is too small for the noise, for certain: a spread of few values is uncertain itself.

    A floor carries as a threshold does, for a change has to exceed both.  What carries no small change may carry a
    large one: of a change that the threshold might have been the gate says WORSE.  And what begins to look so is
    given the pairs that it takes, lest few noisy ones make it green.
    """
    if evidence.noise is None or evidence.pairs < LOOKS[0] or evidence.relative is None:
        return None
    needed = CARRIES * evidence.noise
    if _least_change(evidence, criterion) >= needed * _least_spread(evidence.pairs - 1):
        return None
    is_suspect = change == "cannot_tell" and evidence.p_worse < SUSPECT and _rises(evidence, criterion)
    if is_suspect or abs(evidence.relative.value) >= needed:
        return None
    return f"{TOO_NOISY} {_percent(criterion.worse_by)}: a run varies by {_percent(evidence.noise)}"


def _least_change(evidence: Evidence, criterion: Criterion) -> float:
    """The smallest relative change that can be WORSE."""
    if evidence.base_median <= 0:
        return criterion.worse_by
    return max(criterion.worse_by, criterion.floor / evidence.base_median)


def _least_spread(freedom: int) -> float:
    """The lower end of the true standard deviation, over the observed one (95 %, one-sided).

    By the quantile of chi-square (Wilson and Hilferty 1931).
    """
    part = 2 / (9 * freedom)
    return math.pow(1 - part + _Z * math.sqrt(part), -1.5)


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.3g} %"

"""The gate: what becomes of each metric when all looks are taken, and all metrics held against each other.  Pure.

What one look says is in tcperf.judging.  It is looked for at each of LOOKS and at the end, no matter why the pairs
ended: a result that is read again gives the verdict that it gave when it was made.  The last look that decides has the
word: more pairs may decide otherwise, but where they only cannot tell, what was decided stays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, TypeVar

from attrs import frozen

from tcperf import stats
from tcperf.evidence import Evidence, differences, weigh_pairs, weigh_samples
from tcperf.judging import (
    ALPHA,
    CARRIES,
    LOOKS,
    SINGLE_ALPHA,
    Criterion,
    judge,
    may_be_better,
    may_decide,
    stays,
    stays_by_floor,
    too_noisy,
)
from tcperf.model import Change

__all__ = [
    "ALPHA",
    "CARRIES",
    "LOOKS",
    "MANY",
    "MANY_ALPHA",
    "SINGLE_ALPHA",
    "Criterion",
    "Evidence",
    "Judgement",
    "decide",
    "decide_samples",
    "judge",
    "stays",
    "stays_by_floor",
    "weigh_pairs",
    "weigh_samples",
]

#: Beyond so many gated metrics, those of a build must hold together (Holm), at this level.
MANY: Final = 15
MANY_ALPHA: Final = 0.05

_Key = TypeVar("_Key", bound=Hashable)
_Series = Mapping[_Key, Sequence[tuple[float, float]]]


@frozen
class Judgement:
    """What the gate makes of a metric: ``at`` is its evidence when it was decided, or all there is.

    ``gated`` is False where the criterion says so, or the metric turned out too noisy for it; ``note`` then says
    why.  ``may_be_better``: OK, and a few pairs more may make it BETTER.
    """

    change: Change
    at: Evidence
    gated: bool
    note: str | None = None
    may_be_better: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether more pairs are not needed."""
        return not self.gated or (self.change != "cannot_tell" and not self.may_be_better)


def decide(
    series: _Series[_Key], criteria: Mapping[_Key, Criterion], looks: Sequence[int] = LOOKS
) -> dict[_Key, Judgement]:
    """The judgements of metrics with at least one pair, all looks taken; ``criteria`` has a criterion of each.

    Report-only metrics are looked at once, at their end.
    """

    @functools.cache
    def held(look: int) -> set[_Key]:
        return _held(series, criteria, look)

    return {
        key: _last_word(pairs, criteria[key], looks, functools.partial(_holds, held, key))
        for key, pairs in series.items()
        if pairs
    }


def decide_samples(
    series: Mapping[_Key, tuple[Sequence[float], Sequence[float]]], criteria: Mapping[_Key, Criterion]
) -> dict[_Key, Judgement]:
    """The same of samples that belong to no pairs, (base, head): there is one look."""
    due = {key: weigh_samples(*sides) for key, sides in series.items() if all(sides)}
    held = _together({key: evidence.p_worse for key, evidence in due.items() if criteria[key].gated})
    return {
        key: _judgement(evidence, criteria[key], SINGLE_ALPHA, functools.partial(held.__contains__, key))
        for key, evidence in due.items()
    }


def _last_word(
    pairs: Sequence[tuple[float, float]],
    criterion: Criterion,
    looks: Sequence[int],
    holds: Callable[[int], bool],
) -> Judgement:
    """What the last look that decides says, or the very last one."""
    last = _weighed(pairs, criterion, functools.partial(holds, len(pairs)))
    if last.change != "cannot_tell" or not criterion.gated:
        return last
    for look in sorted((look for look in looks if look < len(pairs)), reverse=True):
        if may_decide(pairs[:look], criterion):
            found = _weighed(pairs[:look], criterion, functools.partial(holds, look))
            if found.change != "cannot_tell":
                return found
    return last


def _weighed(
    pairs: Sequence[tuple[float, float]], criterion: Criterion, holds: Callable[[], bool]
) -> Judgement:
    return _judgement(weigh_pairs(pairs), criterion, ALPHA, holds)


def _judgement(
    evidence: Evidence, criterion: Criterion, alpha: float, holds: Callable[[], bool]
) -> Judgement:
    """``holds`` says whether the p of a WORSE one holds beside those of the others."""
    change = judge(evidence, criterion, alpha)
    if not criterion.gated:
        return Judgement(change, evidence, gated=False, note=criterion.note)
    if change == "worse" and not holds():
        change = "cannot_tell"
    noise = too_noisy(change, evidence, criterion)
    is_open = may_be_better(change, evidence, criterion)
    return Judgement(change, evidence, noise is None, noise or criterion.note, may_be_better=is_open)


def _held(series: _Series[_Key], criteria: Mapping[_Key, Criterion], look: int) -> set[_Key]:
    """The gated metrics whose p of the first ``look`` pairs hold together."""
    gated = [key for key, pairs in series.items() if pairs and criteria[key].gated]
    if len(gated) <= MANY:
        return set(gated)
    return _together({key: stats.signed_rank_p(differences(series[key][:look]).tested) for key in gated})


def _holds(held: Callable[[int], set[_Key]], key: _Key, look: int) -> bool:
    return key in held(look)


def _together(ps: Mapping[_Key, float]) -> set[_Key]:
    if len(ps) <= MANY:
        return set(ps)
    return {key for key, holds in zip(ps, stats.holm([*ps.values()], MANY_ALPHA), strict=True) if holds}

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
from tcperf.comparison import Change
from tcperf.evidence import Evidence, differences, weigh_pairs, weigh_samples
from tcperf.judging import (
    ALPHA,
    CARRIES,
    LOOKS,
    SINGLE_ALPHA,
    TOO_NOISY,
    Criterion,
    judge,
    may_be_better,
    may_decide,
    stays,
    stays_by_floor,
    too_noisy,
)

__all__ = [
    "ALPHA",
    "CARRIES",
    "LOOKS",
    "MANY",
    "MANY_ALPHA",
    "SINGLE_ALPHA",
    "TOO_NOISY",
    "Criterion",
    "Evidence",
    "Judgement",
    "decide",
    "decide_samples",
    "judge",
    "may_end",
    "stays",
    "stays_by_floor",
    "weigh_pairs",
    "weigh_samples",
]

#: Beyond so many gated metrics, those of a build must hold together (Holm), at this level.  Each scenario's are held
#: by themselves, with the number of all, for its pairs end before those of the others have begun.
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
    series: _Series[_Key],
    criteria: Mapping[_Key, Criterion],
    looks: Sequence[int] | Mapping[_Key, Sequence[int]] = LOOKS,
    *,
    family: int = 0,
) -> dict[_Key, Judgement]:
    """The judgements of metrics with at least one pair, all looks taken; ``criteria`` has a criterion of each.

    ``looks`` are those of all metrics, or those of each.  Report-only metrics are looked at once, at their end.
    ``family`` is how many gated metrics must hold together where there are more of them than these: nothing is asked
    of the others, so that what holds now holds whatever they will say.
    """

    @functools.cache
    def held(look: int) -> set[_Key]:
        return _held(series, criteria, look, family)

    taken = looks if isinstance(looks, Mapping) else dict.fromkeys(series, looks)
    return {
        key: _last_word(pairs, criteria[key], taken[key], functools.partial(_holds, held, key))
        for key, pairs in series.items()
        if pairs
    }


def may_end(before: Mapping[_Key, Judgement], now: Mapping[_Key, Judgement]) -> bool:
    """Whether pairs may end between two looks, by what the last look said ``before`` and all pairs say ``now``.

    They may where every metric is OK now, or as BETTER or as noisy as it was at that look.  Nothing becomes WORSE
    between looks, and what is waits for the next one: so there are no more false alarms.  The price: of changes as
    large as their threshold 9 % end as OK instead of 7 %; of those of 1.5 thresholds it is .2 % instead of .1 %
    (tools/simulate_gate.py).  Of metrics that are gated.
    """
    return bool(before) and all(_is_fine(found, before.get(key)) for key, found in now.items())


def _is_fine(now: Judgement, before: Judgement | None) -> bool:
    if not now.is_decided or (now.gated and now.change == "worse"):
        return False
    if now.gated and now.change == "ok":
        return True
    return before is not None and (now.change, now.gated) == (before.change, before.gated)


def decide_samples(
    series: Mapping[_Key, tuple[Sequence[float], Sequence[float]]],
    criteria: Mapping[_Key, Criterion],
    *,
    family: int = 0,
) -> dict[_Key, Judgement]:
    """The same of samples that belong to no pairs, (base, head): there is one look."""
    due = {key: weigh_samples(*sides) for key, sides in series.items() if all(sides)}
    held = _together({key: evidence.p_worse for key, evidence in due.items() if criteria[key].gated}, family)
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


def _held(series: _Series[_Key], criteria: Mapping[_Key, Criterion], look: int, family: int) -> set[_Key]:
    """The gated metrics whose p of the first ``look`` pairs hold together."""
    gated = [key for key, pairs in series.items() if pairs and criteria[key].gated]
    if max(family, len(gated)) <= MANY:
        return set(gated)
    ps = {key: stats.signed_rank_p(differences(series[key][:look]).tested) for key in gated}
    return _together(ps, family)


def _holds(held: Callable[[int], set[_Key]], key: _Key, look: int) -> bool:
    return key in held(look)


def _together(ps: Mapping[_Key, float], family: int) -> set[_Key]:
    if max(family, len(ps)) <= MANY:
        return set(ps)
    held = stats.holm([*ps.values()], MANY_ALPHA, family)
    return {key for key, holds in zip(ps, held, strict=True) if holds}

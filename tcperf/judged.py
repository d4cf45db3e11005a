"""A column of values on its way through the gate, and what comes out of it as a Comparison.  Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import evolve, frozen

from tcperf import gate, reasons, schedule
from tcperf.absent import absent
from tcperf.columns import Column, columns, is_closed, lanes_of
from tcperf.comparison import Comparison
from tcperf.family import others
from tcperf.gate import Criterion, Evidence, Judgement
from tcperf.model import Result, ScenarioInfo
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion
from tcperf.units import HUGE


@frozen
class Judged:
    """A column, its criterion, and the gate's judgement, or, where that is None, why there is none.

    ``looks`` says at how many pairs it was looked, in as many lanes as there were; ``family`` how many gated metrics
    it must hold among, those of scenarios that were not yet played with them.
    """

    column: Column
    criterion: Criterion
    judgement: Judgement | None = None
    why_not: str | None = None
    looks: Sequence[int] = gate.LOOKS
    family: int = 0

    @property
    def is_open(self) -> bool:
        """Whether more pairs may decide it."""
        return self.judgement is not None and not self.judgement.is_decided


def gather(
    result: Result,
    policy: GatePolicy,
    *,
    scenarios: Iterable[str] | None = None,
    problems: Mapping[str, str] | None = None,
    paired: bool = True,
) -> list[Judged]:
    """Every column with its criterion and not judged yet; of all scenarios, or of those named.

    ``problems`` says which scenarios cannot be compared at all.  What nobody measured although it is gated is among
    them (``tcperf.absent``).
    """
    wanted = None if scenarios is None else set(scenarios)
    beside = others(result, policy)
    known = problems or {}
    return [
        evolve(each, why_not=known.get(info.name) or each.column.missing)
        for info in result.scenarios
        if wanted is None or info.name in wanted
        for each in _gathered(result, info, policy, beside[info.name], paired=paired)
    ]


def judge_pairs(found: Sequence[Judged]) -> list[Judged]:
    """All of them judged by their pairs, at their looks; what cannot be compared stays as it is.

    Those of a scenario are judged together, and apart from others': as they were when its pairs ended.
    """

    def decide(due: Mapping[int, Criterion], family: int) -> dict[int, Judgement]:
        pairs = {place: found[place].column.pairs for place in due}
        return gate.decide(pairs, due, {place: found[place].looks for place in due}, family=family)

    return _with(found, decide)


def judge_now(found: Sequence[Judged]) -> list[Judged]:
    """The same by all pairs there are, whatever an earlier look has said."""
    return judge_pairs([evolve(each, looks=()) for each in found])


def may_end(judged: Sequence[Judged]) -> bool:
    """Whether the pairs, of which these are judged, may end between two looks (``gate.may_end``)."""
    before = judge_pairs([_at_last_look(each) for each in judged])
    return gate.may_end(_judgements(before), _judgements(judged))


def judge_samples(found: Sequence[Judged]) -> list[Judged]:
    """The same by all values of both sides, which belong to no pairs."""

    def decide(due: Mapping[int, Criterion], family: int) -> dict[int, Judgement]:
        values = {place: (found[place].column.base, found[place].column.head) for place in due}
        return gate.decide_samples(values, due, family=family)

    return _with(found, decide)


def comparison(each: Judged) -> Comparison:
    """What a report tells of it: not ranked, not explained, not accepted."""
    column, judgement = each.column, each.judgement
    made = Comparison(
        key=column.key,
        scenario=column.scenario,
        phase=column.phase,
        metric=column.metric,
        change="not_compared",
        gated=each.criterion.gated,
        published=column.published,
        base_median=column.base_median,
        head_median=column.head_median,
        threshold_pct=100 * each.criterion.worse_by,
        floor=each.criterion.floor,
        limit=each.criterion.limit,
        note=each.why_not,
    )
    return made if judgement is None else _judged(made, judgement, each.criterion)


# --- inside ------------------------------------------------------------------------------------------


def _gathered(
    result: Result, info: ScenarioInfo, policy: GatePolicy, beside: int, *, paired: bool
) -> list[Judged]:
    """Those of one scenario; ``beside`` is how many metrics of others may be gated."""
    lanes, closes = lanes_of(result, info.name), is_closed(result, info.name)
    looks = schedule.looks_of(lanes, gate.LOOKS)
    measured = [
        (column, _criterion(column, policy, lanes, closes=closes))
        for column in columns(result, info, paired=paired)
    ]
    family = beside + sum(found.gated for _column, found in measured)
    missed = absent(result, info, policy, {column.tail for column, _found in measured})
    return [Judged(column, found, looks=looks, family=family) for column, found in (*measured, *missed)]


def _criterion(column: Column, policy: GatePolicy, lanes: int, *, closes: bool) -> Criterion:
    return criterion(
        column.metric, column.tail, published=column.published, policy=policy, lanes=lanes, closes=closes
    )


def _at_last_look(each: Judged) -> Judged:
    """As it was when there were no more pairs than at its last look; none before the first one."""
    pairs = each.column.pairs
    last = max((look for look in each.looks if look <= len(pairs)), default=0)
    return evolve(each, column=evolve(each.column, pairs=pairs[:last]))


def _judgements(judged: Sequence[Judged]) -> dict[int, Judgement]:
    return {place: each.judgement for place, each in enumerate(judged) if each.judgement is not None}


def _with(
    found: Sequence[Judged], decide: Callable[[Mapping[int, Criterion], int], Mapping[int, Judgement]]
) -> list[Judged]:
    """All of them with what becomes of those that can be compared, scenario by scenario."""
    due: dict[str, dict[int, Criterion]] = {}
    for place, each in enumerate(found):
        if each.why_not is None:
            due.setdefault(each.column.scenario, {})[place] = each.criterion
    judgements: dict[int, Judgement] = {}
    for places in due.values():
        judgements |= decide(places, max(found[place].family for place in places))
    return [evolve(each, judgement=judgements.get(place)) for place, each in enumerate(found)]


def _judged(made: Comparison, judgement: Judgement, found: Criterion) -> Comparison:
    at = judgement.at
    effect, low, high = _effect(at)
    return evolve(
        made,
        change=judgement.change,
        gated=judgement.gated,
        paired=at.is_paired,
        pairs=at.pairs,
        worse_pairs=at.worse_pairs,
        effect_pct=effect,
        low_pct=low,
        high_pct=high,
        p=at.p_worse if _is_up(at) else at.p_better,
        noise_pct=_percent(at, at.noise),
        visible_pct=_percent(at, at.visible),
        note=_note(made, judgement, found),
    )


def _effect(at: Evidence) -> tuple[float | None, float | None, float | None]:
    """The effect and the ends of its interval in percent of the base; of 0 there is none but "no change"."""
    if at.relative is not None:
        low, high = at.relative.low, at.relative.high
        return _percent(at, at.relative.value), _percent(at, low), _percent(at, high)
    return (0.0, 0.0, 0.0) if at.absolute.low == at.absolute.high == 0 else (None, None, None)


def _percent(at: Evidence, relative: float | None) -> float | None:
    """None for what is infinite, or larger than any figure that results.json takes."""
    if relative is None or not math.isfinite(relative):
        return None
    percent = 100 * at.ratio(relative)
    return percent if abs(percent) < HUGE else None


def _is_up(at: Evidence) -> bool:
    return (at.absolute if at.relative is None else at.relative).value >= 0


def _note(made: Comparison, judgement: Judgement, found: Criterion) -> str | None:
    """Why it is not gated, or else why it cannot be told, or is OK though it may have changed a lot."""
    if not judgement.gated:
        return judgement.note
    unit = made.metric.rpartition("_")[2]
    if judgement.change == "cannot_tell":
        return reasons.undecided(judgement.at, found, unit)
    is_by_floor = judgement.change == "ok" and gate.stays_by_floor(judgement.at, found)
    return reasons.floor(judgement.at, found, unit) if is_by_floor else None

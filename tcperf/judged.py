"""A column of values on its way through the gate, and what comes out of it as a Comparison.  Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, frozen

from tcperf import gate, reasons
from tcperf.columns import Column, columns, is_closed, lanes_of
from tcperf.gate import Criterion, Evidence, Judgement
from tcperf.model import Comparison, Result
from tcperf.results import HUGE
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion


@frozen
class Judged:
    """A column, its criterion, and the gate's judgement, or, where that is None, why there is none."""

    column: Column
    criterion: Criterion
    judgement: Judgement | None = None
    why_not: str | None = None

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

    ``problems`` says which scenarios cannot be compared at all.
    """
    wanted = None if scenarios is None else set(scenarios)
    return [
        Judged(column, found, why_not=(problems or {}).get(info.name) or column.missing)
        for info in result.scenarios
        if wanted is None or info.name in wanted
        for lanes, closes in [(lanes_of(result, info.name), is_closed(result, info.name))]
        for column in columns(result, info, paired=paired)
        for found in [
            criterion(
                column.metric,
                column.tail,
                published=column.published,
                policy=policy,
                lanes=lanes,
                closes=closes,
            )
        ]
    ]


def judge_pairs(found: Sequence[Judged], looks: Sequence[int] = gate.LOOKS) -> list[Judged]:
    """All of them judged together by their pairs; what cannot be compared stays as it is."""
    due = _due(found)
    judgements = gate.decide({place: found[place].column.pairs for place in due}, due, looks)
    return _with(found, judgements)


def judge_samples(found: Sequence[Judged]) -> list[Judged]:
    """The same by all values of both sides, which belong to no pairs."""
    due = _due(found)
    values = {place: (found[place].column.base, found[place].column.head) for place in due}
    return _with(found, gate.decide_samples(values, due))


def up_to(each: Judged, pairs: int) -> Judged:
    """The same as it was when there were only so many pairs."""
    return evolve(each, column=evolve(each.column, pairs=each.column.pairs[:pairs]))


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


def _due(found: Sequence[Judged]) -> dict[int, Criterion]:
    return {place: each.criterion for place, each in enumerate(found) if each.why_not is None}


def _with(found: Sequence[Judged], judgements: Mapping[int, Judgement]) -> list[Judged]:
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
    return reasons.floor(found, unit) if is_by_floor else None

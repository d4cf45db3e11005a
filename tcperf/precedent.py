"""A result beside past builds: each total under its criterion, by the band that builds keep to.  Pure.

What the past tells is the median and the spread of builds of other days, and so of the machines of those days: it is
told as history, and makes a build bad only where tcperf.toml asks for it (``gate.history``).  With Δ the change from
the median, less being better in most units:

  WORSE       beyond the band, and Δ beyond the threshold and the floor
  BETTER      the same the other way round
  CAN'T TELL  Δ is beyond the threshold and the floor, but builds differ as much without a reason;
              or there are fewer builds than ``band.FEWEST``
  OK          everything else
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from attrs import evolve, frozen

from tcperf import acceptances, stats
from tcperf.absent import NOT_MEASURED
from tcperf.alike import unlike_machines, unlike_params
from tcperf.band import FEWEST, Band, usual
from tcperf.comparing import Compared
from tcperf.comparison import Change, Comparison
from tcperf.conditions import unlike
from tcperf.drifting import HISTORY, drifts, less_is_better, whose
from tcperf.gate import Criterion
from tcperf.history import History
from tcperf.judged import Judged, comparison, gather
from tcperf.model import Result
from tcperf.quoting import printable
from tcperf.ranking import ranked
from tcperf.rules import Acceptance, GatePolicy
from tcperf.summary import plays
from tcperf.units import HUGE, humanize

UNPUBLISHED: Final = "no past build published it"
NOTHING: Final = "there is no figure to compare with past builds"
#: Of so many the names are told.
_NAMED: Final = 3


@frozen
class Precedent:
    """What a result is seen beside; ``latest`` is what the newest of the builds measured, None where nobody knows."""

    history: History
    latest: Result | None = None


def compare_history(
    result: Result, precedent: Precedent, policy: GatePolicy, accept: Iterable[Acceptance], today: date
) -> Compared:
    """Every total of the head that is published, gated or limited, worst first, against what past builds published.

    Scenarios that the newest of them measured otherwise are NOT COMPARED, with the reason.
    """
    known = tuple(accept)
    problems = {} if precedent.latest is None else unlike_scenarios(precedent.latest, result)
    found = [each for each in gather(result, policy, paired=False) if _is_told(each)]
    judged = (_judged(each, precedent.history, policy, problems.get(each.column.scenario)) for each in found)
    comparisons = ranked(acceptances.accept(each, known, today) for each in judged)
    told = (*_warnings(result, precedent, problems), *drifts(found, precedent.history, problems))
    expired = acceptances.expired(comparisons, known, today)
    return Compared(comparisons, (*told, *expired), _refusal(comparisons))


def beside(result: Result, precedent: Precedent, policy: GatePolicy) -> tuple[str, ...]:
    """What is to be said of a result beside past builds that do not judge it: what drifts, and what cannot be seen beside them.

    Machines are warned of where something drifts: it may be their doing.
    """
    problems = {} if precedent.latest is None else unlike_scenarios(precedent.latest, result)
    found = drifts(gather(result, policy, paired=False), precedent.history, problems)
    unseen = (f"{HISTORY} {printable(name)}: the past builds {why}" for name, why in problems.items())
    drifting = tuple(found)
    return (*unseen, *drifting, *(_machines(result, precedent) if drifting else ()))


def unlike_scenarios(earlier: Result, later: Result) -> dict[str, str]:
    """Why scenarios of ``later`` cannot be seen beside those of the same names in ``earlier``; others are left out."""
    conditions = unlike(earlier.conditions, later.conditions)
    known = {info.name: info for info in earlier.scenarios}
    found: dict[str, str] = {}
    for info in later.scenarios:
        if info.name in known and conditions:
            found[info.name] = f"measured under unlike conditions: {'; '.join(conditions)}"
        elif info.name in known and (parameters := unlike_params(known[info.name], info)):
            found[info.name] = f"measured with unlike parameters: {'; '.join(parameters)}"
    return found


def judge(value: float, band: Band, criterion: Criterion, *, less_is_better: bool = True) -> Change:
    """What a value beside what is usual says."""
    change = value - band.median if less_is_better else band.median - value
    is_beyond = _exceeds(abs(change), band.median, criterion)
    if not is_beyond:
        return "ok"
    if band.holds(value):
        return "cannot_tell" if change > 0 else "ok"
    return "worse" if change > 0 else "better"


# --- inside ------------------------------------------------------------------------------------------


def _refusal(comparisons: Iterable[Comparison]) -> str | None:
    """Why nothing at all could be compared; None where something was."""
    if any(each.change != "not_compared" for each in comparisons):
        return None
    return "; ".join(dict.fromkeys(each.note for each in comparisons if each.note)) or NOTHING


def _is_told(each: Judged) -> bool:
    return each.column.published or each.criterion.gated or each.criterion.limit is not None


def _judged(each: Judged, history: History, policy: GatePolicy, problem: str | None) -> Comparison:
    values, head = history.values(each.column.key), each.column.head_median
    why_not = problem or (None if values else UNPUBLISHED)
    if head is None:
        why_not = NOT_MEASURED
    made = evolve(comparison(evolve(each, why_not=why_not)), base_median=None, paired=False)
    if head is None or why_not is not None:
        return made
    middle, band = stats.median(values), usual(values)
    change: Change = "cannot_tell"
    if band is not None:
        change = judge(head, band, each.criterion, less_is_better=less_is_better(each.column.metric))
    return evolve(
        made,
        change=change,
        base_median=middle,
        effect_pct=_effect_pct(head, middle),
        noise_pct=None if band is None else _pct(band.deviation, middle),
        visible_pct=None if band is None else _pct(band.reach, middle),
        history_builds=len(values),
        history_of=whose(history),
        warns_only=policy.history != "fail",
        note=_note(each, change, len(values), band),
    )


def _note(each: Judged, change: Change, builds: int, band: Band | None) -> str | None:
    """Why it is not gated, or else why history cannot tell."""
    if not each.criterion.gated:
        return each.criterion.note
    if band is None:
        return f"{FEWEST} or more builds are needed, and {builds} published it"
    if change != "cannot_tell":
        return None
    unit = each.column.metric.rpartition("_")[2]
    return f"builds differ as much: usual {humanize(band.low, unit)} … {humanize(band.high, unit)}"


def _exceeds(change: float, median: float, criterion: Criterion) -> bool:
    return change > criterion.floor and (median <= 0 or change > criterion.worse_by * median)


def _effect_pct(head: float, median: float) -> float | None:
    """Of 0 there is no percentage but that of no change."""
    return 0.0 if head == median else _pct(head - median, median)


def _pct(part: float, whole: float) -> float | None:
    """None of nothing, and where it is larger than any figure that results.json takes."""
    percentage = 100 * (part / whole) if whole > 0 else math.inf
    return percentage if abs(percentage) < HUGE else None


# --- words -------------------------------------------------------------------------------------------


def _warnings(result: Result, precedent: Precedent, problems: Mapping[str, str]) -> Iterator[str]:
    if problems and len(problems) == len(result.scenarios) and len(set(problems.values())) == 1:
        yield f"not compared: the past builds {next(iter(problems.values()))}"
    else:
        yield from (
            f"not compared: {printable(name)}: the past builds {why}" for name, why in problems.items()
        )
    yield from _machines(result, precedent)
    if precedent.latest is not None:
        yield from _fewer_runs(precedent.latest, result)


def _machines(result: Result, precedent: Precedent) -> Iterator[str]:
    """Which machines the builds ran on, where that may be why they differ."""
    if precedent.history.same_agent is False:
        yield f"{HISTORY} not all of the builds ran on this machine: some of what differs may be the machines' doing"
    latest = precedent.latest
    machines = () if latest is None else unlike_machines(latest.environment, result.environment)
    if machines:
        yield f"{HISTORY} measured on another machine, which may be all that differs: {'; '.join(machines)}"


def _fewer_runs(latest: Result, result: Result) -> Iterator[str]:
    """What the newest of the builds measured more often."""
    for (own, theirs), places in _measured_less(latest, result).items():
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        yield (
            f"{HISTORY} {', '.join(places[:_NAMED])}{more} {'was' if len(places) == 1 else 'were'} measured {_times(own)}, "
            f"in the newest of the builds {_times(theirs)}: the median of fewer runs strays more than what is usual"
        )


def _measured_less(latest: Result, result: Result) -> dict[tuple[int, int], list[str]]:
    """Scenarios, and of suites the tests, that have fewer runs than in ``latest``, by how many they have now and had then."""
    found: dict[tuple[int, int], dict[str, None]] = {}
    for info in result.scenarios:
        for phase in info.phases:
            own, theirs = (plays(each, info.name, phase) for each in (result, latest))
            if 0 < own < theirs:
                place = info.name if phase.test is None else f"{info.name}.{phase.name}"
                found.setdefault((own, theirs), {})[printable(place)] = None
    return {runs: list(places) for runs, places in found.items()}


def _times(runs: int) -> str:
    return "once" if runs == 1 else f"{runs} times"

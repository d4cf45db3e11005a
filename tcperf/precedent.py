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

from tcperf import acceptances, drift, stats
from tcperf.absent import NOT_MEASURED
from tcperf.alike import unlike_machines, unlike_params
from tcperf.band import FEWEST, Band, usual
from tcperf.comparing import Compared
from tcperf.comparison import Change, Comparison
from tcperf.conditions import unlike
from tcperf.gate import Criterion
from tcperf.history import History
from tcperf.judged import Judged, comparison, gather
from tcperf.metrics import METRICS
from tcperf.model import Result
from tcperf.quoting import printable
from tcperf.ranking import ranked
from tcperf.rules import Acceptance, GatePolicy
from tcperf.sentences import percent, signed
from tcperf.summary import plays
from tcperf.units import HUGE, UNITS, humanize

#: How what is said of the history begins.
HISTORY: Final = "history:"
UNPUBLISHED: Final = "no past build published it"
NOTHING: Final = "there is no figure to compare with past builds"
_REVISION_SHOWN: Final = 12
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
    told = (*_warnings(result, precedent, problems), *_drifts(found, precedent.history, problems))
    expired = acceptances.expired(comparisons, known, today)
    return Compared(comparisons, (*told, *expired), _refusal(comparisons))


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
        change = judge(head, band, each.criterion, less_is_better=_less(each))
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


def whose(history: History) -> str:
    """Whose builds they are: ``develop``, ``the default branch``, ``the merge base 1a2b3c4d5e6f``."""
    newest = history.builds[-1]
    if history.reason == "revision" and newest.revision is not None:
        return f"the merge base {newest.revision[:_REVISION_SHOWN]}"
    return newest.branch or "the default branch"


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


def _less(each: Judged) -> bool:
    """Whether less of the metric is better; of one that is not known it is."""
    metric = METRICS.get(each.column.metric)
    unit = metric.unit if metric else UNITS.get(each.column.metric.rpartition("_")[2])
    return unit is None or unit.better == "lower"


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
    if precedent.history.same_agent is False:
        yield f"{HISTORY} not all of the builds ran on this machine: some of what differs may be the machines' doing"
    if precedent.latest is not None:
        yield from _beside(precedent.latest, result)


def _beside(latest: Result, result: Result) -> Iterator[str]:
    """What else differs between the newest of the builds and this one."""
    machines = unlike_machines(latest.environment, result.environment)
    if machines:
        yield f"{HISTORY} measured on another machine, which may be all that differs: {'; '.join(machines)}"
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


def _drifts(found: Iterable[Judged], history: History, problems: Mapping[str, str]) -> Iterator[str]:
    """What has become worse build by build, no step of it being too much by itself."""
    for each in found:
        head = each.column.head_median
        if (
            head is None
            or not each.criterion.gated
            or not each.column.published
            or each.column.scenario in problems
        ):
            continue
        drifted = drift.drift((*history.values(each.column.key), head))
        if drifted is not None and drifted.is_slow(each.criterion.worse_by) and _is_worse(each, drifted):
            yield _drift(each, drifted, history)


def _is_worse(each: Judged, drifted: drift.Drift) -> bool:
    return (drifted.change > 0) == _less(each)


def _drift(each: Judged, drifted: drift.Drift, history: History) -> str:
    """``history: one_to_one.messages sent_bytes drifts: +6.1 % over 21 builds of develop, no single step …``."""
    column = each.column
    return (
        f"{HISTORY} {column.scenario}.{column.phase} {column.metric} drifts: {signed(100 * drifted.change)} % over "
        f"{drifted.builds - 1} builds of {printable(whose(history))} and this one, no single step "
        f"beyond {percent(100 * each.criterion.worse_by)} %"
    )

"""What the gate said, as every report tells it: which comparisons are told, and how their figures stand in columns.

A report tells what changed, worst first, and folds the rest: the gated metrics that are as they were, and those
that are only reported.  The words are those of ``tcperf.sentences``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.comparison import Comparison, Pairing, Verdict
from tcperf.model import Result
from tcperf.ranking import is_missed, ranked, unseen
from tcperf.reports.text import shorten
from tcperf.sentences import HISTORY, change, percent, place, signed, value
from tcperf.sentences import headline as headline_of
from tcperf.sentences import p_value as p_text

#: The verdicts as people read them.
LABELS: Final[dict[Verdict, str]] = {
    "worse": "WORSE",
    "better": "BETTER",
    "ok": "OK",
    "cannot_tell": "CAN'T TELL",
    "not_compared": "NOT COMPARED",
    "over_budget": "OVER BUDGET",
}
#: A change that tcperf.toml accepts, be it worse or in doubt up to there, and one that past builds show and that is only warned of.
ACCEPTED: Final = "ACCEPTED"
UNUSUAL: Final = "UNUSUAL"
_WORST_FIRST: Final[tuple[Verdict, ...]] = ("worse", "over_budget", "not_compared", "cannot_tell", "better")
#: Units that are not known may be of any length.
_CELL_LIMIT: Final = 24
_STOPPED: Final = {
    "decided": "enough for a verdict",
    "budget": "then the time budget was over",
    "pairs": "as many as were asked for",
    "failed": "then it was broken off",
}


@frozen
class Missed:
    """Comparisons that should have been made and were not, all for the same reason."""

    because: str
    comparisons: tuple[Comparison, ...]


@frozen
class Groups:
    """A result's comparisons, each group worst first.

    ``told`` are told singly: what is over budget, and what is gated and not OK; ``missed`` should have been
    compared.  ``unchanged`` are gated and OK, ``within`` keep their limit and had no base; ``ungated`` are
    published and not gated, for one reason or another, ``report_only`` neither.
    """

    told: tuple[Comparison, ...] = ()
    missed: tuple[Missed, ...] = ()
    unchanged: tuple[Comparison, ...] = ()
    within: tuple[Comparison, ...] = ()
    ungated: tuple[Comparison, ...] = ()
    report_only: tuple[Comparison, ...] = ()


def group(result: Result) -> Groups:
    """The groups; every comparison is in one of them."""
    has_base = _has_base(result)
    found: dict[str, list[Comparison]] = {}
    for each in ranked(result.comparisons):
        found.setdefault(_group_of(each, has_base=has_base), []).append(each)
    return Groups(
        told=tuple(found.get("told", ())),
        missed=_by_reason(found.get("missed", ())),
        unchanged=tuple(found.get("unchanged", ())),
        within=tuple(found.get("within", ())),
        ungated=tuple(found.get("ungated", ())),
        report_only=tuple(found.get("report_only", ())),
    )


def _group_of(each: Comparison, *, has_base: bool) -> str:
    if each.is_over_budget:
        return "told"
    if not has_base and each.limit is not None and each.head_median is not None:
        return "within"
    if is_missed(each):
        return "missed"
    if not each.gated:
        return "ungated" if each.published else "report_only"
    return "unchanged" if each.change == "ok" else "told"


def _by_reason(comparisons: Iterable[Comparison]) -> tuple[Missed, ...]:
    found: dict[str, list[Comparison]] = {}
    for each in comparisons:
        found.setdefault(each.note or "", []).append(each)
    return tuple(Missed(because, tuple(group)) for because, group in found.items())


def _has_base(result: Result) -> bool:
    """Whether there was something to compare with; else the comparisons are limits alone."""
    made = any(each.change != "not_compared" for each in result.comparisons)
    return made or BASE in result.subjects or bool(result.pairings)


def has_verdict(result: Result) -> bool:
    """Whether there is a verdict to tell, be it that no comparison was made."""
    return bool(result.comparisons or result.pairings)


# --- words -------------------------------------------------------------------------------------------


def overall(result: Result) -> Verdict:
    """The worst verdict: that of the whole result; what is accepted or only reported is no reason for another.

    What is only warned of cannot be told for certain, and neither can a scenario of which all is too noisy.
    """
    groups = group(result)
    found: set[Verdict] = {
        "cannot_tell" if label(each) == UNUSUAL else each.verdict
        for each in groups.told
        if label(each) != ACCEPTED
    }
    if groups.missed or problems(result):
        found.add("not_compared")
    if unseen(result.comparisons):
        found.add("cannot_tell")
    return next((verdict for verdict in _WORST_FIRST if verdict in found), "ok")


def title(result: Result) -> str:
    """The worst verdict in capitals; UNUSUAL where that is what past builds only warn of."""
    found = overall(result)
    is_unusual = found == "cannot_tell" and any(label(each) == UNUSUAL for each in group(result).told)
    return UNUSUAL if is_unusual else LABELS[found]


def headline(result: Result) -> str:
    """The verdict in a line; empty where there is nothing but ``problems``."""
    groups = group(result)
    if not groups.within:
        return headline_of(result.comparisons) if result.comparisons else ""
    limits = "limit is kept" if len(groups.within) == 1 else "limits are kept"
    kept = f"{len(groups.within)} {limits}"
    return f"{headline_of(groups.told)}; {kept}" if groups.told else kept


def problems(result: Result) -> tuple[str, ...]:
    """Why scenarios were not compared, although it was asked for."""
    return tuple(f"{each.scenario}: {each.problem}" for each in result.pairings if each.problem is not None)


def not_compared(result: Result) -> tuple[str, ...]:
    """What should have been compared and was not, each with its reason: scenarios as a whole, then single metrics.

    ``one_to_one.messages send_ms, cpu_ms: no run of the base has it``; a reason that is told of their scenario is not
    told again.
    """
    told = {each.problem for each in result.pairings if each.problem is not None}
    missed = (each for each in group(result).missed if each.because not in told)
    return (*problems(result), *map(_missed, missed))


def _missed(each: Missed) -> str:
    return f"{folded(each.comparisons)}: {each.because}" if each.because else folded(each.comparisons)


def label(each: Comparison) -> str:
    """The verdict in capitals."""
    if each.verdict in {"worse", "cannot_tell"} and each.accepted is not None:
        return ACCEPTED
    return UNUSUAL if each.verdict == "worse" and each.is_warned_of else LABELS[each.verdict]


def is_calmed(each: Comparison) -> bool:
    """Whether it is worse, and nobody's alarm all the same: it is accepted, or only warned of."""
    return label(each) in {ACCEPTED, UNUSUAL}


def median(number: float | None, each: Comparison) -> str:
    """A median of the comparison's metric; a dash where there is none."""
    return "–" if number is None else shorten(value(number, each), _CELL_LIMIT)


def effect(each: Comparison) -> str:
    """The change: ``+6.2 %``, or from what to what where there is no percentage of it."""
    return shorten(change(each), 2 * _CELL_LIMIT)


def crossed(each: Comparison) -> str:
    """Said where the medians, as they are shown, went the other way than the change; "" where they did not.

    The change is the middle of the pairs' own changes, and each side's median knows of no pairs.
    """
    told = of_medians(each)
    is_crossed = (
        bool(told) and each.effect_pct is not None and _sign(percent(each.effect_pct)) * _sign(told[:-2]) < 0
    )
    if not is_crossed or each.history_builds is not None:
        return ""
    how = "pair by pair" if each.paired else "from run to run"
    return f"{how} it is {effect(each)}, although the medians alone went the other way: {told}"


def of_medians(each: Comparison) -> str:
    """The change from the base's median to the head's, ``+4.5 %``; "" where there is no percentage."""
    if each.base_median is None or each.base_median <= 0 or each.head_median is None:
        return ""
    return f"{signed(100 * (each.head_median / each.base_median - 1))} %"


def _sign(shown: str) -> int:
    number = float(shown)
    return (number > 0) - (number < 0)


def p_value(each: Comparison) -> str:
    """The p value: ``0.0039``, ``<0.0001``; empty where there is none."""
    return "" if each.p is None else p_text(each.p)


def worse_in(each: Comparison) -> str:
    """In how many pairs the head's value is the larger one, ``10/10``; of unpaired runs how many there are, ``n=6``.

    Of past builds it is how many they are.
    """
    if each.history_builds is not None:
        return "1 build" if each.history_builds == 1 else f"{each.history_builds} builds"
    if not each.pairs:
        return ""
    return f"{each.worse_pairs}/{each.pairs}" if each.paired else f"n={each.pairs}"


def visible(each: Comparison) -> str:
    """From where on a change would have been visible: ``1.4 %``; empty where that is not known.

    Of past builds it is how far they usually are from their median: ``±2.1 %``.
    """
    if each.visible_pct is None:
        return ""
    return f"{'' if each.history_builds is None else '±'}{percent(each.visible_pct)} %"


def is_beside_builds(comparisons: Iterable[Comparison]) -> bool:
    """Whether past builds stand for the base in a table of these: its columns are then named for them."""
    return any(each.history_builds is not None for each in comparisons)


def made(pairing: Pairing) -> str:
    """How the pairs were made: ``10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again``."""
    again = f"{_number(pairing.redone)} made again" if pairing.redone else ""
    lanes = f"{pairing.lanes} runs at a time" if pairing.lanes > 1 else ""
    told = (f"{_number(pairing.pairs)}, {_STOPPED[pairing.stopped]}", lanes, again)
    return "; ".join(part for part in told if part)


def _number(pairs: int) -> str:
    return f"{pairs} {'pair' if pairs == 1 else 'pairs'}"


def history(result: Result) -> str | None:
    """Which past builds the figures are compared with; None where they are not."""
    is_compared = result.history is not None and is_beside_builds(result.comparisons)
    return f"{HISTORY}: {result.history.told}" if result.history is not None and is_compared else None


def folded(comparisons: Iterable[Comparison]) -> str:
    """The metrics on one line: ``one_to_one.messages time_ms, received_bytes +6.2 %; idle.idle cpu_ms``."""
    phases: dict[str, list[str]] = {}
    for each in comparisons:
        changed = f" {effect(each)}" if each.change in {"worse", "better"} else ""
        phases.setdefault(where(each), []).append(f"{shorten(each.metric, 40)}{changed}")
    return "; ".join(f"{phase} {', '.join(metrics)}" for phase, metrics in phases.items())


def where(each: Comparison) -> str:
    """The scenario and the phase, cut where they are nobody's names."""
    return shorten(place(each), 60)

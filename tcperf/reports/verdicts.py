"""What the gate said, as every report tells it: which comparisons are told, and how their figures stand in columns.

A report tells what changed, worst first, and folds the rest: the gated metrics that are as they were, and those
that are only reported.  The words are those of ``tcperf.sentences``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.model import Comparison, Pairing, Result, Verdict
from tcperf.ranking import is_missed, ranked
from tcperf.reports.text import shorten
from tcperf.sentences import change, percent, place, value
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
#: A change for the worse that tcperf.toml accepts.
ACCEPTED: Final = "ACCEPTED"
_WORST_FIRST: Final[tuple[Verdict, ...]] = ("worse", "over_budget", "not_compared", "cannot_tell", "better")
#: Units that are not known may be of any length.
_CELL_LIMIT: Final = 24
_STOPPED: Final = {
    "decided": "stopped when all was decided",
    "budget": "stopped by the time budget",
    "pairs": "all that were asked for",
    "failed": "broken off",
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
    compared.  ``unchanged`` are gated and OK, ``within`` keep their limit and had no base; ``ungated`` are published and
    not gated, for one reason or another, ``report_only`` neither.
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
    """The worst verdict: that of the whole result; what is accepted or only reported is no reason for another."""
    groups = group(result)
    found = {each.verdict for each in groups.told if label(each) != ACCEPTED}
    if groups.missed or problems(result):
        found.add("not_compared")
    return next((verdict for verdict in _WORST_FIRST if verdict in found), "ok")


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


def missed(each: Missed) -> str:
    """What was not compared and why: ``one_to_one.messages send_ms, cpu_ms: no run of the base has it``."""
    return f"{folded(each.comparisons)}: {each.because}" if each.because else folded(each.comparisons)


def label(each: Comparison) -> str:
    """The verdict in capitals."""
    accepted = each.accepted is not None and each.verdict == "worse"
    return ACCEPTED if accepted else LABELS[each.verdict]


def median(number: float | None, each: Comparison) -> str:
    """A median of the comparison's metric; a dash where there is none."""
    return "–" if number is None else shorten(value(number, each), _CELL_LIMIT)


def effect(each: Comparison) -> str:
    """The change: ``+6.2 %``, or from what to what where there is no percentage of it."""
    return shorten(change(each), 2 * _CELL_LIMIT)


def p_value(each: Comparison) -> str:
    """The p value: ``0.0039``, ``<0.0001``; empty where there is none."""
    return "" if each.p is None else p_text(each.p)


def worse_in(each: Comparison) -> str:
    """In how many pairs the head's value is the larger one, ``10/10``; of unpaired runs how many there are, ``n=6``."""
    if not each.pairs:
        return ""
    return f"{each.worse_pairs}/{each.pairs}" if each.paired else f"n={each.pairs}"


def visible(each: Comparison) -> str:
    """From where on a change would have been visible: ``1.4 %``; empty where that is not known."""
    return "" if each.visible_pct is None else f"{percent(each.visible_pct)} %"


def made(pairing: Pairing) -> str:
    """How the pairs were made: ``10 pairs in 2 lanes, 1 done again; stopped when all was decided``."""
    count = f"{pairing.pairs} {'pair' if pairing.pairs == 1 else 'pairs'}"
    lanes = f" in {pairing.lanes} lanes" if pairing.lanes > 1 else ""
    redone = f", {pairing.redone} done again" if pairing.redone else ""
    return f"{count}{lanes}{redone}; {_STOPPED[pairing.stopped]}"


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

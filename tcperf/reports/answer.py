"""What there is to say of one comparison, in four short answers: what, by how much, how sure, and where from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from tcperf.comparison import Comparison
from tcperf.metrics import METRICS
from tcperf.reports import verdicts
from tcperf.reports.text import joined
from tcperf.sentences import interval, percent

#: Of one alone; of several it is told how many there are, lest the one passes for all.
_ASKED: Final = {
    "WORSE": "What is worse",
    "BETTER": "What is better",
    "CAN'T TELL": "What cannot be told",
    "OVER BUDGET": "What is over its limit",
    verdicts.ACCEPTED: "What is worse, as accepted",
    verdicts.UNUSUAL: "What is unusual",
}
_WORST_OF: Final = {"WORSE": "Worst of {}", verdicts.ACCEPTED: "Worst of {}, as accepted"}


@frozen
class Answer:
    """Texts, not yet harmless: ``asked`` is the question that ``metric`` answers, be it the first of several.

    ``origin`` is empty where nothing changed, ``origin_more`` what there is to say beside it; ``help`` says in
    short what the metric is, "" for one that is not known here; ``is_traced`` that there is a place to tell.
    """

    asked: str
    metric: str
    help: str
    place: str
    size: str
    medians: str
    sure: tuple[str, ...]
    origin: str
    origin_more: str
    is_traced: bool


def answer(each: Comparison, alike: int = 1, place: str = "") -> Answer:
    """The answers of a comparison that is told singly, the first of so many that bear its label.

    ``place`` is where it comes from, "" where that is not known.
    """
    first, _comma, more = (place or _unknown_origin(each)).partition(", ")
    return Answer(
        asked=_asked(verdicts.label(each), alike),
        metric=each.metric,
        help=METRICS[each.metric].help.partition(":")[0] if each.metric in METRICS else "",
        place=verdicts.where(each),
        size=verdicts.effect(each),
        medians="; ".join(_medians(each)),
        sure=tuple(_sure(each)),
        origin=first,
        origin_more=more,
        is_traced=bool(place),
    )


def _asked(label: str, alike: int) -> str:
    asked = _ASKED.get(label, "What was compared")
    return asked if alike == 1 else _WORST_OF.get(label, f"{asked}, 1 of {{}}").format(alike)


def _unknown_origin(each: Comparison) -> str:
    """Said where something changed, for whoever looks for the place."""
    is_changed = each.change in {"worse", "better"} and each.history_builds is None
    return "no single node or flow can be named" if is_changed else ""


def _medians(each: Comparison) -> Iterator[str]:
    if each.base_median is not None and each.head_median is not None:
        yield from _as_changed(each)
    elif each.head_median is not None:
        yield f"median {verdicts.median(each.head_median, each)}"
    if each.is_over_budget and each.limit is not None:
        yield f"the limit is {verdicts.median(each.limit, each)}"


def _as_changed(each: Comparison) -> Iterator[str]:
    """How large a change for the worse is let pass, and both medians where they say what the pairs do not.

    The change is the one percentage to remember: it is the middle of the pairs' own, and the medians stand in the
    table. How far these differ is told where that contradicts it.
    """
    is_paired = bool(each.paired and each.pairs)
    crossed = verdicts.crossed(each) if is_paired else ""
    if each.change == "worse" and each.threshold_pct is not None and each.history_builds is None:
        yield joined(f"allowed is +{percent(each.threshold_pct)} %")
    if crossed:
        yield crossed
    if crossed or not is_paired or each.is_over_budget:
        base, head = (
            joined(verdicts.median(median, each)) for median in (each.base_median, each.head_median)
        )
        yield f"medians {base} → {head}"


def _sure(each: Comparison) -> Iterator[str]:
    """The pairs, the interval, and why it cannot be told."""
    if each.history_builds is not None:
        usual = verdicts.visible(each)
        yield f"beside {verdicts.worse_in(each)}{f', usually within {usual}' if usual else ''}: history, not a paired run"
        return
    if each.pairs:
        yield _evidence(each)
    between, p = interval(each), verdicts.p_value(each)
    if between and _is_one(between):
        yield "all pairs alike" if each.paired else "all runs alike"
    elif between:
        yield joined(f"95 % interval {between} %")
    elif p:
        yield joined(f"p {p if p.startswith('<') else f'= {p}'}")
    if each.change == "cannot_tell" and each.note:
        yield each.note


def _is_one(between: str) -> bool:
    """Whether an interval, as it is shown, has no width: ``11.9 … 11.9`` looks like a mistake."""
    low, _to, high = between.partition(" … ")
    return low == high


def _evidence(each: Comparison) -> str:
    if not each.paired:
        return f"{each.pairs} unpaired {'run' if each.pairs == 1 else 'runs'} a side"
    return f"worse in {each.worse_pairs} of {each.pairs} {'pair' if each.pairs == 1 else 'pairs'}"

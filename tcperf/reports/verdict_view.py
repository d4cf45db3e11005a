"""The verdict as report.html shows it: values for the template, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from attrs import frozen

from tcperf.model import Comparison, Result, Verdict
from tcperf.reports import verdicts
from tcperf.reports.intervals import Interval, interval, pair_changes
from tcperf.reports.origins import Origin, origins
from tcperf.reports.text import shorten
from tcperf.sentences import interval as interval_text
from tcperf.sentences import percent, sentence

Tone = Literal["bad", "loud", "warn", "good", "calm"]
_TONES: Final[dict[Verdict, Tone]] = {
    "worse": "bad",
    "over_budget": "bad",
    "not_compared": "loud",
    "cannot_tell": "warn",
    "better": "good",
    "ok": "calm",
}
#: The runs that were left out are named up to so many; results.csv has all.
_LEFT_OUT: Final = 50
#: Of what is only reported, so many are shown; the page stays light, and results.csv has all.
_REPORT_ONLY: Final = 120
_FOLDED_LIMIT: Final = 280
_Changes = Mapping[str, Sequence[float]]


@frozen
class VerdictRow:
    """One comparison, its figures as texts, empty where there is none.

    ``tone`` is the verdict's, ``change_tone`` the change's: what is over budget may not have changed.  ``picture`` is
    None where nothing was compared.
    """

    comparison: Comparison
    label: str
    tone: Tone
    change_tone: Tone
    base: str
    head: str
    change: str
    interval: str
    p: str
    pairs: str
    visible: str
    threshold: str
    limit: str
    picture: Interval | None


@frozen
class LeftOut:
    """A run that counts nowhere, and why."""

    run: str
    because: str


@frozen
class Fold:
    """Comparisons that are not told singly: how many, in a line, and their rows, which may be fewer."""

    count: int
    text: str
    rows: tuple[VerdictRow, ...]


@frozen
class VerdictView:
    """The verdict: ``label`` and ``tone`` are those of the worst, ``missed`` says what was not compared and why.

    ``origins`` tell of what changed where; ``sentences`` are what a reviewer may paste; ``left_out`` are the runs that count nowhere, ``hidden`` more of them.
    """

    label: str
    tone: Tone
    headline: str
    missed: tuple[str, ...]
    told: tuple[VerdictRow, ...]
    origins: tuple[Origin, ...]
    unchanged: Fold
    within: Fold
    ungated: Fold
    report_only: Fold
    sentences: tuple[str, ...]
    pairings: tuple[tuple[str, str], ...]
    left_out: tuple[LeftOut, ...]
    hidden: int


def verdict_view(result: Result) -> VerdictView | None:
    """The verdict; None where nothing was to be compared."""
    if not verdicts.has_verdict(result):
        return None
    groups, changes = verdicts.group(result), pair_changes(result)
    overall = verdicts.overall(result)
    missed = (*verdicts.problems(result), *map(verdicts.missed, groups.missed))
    left_out = tuple(
        LeftOut(run.id, run.discarded_because or "discarded") for run in result.runs if run.discarded
    )
    return VerdictView(
        label=verdicts.LABELS[overall],
        tone="good" if overall == "ok" else _TONES[overall],
        headline=verdicts.headline(result),
        missed=missed,
        told=_rows(groups.told, changes),
        origins=origins(result, groups.told),
        unchanged=_fold(groups.unchanged, changes),
        within=_fold(groups.within, changes),
        ungated=_fold(groups.ungated, changes),
        report_only=_fold(groups.report_only, {}),  # without dots, for they are many
        sentences=tuple(sentence(each) for each in groups.told),
        pairings=tuple((each.scenario, verdicts.made(each)) for each in result.pairings),
        left_out=left_out[:_LEFT_OUT],
        hidden=max(0, len(left_out) - _LEFT_OUT),
    )


def _tone(each: Comparison) -> Tone:
    """How its change is shown; what is accepted or not gated is nobody's alarm."""
    if each.accepted is not None and each.change == "worse":
        return "warn"
    return _TONES[each.change] if each.gated else "calm"


def _fold(comparisons: Sequence[Comparison], changes: _Changes) -> Fold:
    text = shorten(verdicts.folded(comparisons), _FOLDED_LIMIT)
    return Fold(len(comparisons), text, _rows(comparisons[:_REPORT_ONLY], changes))


def _rows(comparisons: Sequence[Comparison], changes: _Changes) -> tuple[VerdictRow, ...]:
    return tuple(_row(each, changes) for each in comparisons)


def _row(each: Comparison, changes: _Changes) -> VerdictRow:
    own = changes.get(each.key, ())
    return VerdictRow(
        comparison=each,
        label=verdicts.label(each),
        tone="bad" if each.is_over_budget else _tone(each),
        change_tone=_tone(each),
        base=verdicts.median(each.base_median, each),
        head=verdicts.median(each.head_median, each),
        change=verdicts.effect(each),
        interval=interval_text(each),
        p=verdicts.p_value(each),
        pairs=verdicts.worse_in(each),
        visible=verdicts.visible(each),
        threshold="" if each.threshold_pct is None else f"{percent(each.threshold_pct)} %",
        limit="" if each.limit is None else verdicts.median(each.limit, each),
        picture=interval(each, own),
    )

"""The verdict as report.html shows it: values for the template, no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.comparing import explanation
from tcperf.comparison import Comparison, Pairing, Verdict
from tcperf.model import Result
from tcperf.reports import verdict_counts, verdicts
from tcperf.reports.answer import Answer, answer
from tcperf.reports.cautions import qualified, reservation
from tcperf.reports.intervals import pair_changes
from tcperf.reports.origins import Origin, origins
from tcperf.reports.runs_told import runs_sentence
from tcperf.reports.sides import Sides, sides
from tcperf.reports.text import shorten
from tcperf.reports.verdict_rows import TONES, Changes, Tone, VerdictRow, verdict_rows
from tcperf.sentences import sentence

#: For whoever meets the words for the first time; what is OK says so in its headline, and what is worse in its answer.
_MEANINGS: Final[dict[Verdict, str]] = {
    "worse": "",
    "over_budget": "Above an absolute limit, whatever the base is.",
    "not_compared": "Not all that was asked for was compared: that is neither good nor bad news.",
    "cannot_tell": "What was measured does not show for certain whether it is worse.",
    "better": "And nothing that counts is worse.",
    "ok": "",
}
_UNUSUAL: Final = "Worse than past builds usually are: that is a warning, and a paired run decides."
#: The runs that were left out are named up to so many; results.csv has all.
_LEFT_OUT: Final = 50
#: Of what is only reported, so many are shown; the page stays light, and results.csv has all.
_REPORT_ONLY: Final = 80
_FOLDED_LIMIT: Final = 280
#: So many are named in a line.
_FEW: Final = 8


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
    """The verdict: ``label`` and ``tone`` are those of the worst, ``meaning`` the label in plain words.

    ``but`` is what keeps it from being the whole truth, "" where nothing does; ``meaning`` is "" where it needs
    none. ``missed`` says what was not compared and why.  ``answer`` is what there is to say of the worst metric;
    None where no metric is told singly, and then ``headline`` says how it stands.  ``counts`` are how many metrics
    there are of each kind, ``also`` names the bad ones but for the answered one, and ``beside`` tells of those that
    are worse and in none of them.  ``rule`` says whether the verdicts are those of a comparison with a base, whose
    rule is told.  ``sides`` are who was compared, ``history`` says which past builds stand for a base, "" for none,
    ``pairs`` in how many pairs, "" without any. ``origins`` tell of what changed where; ``sentences`` are what a
    reviewer may paste, the verdict first; ``runs`` says which runs count; ``left_out`` are the runs that count
    nowhere, ``hidden`` more of them.
    """

    label: str
    but: str
    tone: Tone
    meaning: str
    headline: str
    answer: Answer | None
    counts: tuple[tuple[Tone, str], ...]
    also: str
    beside: str
    rule: bool
    sides: Sides | None
    history: str
    pairs: str
    missed: tuple[str, ...]
    told: tuple[VerdictRow, ...]
    origins: tuple[Origin, ...]
    unchanged: Fold
    within: Fold
    ungated: Fold
    report_only: Fold
    sentences: tuple[str, ...]
    pairings: tuple[tuple[str, str], ...]
    runs: str
    left_out: tuple[LeftOut, ...]
    hidden: int


def verdict_view(result: Result) -> VerdictView | None:
    """The verdict; None where nothing was to be compared."""
    if not verdicts.has_verdict(result):
        return None
    groups, changes = verdicts.group(result), pair_changes(result)
    overall = verdicts.overall(result)
    left_out = tuple(
        LeftOut(run.id, run.discarded_because or "discarded") for run in result.runs if run.discarded
    )
    return VerdictView(
        label=verdicts.title(result),
        but=reservation(result),
        tone="good" if overall == "ok" else TONES[overall],
        meaning=_UNUSUAL if verdicts.title(result) == verdicts.UNUSUAL else _MEANINGS[overall],
        also=verdict_counts.also(result, groups),
        beside=verdict_counts.beside(result, groups),
        headline=_headline(result, groups),
        answer=_first(groups.told, result),
        counts=tuple(verdict_counts.counts(result, groups)),
        rule=verdicts.history(result) is None,
        sides=sides(result),
        history=verdicts.history(result) or "",
        pairs=_pairs(result.pairings),
        missed=verdicts.not_compared(result),
        told=verdict_rows(groups.told, changes),
        origins=origins(result, groups.told),
        unchanged=_fold(groups.unchanged, changes),
        within=_fold(groups.within, changes),
        ungated=_fold(groups.ungated, changes, _worse_first(groups.ungated)),
        # Without dots and without names, for they are many.
        report_only=_fold(groups.report_only, {}, _how_many(groups.report_only)),
        sentences=tuple(_to_paste(result, groups)),
        pairings=tuple((each.scenario, verdicts.made(each)) for each in result.pairings),
        runs=runs_sentence(result),
        left_out=left_out[:_LEFT_OUT],
        hidden=max(0, len(left_out) - _LEFT_OUT),
    )


def _first(told: Sequence[Comparison], result: Result) -> Answer | None:
    """The worst in four answers; None where none is told singly."""
    if not told:
        return None
    alike = [each for each in told if verdicts.label(each) == verdicts.label(told[0])]
    return answer(told[0], len(alike), _place(alike, result))


def _place(alike: Sequence[Comparison], result: Result) -> str:
    """Where the first comes from; of what has no place, such as a time, where the next one that has does, by name.

    "" where none has one.
    """
    for each in alike:
        place = _own_place(each, result)
        if place:
            return place if each is alike[0] else f"{each.metric}: {place}"
    return ""


def _own_place(each: Comparison, result: Result) -> str:
    """As its runs show it; what they do not show, its own words tell."""
    found = explanation(each, result)
    return (each.explanation or "") if found is None else found.place


def _to_paste(result: Result, groups: verdicts.Groups) -> Iterator[str]:
    """The verdict, what keeps it from being the whole truth and of whom it is, then what is told singly; nothing where none is.

    ``WORSE, but base and head are the same binary: node-2 compared with itself (10 pairs, enough for a verdict)``.
    """
    if not groups.told:
        return
    found, history = sides(result), verdicts.history(result)
    beside = "" if history is None else f" beside {history}"
    whose = "" if found is None else f": {found.title}{beside}"
    pairs = _pairs(result.pairings)
    yield f"{qualified(verdicts.title(result), result)}{whose}{f' ({pairs})' if pairs else ''}"
    yield from map(sentence, groups.told)


def _headline(result: Result, groups: verdicts.Groups) -> str:
    """How it stands where nothing is told singly; "" where an answer says more."""
    if groups.told:
        return ""
    number = len(groups.unchanged)
    if not number:
        return verdicts.headline(result)
    told = "The gated metric is not worse" if number == 1 else f"None of {number} gated metrics is worse"
    if verdicts.history(result) is not None:
        return told
    whole = "its whole interval is" if number == 1 else "each whole interval is"
    return f"{told}: {whole} below the threshold, or too small to count"


def _pairs(pairings: Sequence[Pairing]) -> str:
    """How many pairs there were, of several scenarios from the fewest to the most."""
    if len(pairings) == 1:
        return verdicts.made(pairings[0])
    numbers = sorted({each.pairs for each in pairings})
    if not numbers:
        return ""
    most = "1 pair" if numbers[-1] == 1 else f"{numbers[-1]} pairs"
    return f"{most} a scenario" if len(numbers) == 1 else f"{numbers[0]} to {most} a scenario"


def _fold(comparisons: Sequence[Comparison], changes: Changes, text: str | None = None) -> Fold:
    told = shorten(verdicts.folded(comparisons) if text is None else text, _FOLDED_LIMIT)
    return Fold(len(comparisons), told, verdict_rows(comparisons[:_REPORT_ONLY], changes))


def _worse_first(comparisons: Sequence[Comparison]) -> str:
    """What is worse although nobody judges it, and then the others."""
    worse = verdict_counts.worse(comparisons)
    others = [each for each in comparisons if each.change != "worse"]
    parts = (f"{len(worse)} worse: {verdicts.folded(worse)}" if worse else "", verdicts.folded(others))
    return "; others: ".join(part for part in parts if part)


def _how_many(comparisons: Sequence[Comparison]) -> str:
    """How many are worse and better; a few are named, but names of many would break off."""
    if len(comparisons) <= _FEW:
        return verdicts.folded(comparisons)
    worse = len(verdict_counts.worse(comparisons))
    better = sum(each.change == "better" for each in comparisons)
    return f"{worse or 'none'} worse, {better or 'none'} better, {len(comparisons) - worse - better or 'none'} neither"

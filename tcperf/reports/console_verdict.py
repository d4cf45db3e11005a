"""The verdict on a terminal: the headline, a line for each changed metric, the sentences to paste, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from tcperf.comparison import Comparison, Verdict
from tcperf.model import Result
from tcperf.reports import verdicts
from tcperf.reports.cautions import qualified
from tcperf.reports.glossary import footnotes
from tcperf.reports.lines import Line, Style, cut, wrapped
from tcperf.reports.text import shorten
from tcperf.reports.verdicts import Groups
from tcperf.sentences import interval, sentence

_STYLES: Final[dict[Verdict, Style]] = {
    "worse": "bad",
    "over_budget": "bad",
    "not_compared": "loud",
    "cannot_tell": "warning",
    "better": "good",
    "ok": "good",
}
#: Two lines: "visible from" would take room that the figures need.
_ABOVE: Final = ("", "", "", "", "worse", "", "visible")
_HEADS: Final = ("", "", "change", "95 % interval", "in", "p", "from")
#: The same beside past builds.
_ABOVE_BUILDS: Final = ("",) * len(_HEADS)
_HEADS_BUILDS: Final = ("", "", "change", "95 % interval", "beside", "p", "usual")
#: What stands on the left; numbers stand on the right of their columns.
_WORDS: Final = 2
#: The last columns go first where the lines would be too long.
_LEAST_COLUMNS: Final = 4
_INDENT: Final = " "
_GAP: Final = "  "
_TEXT_LIMIT: Final = 600
#: Of so many metrics the sentences are written out; the reports have the others'.
_SENTENCES: Final = 6
_TO_PASTE: Final = "in words, to paste into a review:"


def lines(result: Result, width: int, *, has_report: bool = True) -> Iterator[Line]:
    """The verdict; nothing where nothing was to be compared.  ``has_report``: there is a report to look up the rest in."""
    if not verdicts.has_verdict(result):
        return
    groups = verdicts.group(result)
    yield Line("")
    verdict, headline = verdicts.overall(result), verdicts.headline(result)
    label = qualified(verdicts.title(result), result)
    told = f"{label}: {headline}" if headline else label
    yield from wrapped(shorten(told, _TEXT_LIMIT), width, _STYLES[verdict])
    yield from _missed(result, width)
    yield from _table(groups.told, width)
    yield from _sentences(groups.told, width, "in the report" if has_report else "in the table above")
    yield from _folded(result, groups, width)
    for note in footnotes(result):
        yield from wrapped(note, width, "dim")


def _style(each: Comparison) -> Style:
    """How a comparison is shown; what is accepted, or only warned of, is nobody's alarm."""
    return "warning" if verdicts.is_calmed(each) else _STYLES[each.verdict]


def _missed(result: Result, width: int) -> Iterator[Line]:
    """What should have been compared, and was not: whole scenarios, and single metrics."""
    for problem in verdicts.not_compared(result):
        yield from wrapped(f"not compared: {shorten(problem, _TEXT_LIMIT)}", width, "loud")


# --- the table ---------------------------------------------------------------------------------------


def _table(told: Sequence[Comparison], width: int) -> Iterator[Line]:
    """A line a metric, the worst first; the phase stands above them wherever it is another one."""
    named = (_ABOVE_BUILDS, _HEADS_BUILDS) if verdicts.is_beside_builds(told) else (_ABOVE, _HEADS)
    sizes = _sizes([*named, *map(_cells, told)], width)
    heads = [_joined(row, sizes) for row in named]
    for number, (place, found) in enumerate(groupby(told, verdicts.where)):
        yield from _heading(place, ["", ""] if number else heads, width)
        for each in found:
            yield cut(_joined(_cells(each), sizes), width, _style(each))


def _sizes(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The widths of the columns that a line has room for."""
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while len(sizes) > _LEAST_COLUMNS and len(_INDENT) + sum(sizes) + len(_GAP) * (len(sizes) - 1) > width:
        sizes.pop()
    return sizes


def _cells(each: Comparison) -> tuple[str, ...]:
    return (
        verdicts.label(each),
        shorten(each.metric, 24),
        verdicts.effect(each),
        interval(each),
        verdicts.worse_in(each),
        verdicts.p_value(each),
        verdicts.visible(each),
    )


def _joined(row: Sequence[str], sizes: Sequence[int]) -> str:
    columns = zip(row, sizes, strict=False)
    texts = (
        f"{text:<{size}}" if place < _WORDS else f"{text:>{size}}"
        for place, (text, size) in enumerate(columns)
    )
    return _INDENT + _GAP.join(texts)


def _heading(place: str, heads: Sequence[str], width: int) -> Iterator[Line]:
    """The phase and, where they do not overlap, what the columns are; else a blank line above it."""
    above, beside = heads
    fits = len(place) < len(beside) - len(beside.lstrip())
    yield cut(above.rstrip() if fits else "", width, "heading")
    yield cut(place + beside[len(place) :] if fits else place, width, "heading")


# --- words -------------------------------------------------------------------------------------------


def _sentences(told: Sequence[Comparison], width: int, rest: str) -> Iterator[Line]:
    """What a reviewer may paste, for all that is not simply better; ``rest`` is where those are that would be too many.

    What cannot be told for one and the same reason is one line: there is nothing to say of each.
    """
    alike = _untold(told)
    grouped = {each.key for found in alike.values() for each in found}
    due = [each for each in told if each.verdict != "better" and each.key not in grouped]
    if due:
        yield Line("")
        yield Line(_TO_PASTE, "dim")
    for each in due[:_SENTENCES]:
        yield from wrapped(f"- {shorten(sentence(each), _TEXT_LIMIT)}", width)
    if len(due) > _SENTENCES:
        yield Line(f"- and {len(due) - _SENTENCES} more {rest}", "dim")
    if alike:
        yield Line("")
    for why, found in alike.items():
        text = f"{len(found)} cannot be told, for {why}: {verdicts.folded(found)}"
        yield from wrapped(shorten(text, _TEXT_LIMIT), width)


def _untold(told: Iterable[Comparison]) -> dict[str, list[Comparison]]:
    """What cannot be told, by the reasons that several of them have."""
    found: dict[str, list[Comparison]] = {}
    for each in told:
        if each.verdict == "cannot_tell" and each.accepted is None and each.note:
            found.setdefault(each.note, []).append(each)
    return {why: several for why, several in found.items() if len(several) > 1}


def _folded(result: Result, groups: Groups, width: int) -> Iterator[Line]:
    """What is not told singly, on a line each, and how the pairs were made."""
    rest = {
        "unchanged": groups.unchanged,
        "within the limit": groups.within,
        "published, not gated": groups.ungated,
        "only reported": groups.report_only,
    }
    told = [
        cut(f"{len(found)} {what}: {verdicts.folded(found)}", width, "dim")
        for what, found in rest.items()
        if found
    ]
    for each in result.pairings:
        told += wrapped(f"{shorten(each.scenario, 40)}: {verdicts.made(each)}", width, "dim")
    beside = verdicts.history(result)
    if beside is not None:
        told += wrapped(shorten(beside, _TEXT_LIMIT), width, "dim")
    if told:
        yield Line("")
    yield from told


def base_columns(result: Result) -> dict[str, tuple[str, str, str]]:
    """What a base adds to the figures, by the statistic's key, where there was one.

    That is the base's median, the change of what was compared and the verdict does not tell singly, and why both
    medians contradict a change; of what is unchanged there is none to contradict.
    """
    told = {each.key for each in verdicts.group(result).told}
    return {
        each.key: (
            verdicts.median(each.base_median, each),
            "" if each.key in told or each.change == "not_compared" else verdicts.effect(each),
            "" if each.change == "ok" else verdicts.crossed(each),
        )
        for each in result.comparisons
        if each.base_median is not None
    }

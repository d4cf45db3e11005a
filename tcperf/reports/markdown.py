"""report.md: the verdict for a comment on a pull request, worst first; what did not change is folded.

Without a comparison it tells the figures.  GitHub's Markdown, and harmless as text in any other.  No text that is not
ours becomes markup, a link, a mention of somebody or a reference to an issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tcperf.columns import BASE
from tcperf.comparison import Comparison, Verdict
from tcperf.model import Result
from tcperf.reports import verdicts
from tcperf.reports.cautions import cautions, other_warnings, qualified
from tcperf.reports.fitting import Block, fit
from tcperf.reports.glossary import footnotes
from tcperf.reports.runs_told import runs_sentence
from tcperf.reports.tests_named import unmeasured
from tcperf.reports.text import clean, shorten
from tcperf.sentences import interval, place, sentence
from tcperf.subject import Subject
from tcperf.summary import HEAD, Summary, published
from tcperf.units import humanize

#: GitHub takes a comment of 65,536 characters; counted in bytes it is no longer by anybody's counting.
LIMIT: Final = 65_000
#: What is kept free for saying that not all of it fits.
_CLOSING: Final = 200
_SIGNS: Final[dict[Verdict, str]] = {
    "worse": "🔴",
    "over_budget": "🔴",
    "not_compared": "🟠",
    "cannot_tell": "🟡",
    "better": "🟢",
    "ok": "⚪",
}
_HEADS: Final = ("", "metric", "base → head", "change", "95 % interval")
_OF_PAIRS: Final = ("worse in", "p", "visible from")
_OF_BUILDS: Final = ("beside", "p", "usual")
_RULE: Final = "|---|---|--:|--:|:-:|--:|--:|--:|"
_FIGURE_HEADS: Final = ("metric", "median", "min … max", "runs", "exactness")
_FIGURE_RULE: Final = "|---|--:|:-:|--:|---|"
#: A comment that is longer is not read.
_ROWS, _TEXTS, _TEXT_LIMIT = 40, 12, 600
#: Units that are not known may be of any length.
_CELL_LIMIT: Final = 24
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: What is markup inside a line, in tables too.
_MARKUP: Final = re.compile(r"([\\`*_\[\]|~$])")
#: What GitHub makes a link of: mentions, references, addresses; an empty comment inside breaks them.
_LINKS: Final = re.compile(r"@(?=\w)|#(?=\d)|\bGH-(?=\d)|:(?=//)|www(?=\.)", re.IGNORECASE)
_BREAK: Final = "<!-- -->"
#: What makes a heading, a list or a rule of a line that begins with it.
_BEGINNING: Final = re.compile(r"^(\d{0,9})([#+\-=.)])")


def render(result: Result) -> str:
    """The whole file, at most LIMIT bytes; ends with a newline."""
    fitted = fit(_blocks(result), LIMIT - _CLOSING)
    more = f"\n*{fitted.left_away} lines more do not fit into a comment: report.html has them.*\n"
    return "\n".join(fitted.lines) + "\n" + (more if fitted.left_away else "")


def _blocks(result: Result) -> Iterator[Block]:
    groups = verdicts.group(result)
    yield from _heading(result)
    yield from _bullets("Not compared: ", verdicts.not_compared(result))
    if groups.told:
        yield _table(groups.told)
        yield from _bullets("", [sentence(each) for each in groups.told if each.verdict != "better"])
        yield from _bullets("", _crossed(groups.told))
    yield from _bullets("Warning: ", other_warnings(result))
    yield from _bullets("Not played: ", [each.reason for each in result.unsupported])
    yield from _bullets("", list(unmeasured(result)))
    yield from _figures(result)
    yield from _folded("unchanged", groups.unchanged)
    yield from _folded("within the limit", groups.within)
    yield from _folded("published, not gated", groups.ungated)
    yield from _folded("only reported", groups.report_only)
    yield _how(result)


def _heading(result: Result) -> Iterator[Block]:
    """The verdict and, where the bundled node was measured, that it was."""
    head = result.subjects.get(HEAD)
    if not verdicts.has_verdict(result):
        yield Block(("### tcperf: measured, not compared",))
    else:
        overall, headline = verdicts.overall(result), verdicts.headline(result)
        sign = _SIGNS["better" if overall == "ok" else overall]
        yield Block((f"### {sign} tcperf: {qualified(verdicts.title(result), result)}",))
        yield from _bullets("**Before you read on:** ", [each.text for each in cautions(result)])
        if headline:
            yield Block(("", escape(shorten(headline, _TEXT_LIMIT))))
    if head is not None and head.reference:
        yield Block(("", "Measured was the bundled **reference node**, not a node of yours."))


# --- tables ------------------------------------------------------------------------------------------


def _table(found: Sequence[Comparison]) -> Block:
    more = ("", f"And {len(found) - _ROWS} more.") if len(found) > _ROWS else ()
    rows = tuple(_row(_cells(each)) for each in found[:_ROWS])
    return Block(rows, before=("", _row(_heads(found)), _RULE), after=more)


def _heads(found: Sequence[Comparison]) -> tuple[str, ...]:
    """The names of the columns; those of the evidence are others beside past builds."""
    return (*_HEADS, *(_OF_BUILDS if verdicts.is_beside_builds(found) else _OF_PAIRS))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(each: Comparison) -> tuple[str, ...]:
    sign = (
        _SIGNS["cannot_tell" if verdicts.is_calmed(each) else each.verdict]
        if each.gated or each.is_over_budget
        else ""
    )
    values = f"{verdicts.median(each.base_median, each)} → {verdicts.median(each.head_median, each)}"
    return (
        f"{sign} {verdicts.label(each)}".strip(),
        code(f"{verdicts.where(each)}.{each.metric}"),
        escape(values),
        f"**{escape(verdicts.effect(each))}**" if _is_told(each) else escape(verdicts.effect(each)),
        escape(interval(each)),
        verdicts.worse_in(each),
        escape(verdicts.p_value(each)),
        escape(verdicts.visible(each)),
    )


def _is_told(each: Comparison) -> bool:
    return each.gated and each.change in {"worse", "better"}


def _figures(result: Result) -> Iterator[Block]:
    """The published figures that no comparison tells; folded where there is a verdict to be read first."""
    compared = {each.key for each in result.comparisons}
    found = [summary for summary in published(result) if summary.key not in compared]
    if not found and not verdicts.has_verdict(result):
        yield Block(("", "No published figure."))
    if not found:
        return
    more = ("", f"And {len(found) - _ROWS} more.") if len(found) > _ROWS else ()
    rows = tuple(_row(_figure(each)) for each in found[:_ROWS])
    table = Block(rows, before=("", _row(_FIGURE_HEADS), _FIGURE_RULE), after=more)
    yield _details(f"{len(found)} without a comparison", table) if verdicts.has_verdict(result) else table


def _figure(each: Summary) -> tuple[str, ...]:
    spread = f"{_human(each.minimum, each)} … {_human(each.maximum, each)}" if len(each.values) > 1 else ""
    name = f"{shorten(each.scenario, 60)}.{shorten(each.phase, 60)}.{each.metric}"
    return (
        code(name),
        f"**{escape(_human(each.median, each))}**",
        escape(spread),
        str(len(each.values)),
        each.exactness.replace("_", "-"),
    )


def _human(value: float, each: Summary) -> str:
    return shorten(humanize(value, each.unit), _CELL_LIMIT)


# --- what stands beside them -------------------------------------------------------------------------


def _bullets(lead: str, texts: Sequence[str]) -> Iterator[Block]:
    if texts:
        yield Block(tuple(_items(lead, texts)), before=("",))


def _items(lead: str, texts: Sequence[str]) -> Iterator[str]:
    for text in texts[:_TEXTS]:
        yield f"- {lead}{line(shorten(text, _TEXT_LIMIT))}"
    if len(texts) > _TEXTS:
        yield f"- and {len(texts) - _TEXTS} more"


def _folded(what: str, found: Sequence[Comparison]) -> Iterator[Block]:
    if found:
        table, notes = _table(found), [*_by_floor(found), *_crossed(found)]
        lines = (*table.lines, *table.after, *(("", *_items("", notes)) if notes else ()))
        yield _details(f"{len(found)} {what}", Block(lines, before=table.before))


def _by_floor(found: Iterable[Comparison]) -> list[str]:
    """Why what may have changed a lot is OK all the same; what is not gated has other notes, and too many of them."""
    return [
        f"{place(each)} {each.metric}: {each.note}"
        for each in found
        if each.gated and each.change == "ok" and each.note
    ]


def _crossed(found: Sequence[Comparison]) -> list[str]:
    """Where the medians in the table contradict the change beside them; of the rows that are shown."""
    told = ((each, verdicts.crossed(each)) for each in found[:_ROWS])
    return [f"{place(each)} {each.metric}: {why}" for each, why in told if why]


def _how(result: Result) -> Block:
    """The pairs, or the past builds, and the two sides."""
    told = [f"- {line(shorten(each.scenario, 40))}: {verdicts.made(each)}" for each in result.pairings]
    told += [f"- {line(counted)}" for counted in (runs_sentence(result),) if counted]
    beside = verdicts.history(result)
    told += [] if beside is None else [f"- {escape(shorten(beside, _TEXT_LIMIT))}"]
    sides = ((name, result.subjects.get(name)) for name in (BASE, HEAD))
    told += [f"- {name}: {_identity(subject)}" for name, subject in sides if subject is not None]
    told += [f"- {line(note)}" for note in footnotes(result)]
    done = "compared" if verdicts.has_verdict(result) else "measured"
    return _details(f"How it was {done}", Block(tuple(told), before=("",)))


def _identity(subject: Subject) -> str:
    command = "" if subject.command is None else f"{code(subject.command)}, by "
    if not subject.sha256:
        return f"{command}{code(subject.path)}"
    return f"{command}{code(subject.path)}, version {code(subject.version)}, sha256 {code(subject.sha256)}"


def _details(summary: str, block: Block) -> Block:
    """The block, whose frame begins with a blank line, folded."""
    return Block(
        block.lines,
        before=("", f"<details><summary>{summary}</summary>", *block.before),
        after=(*block.after, "", "</details>"),
    )


def escape(text: str) -> str:
    """A text that is nothing but text, on one line."""
    plain = "".join(_ENTITIES.get(letter, letter) for letter in clean(text))
    return _LINKS.sub(lambda found: found[0] + _BREAK, _MARKUP.sub(r"\\\1", plain))


def line(text: str) -> str:
    """The same at the beginning of a line, where a few more characters are markup."""
    return _BEGINNING.sub(r"\1\\\2", escape(text.lstrip()))


def code(text: str) -> str:
    """A name or a path as code, for tables too: what would end the code or the cell is written as something alike."""
    safe = shorten(text, 160).replace("`", "'").replace("|", "¦").strip()
    return f"`{safe}`" if safe else ""

"""comparison.md: the verdict for a pull request, short; what did not change is folded.

GitHub's Markdown, and harmless as text in any other.  No text that is not ours becomes markup, a link, a mention
of somebody or a reference to an issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tcperf.columns import BASE
from tcperf.model import Comparison, Result, Subject, Verdict
from tcperf.reports import verdicts
from tcperf.reports.text import clean, shorten
from tcperf.sentences import interval, place, sentence
from tcperf.summary import HEAD, warnings

_SIGNS: Final[dict[Verdict, str]] = {
    "worse": "🔴",
    "over_budget": "🔴",
    "not_compared": "🟠",
    "cannot_tell": "🟡",
    "better": "🟢",
    "ok": "⚪",
}
_HEADS: Final = ("", "metric", "change", "95 % interval", "worse in", "p", "base → head", "visible from")
_RULE: Final = "|---|---|--:|:-:|--:|--:|--:|--:|"
#: A comment that is longer is not read, and GitHub takes no more than 65,536 characters.
_ROWS, _TEXTS, _TEXT_LIMIT = 40, 12, 600
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: What is markup inside a line, in tables too.
_MARKUP: Final = re.compile(r"([\\`*_\[\]|~$])")
#: What GitHub makes a link of: mentions, references, addresses; an empty comment inside breaks them.
_LINKS: Final = re.compile(r"@(?=\w)|#(?=\d)|\bGH-(?=\d)|:(?=//)|www(?=\.)", re.IGNORECASE)
_BREAK: Final = "<!-- -->"


def render(result: Result) -> str:
    """The whole file; ends with a newline.  Of a result without a verdict it says so."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    overall, groups = verdicts.overall(result), verdicts.group(result)
    if not verdicts.has_verdict(result):
        yield "### tcperf: nothing was compared"
        return
    yield f"### {_SIGNS['better' if overall == 'ok' else overall]} tcperf: {verdicts.LABELS[overall]}"
    headline = verdicts.headline(result)
    if headline:
        yield from ("", escape(shorten(headline, _TEXT_LIMIT)))
    yield from _bullets("Not compared: ", (*verdicts.problems(result), *map(verdicts.missed, groups.missed)))
    if groups.told:
        yield from ("", *_table(groups.told))
        yield from _bullets("", [sentence(each) for each in groups.told if each.verdict != "better"])
    yield from _bullets("Warning: ", warnings(result))
    yield from _folded("unchanged", groups.unchanged)
    yield from _folded("within their limits", groups.within)
    yield from _folded("published, not gated", groups.ungated)
    yield from _folded("only reported", groups.report_only)
    yield from _how(result)


def _table(found: Sequence[Comparison]) -> Iterator[str]:
    yield f"| {' | '.join(_HEADS)} |"
    yield _RULE
    for each in found[:_ROWS]:
        yield f"| {' | '.join(_cells(each))} |"
    if len(found) > _ROWS:
        yield from ("", f"And {len(found) - _ROWS} more.")


def _cells(each: Comparison) -> tuple[str, ...]:
    accepted = verdicts.label(each) == verdicts.ACCEPTED
    sign = _SIGNS["cannot_tell" if accepted else each.verdict] if each.gated or each.is_over_budget else ""
    values = f"{verdicts.median(each.base_median, each)} → {verdicts.median(each.head_median, each)}"
    return (
        f"{sign} {verdicts.label(each)}".strip(),
        code(f"{verdicts.where(each)}.{each.metric}"),
        f"**{escape(verdicts.effect(each))}**" if _is_told(each) else escape(verdicts.effect(each)),
        escape(interval(each)),
        verdicts.worse_in(each),
        escape(verdicts.p_value(each)),
        escape(values),
        escape(verdicts.visible(each)),
    )


def _is_told(each: Comparison) -> bool:
    return each.gated and each.change in {"worse", "better"}


def _bullets(lead: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield ""
    for text in texts[:_TEXTS]:
        yield f"- {lead}{escape(shorten(text, _TEXT_LIMIT))}"
    if len(texts) > _TEXTS:
        yield f"- and {len(texts) - _TEXTS} more"


def _folded(what: str, found: Sequence[Comparison]) -> Iterator[str]:
    if found:
        yield from _details(f"{len(found)} {what}", (*_table(found), *_bullets("", _by_floor(found))))


def _by_floor(found: Iterable[Comparison]) -> list[str]:
    """Why what may have changed a lot is OK all the same; what is not gated has other notes, and too many of them."""
    return [
        f"{place(each)} {each.metric}: {each.note}"
        for each in found
        if each.gated and each.change == "ok" and each.note
    ]


def _how(result: Result) -> Iterator[str]:
    """The pairs and the two sides."""
    told = [f"- {escape(shorten(each.scenario, 40))}: {verdicts.made(each)}" for each in result.pairings]
    sides = ((name, result.subjects.get(name)) for name in (BASE, HEAD))
    told += [f"- {name}: {_identity(subject)}" for name, subject in sides if subject is not None]
    yield from _details("How it was compared", told)


def _identity(subject: Subject) -> str:
    return f"{code(subject.path)}, version {code(subject.version)}, sha256 {code(subject.sha256)}"


def _details(summary: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", f"<details><summary>{summary}</summary>", "", *lines, "", "</details>")


def escape(text: str) -> str:
    """A text that is nothing but text, on one line."""
    plain = "".join(_ENTITIES.get(letter, letter) for letter in clean(text))
    return _LINKS.sub(lambda found: found[0] + _BREAK, _MARKUP.sub(r"\\\1", plain))


def code(text: str) -> str:
    """A name or a path as code, for tables too: what would end the code or the cell is written as something alike."""
    safe = shorten(text, 160).replace("`", "'").replace("|", "¦").strip()
    return f"`{safe}`" if safe else ""

"""What a drill showed, as a table: one line a step, by what means each was planted, and what is wrong.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.plants.finding import Finding
from tcperf.plants.goal import Goal
from tcperf.plants.means import Means
from tcperf.reports.lines import cut, wrapped
from tcperf.sentences import change, interval, short
from tcperf.units import humanize

WIDTH: Final = 80
_COLUMNS: Final = "{:<6}{:<7}{:<27}{:<18}{}"
_HEAD: Final = _COLUMNS.format("", "plant", "must turn red", "planted", "seen")


@frozen
class Row:
    """A step of a drill: what the plant is called, what was planted by what means, and what was found."""

    name: str
    finding: Finding
    goal: Goal | None = None
    means: Means | None = None


def render(rows: Sequence[Row], title: str, width: int = WIDTH) -> str:
    """The table; ends with a newline."""
    heading = (line.text for line in wrapped(title, width))
    return "".join(f"{line}\n" for line in (*heading, *_table(rows, width), *_notes(rows, width)))


def _table(rows: Iterable[Row], width: int) -> Iterator[str]:
    yield ""
    yield cut(_HEAD, width).text
    for row in rows:
        yield cut(_line(row), width).text


def _line(row: Row) -> str:
    pairs = f"{row.finding.pairs} pairs"
    verdict = "ok" if row.finding.is_right else "WRONG"
    if row.goal is None:
        seen = f"nothing red, {pairs}" if row.finding.is_right else pairs
        return _COLUMNS.format(verdict, row.name, "nothing", "nothing", seen)
    planted = f"+{_amount(row.goal)} ({row.goal.ratio:.1%})"
    return _COLUMNS.format(
        verdict, row.name, f"{row.goal.phase} {row.goal.kind.metric}", planted, _seen(row.finding)
    )


def _amount(goal: Goal) -> str:
    return humanize(goal.amount, goal.kind.unit)


def _seen(finding: Finding) -> str:
    if finding.caught is None:
        return "not compared"
    between = interval(finding.caught)
    return f"{change(finding.caught)} ({between})" if between else change(finding.caught)


def _notes(rows: Iterable[Row], width: int) -> Iterator[str]:
    yield ""
    for row in rows:
        for text in _note(row):
            yield from (line.text for line in wrapped(text, width))


def _note(row: Row) -> Iterator[str]:
    if row.means is not None:
        yield f"{row.name}: in {row.finding.pairs} pairs, planted by {row.means.text}"
    if row.finding.also:
        also = ", ".join(f"{each.phase} {short(each)}" for each in row.finding.also)
        yield f"  red with it, as may be: {also}"
    for objection in row.finding.objections:
        yield f"  WRONG: {objection}"

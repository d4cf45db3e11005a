"""Several results as a table for a terminal: a line a metric, a column a build, and how far the last one is from others."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.reports.builds import Build, Builds, change_pct
from tcperf.reports.keyname import KeyName
from tcperf.reports.lines import cut, wrapped
from tcperf.reports.text import clean, shorten
from tcperf.sentences import signed
from tcperf.units import humanize

WIDTH: Final = 80
_NARROWEST: Final = 40
_NAME, _CELL, _VERSION, _NOTE = 28, 16, 24, 400
_GAP: Final = "  "
_LEAST: Final = 2
_UNKNOWN: Final = "–"


@frozen
class _Columns:
    """The builds that are shown, and those that the last one's change is told from."""

    shown: tuple[Build, ...]
    others: tuple[Build, ...]
    last: Build

    @property
    def named(self) -> tuple[Build, ...]:
        """Every build that a head names, in their order."""
        found = {build.number: build for build in (*self.shown, *self.others)}
        return tuple(found[number] for number in sorted(found))

    @property
    def heads(self) -> tuple[str, ...]:
        """``1``, ``2``, …, ``3 to 1``, ``3 to 2``."""
        numbers = (str(build.number) for build in self.shown)
        return ("", *numbers, *(f"{self.last.number} to {other.number}" for other in self.others))

    def cells(self, name: KeyName) -> tuple[str, ...]:
        """A metric's values and changes, by the heads."""
        values = (_value(build, name) for build in self.shown)
        changes = (_change(name, other, self.last) for other in self.others)
        return (shorten(f"  {name.metric}", _NAME), *values, *changes)


def render(found: Builds, width: int = WIDTH) -> str:
    """The table, no line longer than ``width`` (at least 40); ends with a newline.

    Where not all builds have room, the first one and the last ones are shown; where even these have none, the last ones
    alone, and then only what is new in the last one: nothing of a column is cut off.
    """
    room = max(width, _NARROWEST)
    columns, sizes = _fitting(found, room)
    lines = itertools.chain(_builds(found, columns.named, room), _table(found, columns, sizes, room))
    return "".join(f"{line}\n" for line in lines)


def _fitting(found: Builds, width: int) -> tuple[_Columns, list[int]]:
    """As many columns as there is room for, and how wide each is."""
    for count in range(len(found.builds), _LEAST, -1):
        columns = _columns(found, count)
        sizes = _sizes(columns, found.names)
        if _is_fitting(sizes, width):
            return columns, sizes
    return _narrow(found, width)


def _narrow(found: Builds, width: int) -> tuple[_Columns, list[int]]:
    """Two builds, or the last one alone where these have no room beside the changes; then fewer changes."""
    candidates = (_columns(found, _LEAST), *_with_last_alone(found))
    for columns in candidates:
        sizes = _sizes(columns, found.names)
        if _is_fitting(sizes, width):
            break
    return columns, sizes


def _with_last_alone(found: Builds) -> Iterator[_Columns]:
    """The last build with its changes, then with that from the one before alone."""
    others = _columns(found, _LEAST).others
    yield _Columns((found.last,), others, found.last)
    yield _Columns((found.last,), others[-1:], found.last)


def _is_fitting(sizes: Sequence[int], width: int) -> bool:
    return sum(sizes) + len(_GAP) * (len(sizes) - 1) <= width


def _columns(found: Builds, count: int) -> _Columns:
    """The first build and the last ones, ``count`` in all; changes from the first one and from the one before the last."""
    builds = found.builds
    shown = builds if count >= len(builds) else (builds[0], *builds[len(builds) - count + 1 :])
    others = tuple(dict.fromkeys((1, len(builds) - 1)))
    return _Columns(shown, tuple(builds[number - 1] for number in others if number > 0), found.last)


def _sizes(columns: _Columns, names: Iterable[KeyName]) -> list[int]:
    rows = [columns.heads, *map(columns.cells, names)]
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _value(build: Build, name: KeyName) -> str:
    summary = build.figures.get(name.key)
    return _UNKNOWN if summary is None else shorten(humanize(summary.median, summary.unit), _CELL)


def _change(name: KeyName, other: Build, last: Build) -> str:
    change = change_pct(name.key, other, last)
    return _UNKNOWN if change is None else shorten(f"{signed(change)} %", _CELL)


# --- lines -------------------------------------------------------------------------------------------


def _builds(found: Builds, shown: Sequence[Build], width: int) -> Iterator[str]:
    """The builds that the table names, a line each with the verdict, and what must be known of all."""
    told = [(build.verdict, shorten(build.version, _VERSION)) for build in shown]
    wide = [max(map(len, column)) for column in zip(*told, strict=True)]
    for build, texts in zip(shown, told, strict=True):
        named = _GAP.join(f"{text:<{size}}" for text, size in zip(texts, wide, strict=True) if size)
        line = f"{build.number:>3}  {named}  {clean(build.started)}  {clean(build.source)}"
        yield cut(line, width).text
    if len(shown) < len(found.builds):
        place = "after the first" if shown[0] is found.builds[0] else "before"
        yield cut(f"     and {len(found.builds) - len(shown)} more {place}", width).text
    for note in found.notes:
        yield from (line.text for line in wrapped(f"note: {shorten(note, _NOTE)}", width))


def _table(found: Builds, columns: _Columns, sizes: Sequence[int], width: int) -> Iterator[str]:
    if not found.names:
        yield ""
        yield "no published figure"
    for place, group in itertools.groupby(found.names, key=lambda name: name.where):
        yield ""
        heads = _joined(columns.heads, sizes)
        named = clean(place)
        fits = len(named) < len(heads) - len(heads.lstrip())
        yield cut(named + heads[len(named) :] if fits else named, width).text
        if not fits:
            yield cut(heads, width).text
        for name in group:
            yield cut(_joined(columns.cells(name), sizes), width).text


def _joined(cells: Sequence[str], sizes: Sequence[int]) -> str:
    first, *numbers = cells
    aligned = (f"{text:>{size}}" for text, size in zip(numbers, sizes[1:], strict=True))
    return _GAP.join((f"{first:<{sizes[0]}}", *aligned))

"""Past builds as a table for a terminal: a line a figure, with what is usual, the last value, and the last ones as a curve."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.band import usual
from tcperf.reports.figure import figure
from tcperf.reports.keyname import KeyName
from tcperf.reports.lines import cut, wrapped
from tcperf.reports.past import Past
from tcperf.reports.sparkline import BLOCKS, sparkline
from tcperf.reports.text import clean, shorten
from tcperf.sentences import signed

WIDTH: Final = 80
_NARROWEST: Final = 40
_NAME, _CURVE = 28, 40
_GAP: Final = "  "
_HEADS: Final = ("", "usual", "last", "change")


@frozen
class _Row:
    """One figure's cells, and the values of its curve, all of them."""

    name: KeyName
    cells: tuple[str, str, str, str]
    values: tuple[float, ...]


def render(past: Past, width: int = WIDTH, characters: str = BLOCKS, window: int | None = None) -> str:
    """The table, no line longer than ``width`` (at least 40); ends with a newline.

    ``characters`` are a curve's, the lowest first; usual is what the last ``window`` builds had.
    """
    room = max(width, _NARROWEST)
    lines = itertools.chain(_head(past, room), _table(past, room, characters, window))
    return "".join(f"{line}\n" for line in lines)


def _head(past: Past, width: int) -> Iterator[str]:
    told = f"{clean(past.configuration)}: {clean(past.history.told)}"
    yield from (line.text for line in wrapped(told, width))


def _table(past: Past, width: int, characters: str, window: int | None) -> Iterator[str]:
    rows = [_row(past, name, window) for name in past.names]
    if not rows:
        yield "no figure"
        return
    sizes = [
        max(len(cells[column]) for cells in (_HEADS, *(row.cells for row in rows))) for column in range(4)
    ]
    yield cut(_columns(_HEADS, sizes), width).text
    for where, group in itertools.groupby(rows, key=lambda row: row.name.where):
        if where:
            yield cut(clean(where), width).text
        for row in group:
            yield cut(_line(row, sizes, width, characters), width).text


def _row(past: Past, name: KeyName, window: int | None) -> _Row:
    """A figure of ``past.names`` was published by a build, so that there is one."""
    found = figure(past.history.builds, name, None, window)
    assert found is not None
    values = tuple(value for _place, value in found.values)
    band = usual(found.recent)
    ends = "–" if band is None else f"{found.amount(band.low)} … {found.amount(band.high)}"
    change = "–" if band is None or band.median <= 0 else f"{signed(100 * (found.last / band.median - 1))} %"
    return _Row(name, (shorten(f"  {name.metric}", _NAME), ends, found.amount(found.last), change), values)


def _columns(cells: Sequence[str], sizes: Sequence[int]) -> str:
    first, *numbers = cells
    return _GAP.join(
        (f"{first:<{sizes[0]}}", *(f"{text:>{size}}" for text, size in zip(numbers, sizes[1:], strict=True)))
    )


def _line(row: _Row, sizes: Sequence[int], width: int, characters: str) -> str:
    text = _columns(row.cells, sizes)
    room = min(width - len(text) - len(_GAP), _CURVE)
    return f"{text}{_GAP}{sparkline(row.values[-room:], row.name.unit, characters)}" if room > 0 else text

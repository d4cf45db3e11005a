"""The figures behind a comparison as plain text in columns, for places that take no markup: a test's details."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tcperf.columns import Column
from tcperf.comparison import Comparison
from tcperf.reports.text import shorten
from tcperf.sentences import signed, value

#: What is longer is not read, and one service message holds about twice as much.
_ROWS: Final = 40
#: Units that are not known may be of any length.
_CELL_LIMIT: Final = 24
_HEADS: Final = ("pair", "base", "head", "change")


def runs_text(each: Comparison, column: Column | None, past: Sequence[float] = ()) -> str:
    """The medians, and every pair's figures or, where there are no pairs, those of each side's runs; no newline ends it.

    ``column`` holds the figures, None where there are none; ``past`` are those of past builds, oldest first.
    """
    lines = [*_medians(each)]
    if column is not None and each.history_builds is None and each.paired and column.pairs:
        lines += _pairs(each, column.pairs)
    else:
        base, head = ((), ()) if column is None else (column.base, column.head)
        sides = {"past builds, oldest first": past, "runs of the base": base, "runs of the head": head}
        lines += [f"{name}: {_series(values, each)}" for name, values in sides.items() if values]
    return "\n".join(lines)


def _medians(each: Comparison) -> Iterator[str]:
    """``median of the base 410 KiB, of the head 436 KiB; limit 320 MiB``."""
    before = "the base" if each.history_builds is None else "past builds"
    sides = {before: each.base_median, "the head": each.head_median}
    known = [f"of {name} {_shown(number, each)}" for name, number in sides.items() if number is not None]
    told = [f"median {', '.join(known)}"] if known else []
    if each.limit is not None:
        told.append(f"limit {_shown(each.limit, each)}")
    if told:
        yield "; ".join(told)


def _pairs(each: Comparison, pairs: Sequence[tuple[float, float]]) -> Iterator[str]:
    rows = [_row(number, pair, each) for number, pair in enumerate(pairs[:_ROWS], start=1)]
    yield from _aligned([_HEADS, *rows])
    if len(pairs) > _ROWS:
        yield f"and {len(pairs) - _ROWS} more in the report"
    if 0 < each.pairs < len(pairs):  # another metric needed more of them
        yield f"decided after {each.pairs} pairs"


def _row(number: int, pair: tuple[float, float], each: Comparison) -> tuple[str, ...]:
    base, head = pair
    change = f"{signed(100 * (head / base - 1))} %" if base > 0 else ""
    return str(number), _shown(base, each), _shown(head, each), change


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _series(values: Sequence[float], each: Comparison) -> str:
    """The last ones: the newest builds say more."""
    more = f"({len(values) - _ROWS} earlier ones) " if len(values) > _ROWS else ""
    return more + ", ".join(_shown(number, each) for number in values[-_ROWS:])


def _shown(number: float, each: Comparison) -> str:
    return shorten(value(number, each), _CELL_LIMIT)

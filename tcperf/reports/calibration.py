"""What a calibration found, as a table for people.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tcperf.calibration import SHOWN, Calibrated, Calibration
from tcperf.reports.calibration_words import agreed, alarms, exact, floored, lanes, number, unsure, why_not
from tcperf.reports.lines import cut, wrapped
from tcperf.reports.text import shorten

WIDTH: Final = 80
_COLUMNS: Final = "{:<28}{:>8}{:>9}{:>7}{:>7}{:>7}{:>7}{:>7}"
_HEADS: Final = (
    _COLUMNS.format("in %", "a run", "", "visible", "from,", "pairs", "thres-", "pro-"),
    _COLUMNS.format("", "varies", "at most", *SHOWN, "hold", "posed"),
)
#: The width of the first column.
_NAME: Final = 28


def render(calibrations: Sequence[Calibration], width: int = WIDTH) -> str:
    """The tables of all scenarios; ends with a newline."""
    return "".join(f"{line}\n" for each in calibrations for line in _table(each, width))


def _table(found: Calibration, width: int) -> Iterator[str]:
    yield cut(f"{found.scenario}, {found.pairs} pairs with itself in {lanes(found.lanes)}", width).text
    for head in _HEADS:
        yield cut(head, width).text
    for row in found.rows:
        yield cut(_line(found, row), width).text
    for text in _notes(found):
        yield from (line.text for line in wrapped(text, width))


def _line(found: Calibration, row: Calibrated) -> str:
    shares = (row.noise, row.noise_high, *(row.visible.get(pairs) for pairs in SHOWN))
    proposed = row.worse_by if row.noise is None else row.proposed if found.is_gated(row) else None
    return _COLUMNS.format(
        shorten(f"{row.phase} {row.metric}", _NAME),
        *("–" if share is None else number(share) for share in shares),
        exact(row.worse_by),
        "none" if proposed is None else exact(proposed),
    )


def _notes(found: Calibration) -> Iterator[str]:
    for row in found.rows:
        if not found.is_gated(row):
            yield f"{row.phase} {row.metric} {why_not(found, row)}"
        elif not row.is_sure:
            yield f"{row.phase} {row.metric} {unsure(row)}"
        if found.is_gated(row) and floored(row):
            yield f"{row.phase} {row.metric} {floored(row)}"
        agreement = found.agreement(row.tail)
        if agreement is not None and (found.is_gated(row) or row.proposed is None):
            yield f"{row.phase} {row.metric} {agreed(agreement)}"
    yield alarms(found.alarms)

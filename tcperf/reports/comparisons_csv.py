"""Comparisons as rows: those at the end of results.csv, and a table of their own for ``tcperf compare``.

Percentages are of the base; ``base_median``, ``head_median``, ``floor`` and ``limit`` are in the metric's base unit.
What is not known is empty.  Nothing is rounded.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from tcperf.comparison import Comparison
from tcperf.metrics import METRICS
from tcperf.model import Result
from tcperf.reports.text import clean, plain

#: What a comparison says beyond the head's median, by the names of its attributes.
COLUMNS: Final = (
    "verdict",
    "gated",
    "paired",
    "pairs",
    "worse_pairs",
    "base_median",
    "effect_pct",
    "low_pct",
    "high_pct",
    "p",
    "noise_pct",
    "visible_pct",
    "threshold_pct",
    "floor",
    "limit",
    "note",
    "explanation",
    "accepted",
    "history_builds",
)
HEADER: Final = ("key", "scenario", "phase", "metric", "unit", "published", "head_median", *COLUMNS)
#: What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection"), full-width forms and blanks before it included.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def render(result: Result) -> str:
    """A row a comparison, in the result's order, which is worst first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_row(each) for each in result.comparisons)
    return text.getvalue()


def _row(each: Comparison) -> list[str]:
    names = each.key, each.scenario, each.phase, each.metric, unit_of(each)
    return [*map(cell, names), _text(each.published), _text(each.head_median), *cells(each)]


def cells(each: Comparison) -> Iterator[str]:
    """A comparison's cells, one for each of COLUMNS."""
    for name in COLUMNS:
        yield _text(getattr(each, name))


def unit_of(each: Comparison) -> str:
    """The symbol of the metric's unit; of a metric that is not known, the end of its key."""
    known = METRICS.get(each.metric)
    return known.unit.symbol if known else each.metric.rpartition("_")[2]


def cell(text: str) -> str:
    """A text that no spreadsheet calculates."""
    safe = clean(text)
    return f"'{safe}" if _FORMULA.match(safe) else safe


def _text(value: bool | float | str | None) -> str:  # noqa: FBT001 - a value of any kind
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value) if isinstance(value, str) else plain(value)

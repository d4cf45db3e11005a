"""results.csv: one row a run, scenario, phase, node and metric.

The column ``node`` is empty for the total over nodes and for what belongs to the phase itself.  ``run`` and
``order`` are the run's name and its place in the order of runs, from 0; ``discarded`` is ``true`` for a
warm-up run, which counts in no median.  Lines end with a line feed, as spreadsheets and Unix tools take them
(RFC 4180 has carriage returns, too); UTF-8 without a byte order mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final

from tcperf.model import Measurement, Result, Run
from tcperf.reports.text import clean, plain
from tcperf.summary import metric_order

HEADER: Final = (
    "run",
    "order",
    "subject",
    "scenario",
    "phase",
    "node",
    "metric",
    "value",
    "unit",
    "exactness",
    "source",
    "discarded",
)
#: What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection"), full-width forms included.
_FORMULA = re.compile(r"[=+\-@＝＋－＠]")


def render(result: Result) -> str:
    """The whole file: runs in their order, phases as they went, first the totals, then node by node."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(row for run in result.runs for row in _rows(run))
    return text.getvalue()


def _rows(run: Run) -> Iterator[list[str]]:
    for phase in run.phases:
        for node, measurements in (("", phase.totals), *phase.nodes.items()):
            for metric in metric_order(measurements):
                yield _row(run, phase.name, node, metric, measurements)


def _row(run: Run, phase: str, node: str, metric: str, measurements: Mapping[str, Measurement]) -> list[str]:
    measured = measurements[metric]
    discarded = "true" if run.discarded else "false"
    return [
        *(_cell(run.id), plain(run.order), _cell(run.subject), _cell(run.scenario)),
        *(_cell(phase), _cell(node), _cell(metric)),
        *(plain(measured.value), _cell(measured.unit), measured.exactness, _cell(measured.source), discarded),
    ]


def _cell(text: str) -> str:
    """A text that no spreadsheet calculates."""
    safe = clean(text)
    return f"'{safe}" if _FORMULA.match(safe) else safe

"""results.csv: one row a run, scenario, phase, node and metric, a row for each number of each flow, and comparisons.

The column ``node`` is empty for the total over nodes and for what belongs to the phase itself.  ``direction``,
``peer``, ``protocol`` and ``role`` tell the flow that a figure is of, and are empty for all others; what was
exchanged outside of every phase has an empty ``phase``.  ``run`` and
``order`` are the run's name and its place in the order of runs, from 0; ``discarded`` is ``true`` for a
warm-up run, which counts in no median.  ``pair`` is the number of a run's pair, from 0, and empty where it belongs to
none.

The last rows, whose ``subject`` is ``comparison``, tell what the gate said of each total: ``value`` is the median of
the head's runs, and the columns from ``verdict`` on, which are empty everywhere else, are those of
``comparisons_csv``.  Lines end with a line feed, as spreadsheets and Unix tools take them
(RFC 4180 has carriage returns, too); UTF-8 without a byte order mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from tcperf.comparison import Comparison
from tcperf.contributors import NUMBERS, Number
from tcperf.model import Result, Run
from tcperf.reports.comparisons_csv import COLUMNS, cells, unit_of
from tcperf.reports.comparisons_csv import cell as _cell
from tcperf.reports.text import plain
from tcperf.summary import metric_order
from tcperf.traffic import Traffic
from tcperf.units import BYTES, COUNT

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
    "direction",
    "peer",
    "protocol",
    "role",
    "pair",
    *COLUMNS,
)
#: The subject of rows that tell of both sides.
COMPARISON: Final = "comparison"
#: What a flow's numbers are called: a metric's key where there is such a metric, and like one where not.
_FLOW_METRICS: Final[dict[Number, str]] = {
    number: number if number.endswith("_bytes") else f"{number}_count" for number in NUMBERS
}


def render(result: Result) -> str:
    """The whole file: runs in their order, phases as they went, first the totals, then node by node, then the flows.

    Last the comparisons, worst first.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(row for run in result.runs for row in _rows(run))
    writer.writerows(map(_comparison, result.comparisons))
    return text.getvalue()


def _rows(run: Run) -> Iterator[list[str]]:
    phases = {phase.name for phase in run.phases}
    for phase in run.phases:
        for node, measurements in (("", phase.totals), *phase.nodes.items()):
            for metric in metric_order(measurements):
                measured = measurements[metric]
                numbers = plain(measured.value), measured.unit, measured.exactness, measured.source
                yield _row(run, (phase.name, node, metric), numbers)
        yield from _traffic(run, (row for row in run.traffic if row.phase == phase.name))
    yield from _traffic(run, (row for row in run.traffic if row.phase not in phases))


def _traffic(run: Run, rows: Iterable[Traffic]) -> Iterator[list[str]]:
    exactness = "exact" if run.capture is not None and run.capture.is_exact else "sampled"
    for row in rows:
        flow = row.direction, row.peer, row.protocol, row.role
        for number, metric in _FLOW_METRICS.items():
            unit = BYTES if number.endswith("_bytes") else COUNT
            numbers = plain(getattr(row, number)), unit.symbol, exactness, "capture"
            yield _row(run, (row.phase, row.node, metric), numbers, flow)


def _row(
    run: Run,
    place: tuple[str, str, str],
    numbers: tuple[str, str, str, str],
    flow: tuple[str, str, str, str] = ("", "", "", ""),
) -> list[str]:
    """A row of a number at its ``place`` (phase, node, metric), as value, unit, exactness and source."""
    value, *told = numbers
    discarded = "true" if run.discarded else "false"
    before = (_cell(run.id), plain(run.order), *map(_cell, (run.subject, run.scenario, *place)))
    pair = "" if run.pair is None else plain(run.pair)
    return [*before, value, *map(_cell, told), discarded, *map(_cell, flow), pair, *_NO_COMPARISON]


_NO_COMPARISON: Final = ("",) * len(COLUMNS)


def _comparison(each: Comparison) -> list[str]:
    """What was said of a total: no run's, node's or flow's."""
    names = "", "", COMPARISON, _cell(each.scenario), _cell(each.phase), "", _cell(each.metric)
    value = "" if each.head_median is None else plain(each.head_median)
    told = value, _cell(unit_of(each)), "", "comparison", "false"
    return [*names, *told, "", "", "", "", "", *cells(each)]

"""summary.csv: the wide form, one row a build, one column a published figure: for Jenkins' Plot plug-in and Google Sheets.

The first columns tell of the build.  The others are named as the statistics' keys are, whose last part is the unit, and
hold the median over the head's runs, in the base unit; empty is what was not measured.  A figure that a scenario
declares has its column even then, and even where the scenario failed, so that rows of several builds stand below each
other.  docs/reports.rst tells of every column.  Lines end with a line feed; UTF-8 without a byte order mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tcperf.keys import statistic_key
from tcperf.model import Result
from tcperf.reports.comparisons_csv import cell
from tcperf.reports.text import plain
from tcperf.reports.verdicts import has_verdict, overall
from tcperf.summary import HEAD, published

#: What a row tells of its build.
ABOUT: Final = ("started", "version", "revision", "sha256", "machine", "network", "verdict")
_REVISION: Final = "vcs.revision"


def render(results: Iterable[Result]) -> str:
    """The whole file: a row a result, in their order; columns in the order in which the results declare them."""
    told = tuple(results)
    keys = tuple(dict.fromkeys(key for result in told for key in declared(result)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*ABOUT, *map(cell, keys)])
    writer.writerows([*map(cell, _about(result)), *_figures(result, keys)] for result in told)
    return text.getvalue()


def declared(result: Result) -> Iterator[str]:
    """The keys that a result's scenarios declare, measured or not: first those that were run; phases as declared.

    Those that have no runs are in it, and so is traffic where it cannot be told.
    """
    head = result.subjects.get(HEAD)
    reference = head is not None and head.reference
    for info in (*result.scenarios, *result.left_out):
        for phase in info.phases:
            for metric in phase.metrics:
                yield statistic_key(info.name, phase.name, metric, reference=reference)


def revision(result: Result) -> str:
    """The commit that the head was built of, as Go's build information has it; "" where nobody tells."""
    head = result.subjects.get(HEAD)
    return "" if head is None or head.go is None else head.go.settings.get(_REVISION, "")


def _about(result: Result) -> Iterator[str]:
    """One text for each of ABOUT."""
    head = result.subjects.get(HEAD)
    yield result.tool.started
    yield "" if head is None else head.version
    yield revision(result)
    yield "" if head is None else head.sha256
    yield result.environment.hostname
    yield result.conditions.network
    yield overall(result) if has_verdict(result) else ""


def _figures(result: Result, keys: Sequence[str]) -> Iterator[str]:
    medians = {summary.key: summary.median for summary in published(result)}
    for key in keys:
        yield plain(medians[key]) if key in medians else ""

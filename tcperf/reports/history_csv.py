"""history.csv: past builds for spreadsheets, one row a build, one column a figure.

The first columns tell of the build; ``finished`` is UTC.  The others are named as the statistics' keys are, whose last
part is the unit, and are empty where a build did not publish the figure.  Rows are in the order of time, oldest first.
Lines end with a line feed; UTF-8 without a byte order mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from tcperf.history import PastBuild
from tcperf.reports.comparisons_csv import cell
from tcperf.reports.past import Past
from tcperf.reports.text import plain

BUILD_COLUMNS: Final = ("id", "number", "finished", "branch", "revision", "agent", "url")


def render(past: Past) -> str:
    """The whole file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*BUILD_COLUMNS, *(cell(name.key) for name in past.names)])
    writer.writerows([*_about(build), *_figures(past, build)] for build in past.history.builds)
    return text.getvalue()


def _about(build: PastBuild) -> Iterator[str]:
    yield plain(build.id)
    for told in (build.number, build.finished, build.branch, build.revision, build.agent, build.url):
        yield cell(told or "")


def _figures(past: Past, build: PastBuild) -> Iterator[str]:
    for name in past.names:
        value = build.statistics.get(name.key)
        yield "" if value is None else plain(value)

"""builds.html: several results side by side, and their trend, in one self-contained file like report.html."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.reports.builds import Build, Builds, change_pct, is_comparable, past_of
from tcperf.reports.charts import BOX
from tcperf.reports.keyname import KeyName
from tcperf.reports.summary_csv import revision
from tcperf.reports.templates import POLICY, template
from tcperf.reports.text import shorten
from tcperf.reports.trends import trends
from tcperf.sentences import signed
from tcperf.units import humanize

_TEMPLATE: Final = "builds.html.j2"
#: In every page of this kind, near its beginning.
MARK: Final = "tcperf builds"
#: More columns nobody reads, and a page must not grow with somebody's files.
MOST_COLUMNS: Final = 12
MOST_ROWS: Final = 300
_CELL_LIMIT: Final = 24


@frozen
class Head:
    """A build as the page names it."""

    number: int
    verdict: str
    version: str
    revision: str
    sha256: str
    started: str
    machine: str
    source: str


@frozen
class Cell:
    """A figure of a build, and its change from the first build that may be compared; "" where there is none."""

    value: str
    change: str


@frozen
class Row:
    """A metric over the builds that are shown."""

    metric: str
    cells: tuple[Cell, ...]


def render(found: Builds) -> str:
    """The page; of many builds the table shows the first one and the last ones.  No text of a result can become markup."""
    shown = _shown(found.builds)
    names = found.names[:MOST_ROWS]
    return template(_TEMPLATE).render(
        mark=MARK,
        count=len(found.builds),
        heads=[_head(build) for build in shown],
        notes=found.notes,
        groups=list(_groups(names, shown)),
        hidden=len(found.names) - len(names),
        found=trends(past_of(found), found.names, {}),
        policy=POLICY,
        box=BOX,
    )


def _shown(builds: Sequence[Build]) -> Sequence[Build]:
    return builds if len(builds) <= MOST_COLUMNS else (builds[0], *builds[1 - MOST_COLUMNS :])


def _head(build: Build) -> Head:
    head = build.result.subjects.get("head")
    return Head(
        number=build.number,
        verdict=build.verdict,
        version=build.version,
        revision=revision(build.result),
        sha256="" if head is None else head.sha256,
        started=build.started,
        machine=build.result.environment.hostname,
        source=build.source,
    )


def _groups(names: Sequence[KeyName], shown: Sequence[Build]) -> Iterator[tuple[str, list[Row]]]:
    """The rows by where they were measured."""
    for where, group in itertools.groupby(names, key=lambda name: name.where):
        yield where, [Row(name.metric, tuple(_cells(name.key, shown))) for name in group]


def _cells(key: str, shown: Sequence[Build]) -> Iterator[Cell]:
    first = next((build for build in shown if is_comparable(key, build, shown[-1])), shown[0])
    for build in shown:
        summary = build.figures.get(key)
        change = None if build is first else change_pct(key, first, build)
        yield Cell(
            "–" if summary is None else shorten(humanize(summary.median, summary.unit), _CELL_LIMIT),
            "" if change is None else shorten(f"{signed(change)} %", _CELL_LIMIT),
        )

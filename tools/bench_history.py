#!/usr/bin/env python3
"""How long past builds take: read from a stand-in server on this machine, told as CSV and as a table, and drawn.

  read      all builds over the REST interface, a page of 100 a request
  csv       history.csv
  table     what `tcperf history` prints
  page      history.html, new levels included where the library for them is installed
  report    report.html of a result that is seen beside them: the same charts, and all that it holds without them

The builds published what one_to_one and cold_start do.  The first round of each report is thrown away, for templates
are compiled and the library is loaded in it, and its time is told.  The exit status is 1 where one of the aims is
missed: 12 requests at most for 1000 builds, a page in less than 2 s and below a megabyte.
"""

from __future__ import annotations

import argparse
import importlib
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import frozen
from proofs.options import positive

from tcperf import changepoints
from tcperf.baselines.teamcity import read_builds
from tcperf.history import History, PastBuild
from tcperf.reports import console_history, history_csv, history_html, html
from tcperf.reports.past import WINDOW, past
from tcperf.summary import published
from tcperf.teamcity.rest import Server

SUPPORT: Final = Path(__file__).resolve().parents[1] / "tests" / "support"
SECONDS: Final = 2.0
BYTES: Final = 1_000_000
CONFIGURATION: Final = "Project_Perf"
#: A new level every so many builds.
_LEVEL: Final = 250


@frozen
class Timed:
    """What a contestant took: the first time, the median of the others (None where it is done once), and its bytes."""

    name: str
    first_s: float
    median_s: float | None
    size: int | None


def stand_in(name: str) -> Any:
    """A module that the tests share."""
    if str(SUPPORT) not in sys.path:
        sys.path.insert(0, str(SUPPORT))
    return importlib.import_module(name)


def figures(number: int, medians: Mapping[str, float]) -> dict[str, str]:
    """What build ``number`` published: each figure strays by a hundredth, and now and then goes over to a new level."""
    level = 1 + 0.15 * (number // _LEVEL)
    return {
        key: str(round(median * level * (1 + 0.01 * math.sin(number * (place + 2.4)))))
        for place, (key, median) in enumerate(medians.items())
    }


def most_requests(builds: int) -> int:
    """A page of 100 builds a request, and two to spare."""
    return math.ceil(builds / 100) + 2


def read(builds: int, medians: Mapping[str, float]) -> tuple[tuple[PastBuild, ...], float, int]:
    """The builds, how many seconds it took to read them, and how many requests."""
    module = stand_in("teamcity_server")
    made = module.past_builds(builds, lambda number: figures(number, medians))
    with module.TeamCityServer(builds=made) as server, Server(server.url, server.credentials()) as client:
        start = time.monotonic()
        found = read_builds(client, CONFIGURATION, count=builds)
        return found, time.monotonic() - start, len(server.requests)


def contestants(history: History, result: Any, series: Mapping[str, Any]) -> dict[str, Callable[[], str]]:
    """What is timed, by name; each makes a text."""
    found = past(CONFIGURATION, history)
    beside = attrs.evolve(result, history=history)
    return {
        "csv": lambda: history_csv.render(found),
        "table": lambda: console_history.render(found, window=WINDOW),
        "page": lambda: history_html.render(found, WINDOW),
        "report": lambda: html.render(beside, series),
    }


def timed(name: str, make: Callable[[], str], rounds: int) -> Timed:
    """The times of a contestant."""
    seconds, text = [], ""
    for _round in range(rounds + 1):
        start = time.monotonic()
        text = make()
        seconds.append(time.monotonic() - start)
    first, *others = seconds
    return Timed(name, first, statistics.median(others), len(text.encode("utf-8")))


def table(rows: Sequence[Timed]) -> str:
    """A line a contestant."""
    lines = [f"{'':<8} {'first s':>8} {'median s':>9} {'KiB':>7}"]
    for row in rows:
        median = "–" if row.median_s is None else f"{row.median_s:.3f}"
        size = "–" if row.size is None else f"{row.size / 1024:.0f}"
        lines.append(f"{row.name:<8} {row.first_s:>8.3f} {median:>9} {size:>7}")
    return "\n".join(lines)


def missed(rows: Sequence[Timed], requests: int, builds: int) -> Iterator[str]:
    """The aims that were missed, in words."""
    if requests > most_requests(builds):
        yield f"{requests} requests for {builds} builds, {most_requests(builds)} at most"
    for row in rows:
        if row.name in {"page", "report"} and row.median_s is not None and row.median_s >= SECONDS:
            yield f"{row.name} took {row.median_s:.2f} s, less than {SECONDS:g} is the aim"
        if row.name in {"page", "report"} and row.size is not None and row.size >= BYTES:
            yield f"{row.name} has {row.size} bytes, less than {BYTES} is the aim"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--builds", type=positive, default=1000, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=5, help="of each report (default: %(default)s)")
    options = parser.parse_args(argv)
    samples = stand_in("samples")
    result = samples.result()
    medians = {summary.key: float(summary.median) for summary in published(result)}
    builds, seconds, requests = read(options.builds, medians)
    history = History(builds, "asked", f"{len(builds)} builds of the stand-in")
    series = {run.id: samples.series(run) for run in result.runs}
    rows = [Timed("read", seconds, None, None)]
    rows += [timed(*each, options.rounds) for each in contestants(history, result, series).items()]
    levels = "with" if changepoints.is_available() else "without"
    print(f"{len(builds)} builds x {len(medians)} figures in {requests} requests, {levels} new levels")
    print(table(rows))
    problems = list(missed(rows, requests, options.builds))
    for problem in problems:
        print(f"missed: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

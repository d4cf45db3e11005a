#!/usr/bin/env python3
"""How long report.html takes, and how much memory: of many pairs of long runs, read from files as `tcperf report` does.

Results and time series are made up and written first, outside of what is measured.  Then a fresh process each round
reads them and renders the page: "read" is results.json, "render" the page with the series that are drawn, "cpu"
what of that was work (on a machine that does nothing else it is nearly the same), "peak" the resident set of that
process at its largest, interpreter and libraries included.

The exit status is 1 where one of the aims is missed: 30 pairs of 8 scenarios of 60 s with a sample every 50 ms are
rendered in less than 3 s and 200 MB, and the page of 10 pairs of 5 scenarios is below a megabyte.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import frozen
from proofs.options import positive

from tcperf import results
from tcperf.comparison import Comparison, Pairing
from tcperf.model import Result, Run, ScenarioInfo
from tcperf.timeseries import NodeSeries, Series

SUPPORT: Final = Path(__file__).resolve().parents[1] / "tests" / "support"
SECONDS: Final = 3.0
PEAK_BYTES: Final = 200_000_000
PAGE_BYTES: Final = 1_000_000
#: Those for which the size is an aim.
SMALL_PAIRS, SMALL_SCENARIOS = 10, 5
_RSS_UNIT: Final = 1024  # Linux tells ru_maxrss in KiB
#: Read and render, in a process of its own.
_CHILD: Final = """
import json, resource, sys, time
from pathlib import Path
begin = time.monotonic()
from tcperf import results, timeseries
from tcperf.reports import html
from tcperf.reports.write import Folder
folder = Folder(Path(sys.argv[1]))
result = results.load(folder.results_json)
read, used = time.monotonic(), time.process_time()
class Files(dict):
    def get(self, name, default=None):
        return timeseries.load_series(folder.series / f"{name}.json.gz")
page = html.render(result, Files())
end, used = time.monotonic(), time.process_time() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
folder.report_html.write_text(page, "utf-8")
print(json.dumps([read - begin, end - read, used, peak, len(page.encode("utf-8"))]))
"""


@frozen
class Measured:
    """One round: seconds, and bytes."""

    read_s: float
    render_s: float
    cpu_s: float
    peak_bytes: int
    page_bytes: int


def stand_in(name: str) -> Any:
    """A module that the tests share."""
    if str(SUPPORT) not in sys.path:
        sys.path.insert(0, str(SUPPORT))
    return importlib.import_module(name)


def made(pairs: int, scenarios: int) -> Result:
    """A paired result of one_to_one under several names: some metrics changed, most did not."""
    comparisons, samples = stand_in("comparisons"), stand_in("samples")
    one = comparisons.paired(pairs=pairs)
    infos, runs, told, pairings = [], [], [], []
    for number in range(scenarios):
        name = f"scenario_{number}"
        infos.append(attrs.evolve(samples.ONE_TO_ONE, name=name))
        runs += [_renamed(run, name) for run in one.runs]
        told += [_of(each, name) for each in (*one.comparisons, *_reported(one, samples.ONE_TO_ONE))]
        pairings.append(attrs.evolve(one.pairings[0], scenario=name))
    return _result(one, infos, runs, told, pairings)


def _result(
    one: Result, infos: list[ScenarioInfo], runs: list[Run], told: list[Comparison], pairings: list[Pairing]
) -> Result:
    return attrs.evolve(
        one, scenarios=tuple(infos), runs=tuple(runs), comparisons=tuple(told), pairings=tuple(pairings)
    )


def _renamed(run: Run, scenario: str) -> Run:
    name = run.id.replace(run.scenario, scenario)
    return attrs.evolve(run, id=name, scenario=scenario, series=f"series/{name}.json.gz")


def _of(each: Comparison, scenario: str) -> Comparison:
    return attrs.evolve(each, scenario=scenario, key=each.key.replace(each.scenario, scenario))


def _reported(one: Result, info: ScenarioInfo) -> Iterator[Comparison]:
    """What is only reported: every metric of the phases that publish nothing."""
    quiet = one.comparisons[-1]
    for phase in info.phases:
        for metric in () if phase.publish else next(iter(one.runs)).phases[0].totals:
            yield attrs.evolve(
                quiet, phase=phase.name, metric=metric, key=f"tcperf.{info.name}.{phase.name}.{metric}"
            )


def write(folder: Path, result: Result, seconds: int) -> None:
    """results.json and series/: a sample every 50 ms in runs of that length, alike in all runs but for their names."""
    (folder / "series").mkdir(parents=True)
    (folder / "results.json").write_text(results.dumps(result), "utf-8")
    samples = stand_in("samples")
    run = result.runs[-1]
    short = attrs.evolve(run, phases=(attrs.evolve(run.phases[-1], start_ns=0, end_ns=seconds * 10**9),))
    text = json.dumps(_document(samples.series(short)))
    packed = gzip.compress(text.encode(), 1)
    for each in result.runs:
        (folder / "series" / f"{each.id}.json.gz").write_bytes(packed)


def _document(series: Series) -> dict[str, Any]:
    """As the sampler writes it."""
    traffic = series.traffic
    rows = [
        {
            "node": f.node,
            "peer": f.peer,
            "protocol": f.protocol,
            "role": f.role,
            "t_ms": f.t_ms,
            "bytes": f.sent_bytes,
        }
        for f in (() if traffic is None else traffic.flows)
    ]
    return {
        "schema": 1,
        "run": series.run,
        "interval_ms": series.interval_ms,
        "nodes": {name: _columns(node) for name, node in series.nodes.items()},
        "traffic": {"interval_ms": series.interval_ms, "rows": rows},
    }


def _columns(node: NodeSeries) -> dict[str, Any]:
    """Those that there are."""
    return {name: column for name, column in attrs.asdict(node).items() if column is not None}


def measure(folder: Path) -> Measured:
    """One round in a fresh process."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder)],
        capture_output=True,
        check=True,
        text=True,
        env=environment,
    )
    read_s, render_s, cpu_s, peak, page = json.loads(run.stdout)
    return Measured(read_s, render_s, cpu_s, peak * _RSS_UNIT, page)


def table(rows: Sequence[Measured]) -> str:
    """A line a round."""
    lines = [f"{'read s':>8} {'render s':>9} {'cpu s':>6} {'peak MB':>8} {'page KB':>8}"]
    for row in rows:
        cells = f"{row.read_s:>8.2f} {row.render_s:>9.2f} {row.cpu_s:>6.2f} {row.peak_bytes / 1e6:>8.0f} {row.page_bytes / 1e3:>8.0f}"
        lines.append(cells)
    return "\n".join(lines)


def missed(rows: Sequence[Measured], pairs: int, scenarios: int) -> Iterator[str]:
    """The aims that were missed, in words; the best round counts, for a busy machine only makes rounds slower."""
    render_s = min(row.render_s for row in rows)
    peak, page = min(row.peak_bytes for row in rows), rows[0].page_bytes
    if render_s >= SECONDS:
        yield f"the page took {render_s:.2f} s, less than {SECONDS:g} is the aim"
    if peak >= PEAK_BYTES:
        yield f"the process took {peak / 1e6:.0f} MB, less than {PEAK_BYTES / 1e6:.0f} is the aim"
    if (
        (pairs, scenarios) <= (SMALL_PAIRS, SMALL_SCENARIOS)
        and scenarios <= SMALL_SCENARIOS
        and page >= PAGE_BYTES
    ):
        yield f"the page has {page} bytes, less than {PAGE_BYTES} is the aim"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=positive, default=30, help="(default: %(default)s)")
    parser.add_argument("--scenarios", type=positive, default=8, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=positive, default=60, help="of every run (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=3, help="(default: %(default)s)")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.monotonic()
        result = made(options.pairs, options.scenarios)
        write(folder, result, options.seconds)
        print(
            f"{options.pairs} pairs x {options.scenarios} scenarios x {options.seconds} s: {len(result.runs)} runs, "
            f"made in {time.monotonic() - begin:.1f} s"
        )
        rows = [measure(folder) for _round in range(options.rounds)]
    print(table(rows))
    problems = list(missed(rows, options.pairs, options.scenarios))
    for problem in problems:
        print(f"missed: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""``tcperf report``: all reports again, and what ``run`` does with a result at the end."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePath

from tcperf import results, timeseries
from tcperf.cli.terminal import Terminal
from tcperf.errors import OutputError, TcperfError
from tcperf.gating import Gate
from tcperf.model import Result
from tcperf.reports import console, teamcity
from tcperf.reports.write import Folder, prepare, write_reports
from tcperf.timeseries import Series


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Write the reports of a results.json again, and print what it holds."""
    terminal.choose(arguments.format)
    result = results.load(arguments.results)
    source = Folder(arguments.results.parent)
    folder = _target(arguments.results, Path(arguments.out) if arguments.out else None)
    show(result, read_series(result, source, terminal), folder, terminal)
    return 0


def _target(source: Path, out: Path | None) -> Folder:
    """Where the reports go: beside a results.json, else a folder of their own."""
    folder = Folder((out or source.parent).absolute())
    if folder.results_json.exists() and folder.results_json.samefile(source):
        return folder
    return prepare(out or source.with_name(f"{source.stem}-report"))


def read_series(result: Result, folder: Folder, terminal: Terminal) -> dict[str, Series]:
    """The time series of the runs, by the run's id; one that cannot be read is warned of and left out."""
    found = {}
    for run in result.runs:
        if run.series is None:
            continue
        try:
            found[run.id] = timeseries.load_series(folder.series / PurePath(run.series).name)
        except TcperfError as error:
            terminal.warn(f"no curves of {run.id}: {error.message}")
    return found


def show(
    result: Result,
    series: Mapping[str, Series],
    folder: Folder,
    terminal: Terminal,
    artifacts: str = teamcity.ARTIFACTS,
    gate: Gate | None = None,
) -> None:
    """Write the reports and print: statistics under TeamCity, else verdict and table.

    ``gate`` says what is a build problem; None that nothing is.  Where the reports cannot be written, what was
    measured is printed all the same, and then OutputError is raised.
    """
    problem = _written(folder, result, series)
    if terminal.teamcity:
        saved = folder.results_json.exists()
        teamcity.emit(result, terminal.messages, folder.path, artifacts, gate, saved=saved)
    else:
        print_table(result, terminal, folder.report_html if problem is None else None)
    if problem is not None:
        raise problem


def _written(folder: Folder, result: Result, series: Mapping[str, Series]) -> OutputError | None:
    """Write the reports; why they cannot be written, None where they are."""
    try:
        write_reports(folder, result, series)
    except OutputError as error:
        return error
    return None


def print_table(result: Result, terminal: Terminal, report: Path | None) -> None:
    """Verdict and table, as wide as the terminal; ``report`` is the page to name, None where there is none."""
    width = shutil.get_terminal_size().columns if terminal.stdout.isatty() else console.WIDTH
    console.show(result, terminal.stdout, min(width, console.WIDTH), report)

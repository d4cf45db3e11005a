"""``tcperf report``: all reports again, and what ``run`` does with a result at the end."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve

from tcperf import results
from tcperf.cli import junit as junits
from tcperf.cli.series import SeriesFiles
from tcperf.cli.terminal import Terminal
from tcperf.comparing import retold
from tcperf.errors import OutputError
from tcperf.gating import Gate
from tcperf.model import Result
from tcperf.reports import console, summary_csv, teamcity, write
from tcperf.reports.teamcity import PLAIN, Manner
from tcperf.reports.write import Folder
from tcperf.teamcity.escaping import neutralise
from tcperf.timeseries import Series


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Write the reports of a results.json again, and print what it holds; of several, tell them side by side."""
    terminal.choose("teamcity" if arguments.format == "teamcity" else "console")
    if len(arguments.results) > 1:
        from tcperf.cli import builds

        return builds.tell(arguments, terminal)
    return _again(arguments, terminal)


def _again(arguments: argparse.Namespace, terminal: Terminal) -> int:
    (path,) = arguments.results
    asked = junits.asked(arguments.junit, Path.cwd())
    source = results.read_bytes(path)  # once: it may be a pipe
    result = retold(results.decoded(source, path))
    folder = _target(path, Path(arguments.out) if arguments.out else None)
    tests, series = junits.place(asked, folder), read_series(result, Folder(path.parent), terminal)
    if tests is not None:
        write.check_tests(tests)
    if arguments.format != "csv":
        show(result, series, folder, terminal, junit=tests, source=source)
        return 0
    problem = _first(lambda: write.write_again(folder, result, series, source), _tests(tests, result, Gate()))
    terminal.data(neutralise(summary_csv.render([result]).rstrip("\n")))
    if problem is not None:
        raise problem
    return 0


def _target(source: Path, out: Path | None) -> Folder:
    """Where the reports go: beside a results.json, else a folder of their own.

    Raises OutputError where files of somebody else's are in the way.
    """
    folder = Folder((out or source.parent).absolute())
    if folder.results_json.exists() and folder.results_json.samefile(source):
        return write.use(folder)
    return write.prepare(out or source.with_name(f"{source.stem}-report"))


def read_series(result: Result, folder: Folder, terminal: Terminal) -> Mapping[str, Series]:
    """The time series of the runs, by the run's id; one that cannot be read is warned of when it is to be drawn."""
    return SeriesFiles(result, folder, terminal)


def show(
    result: Result,
    series: Mapping[str, Series],
    folder: Folder,
    terminal: Terminal,
    manner: Manner = PLAIN,
    gate: Gate | None = None,
    *,
    junit: Path | None = None,
    feedback: str | None = None,
    source: bytes | None = None,
    apart: str | None = None,
) -> None:
    """Write the reports and print: statistics under TeamCity, else verdict and table.

    ``manner`` is how TeamCity is told, ``gate`` says what is a build problem; None that nothing is.  ``junit`` is
    the file of test results, None where none is asked for; ``feedback`` is where the page's readers may say what
    they think. ``source`` are the bytes of the results.json that the result was read from, None where it is a new
    one; ``apart`` is a warning that stands in the reports and is not printed, for the caller says it by itself.
    Where the reports cannot be written, what was measured is printed all the same, and then OutputError is raised.
    """

    def reports() -> None:
        if source is None:
            write.write_reports(folder, result, series, feedback=feedback)
        else:
            write.write_again(folder, result, series, source)

    problem = _first(reports, _tests(junit, result, gate or Gate()))
    printed = evolve(result, warnings=tuple(each for each in result.warnings if each != apart))
    if terminal.teamcity:
        saved = folder.results_json.exists()
        teamcity.emit(printed, terminal.messages, folder.path, manner, gate, saved=saved)
    else:
        print_table(printed, terminal, folder.report_html if problem is None else None)
    if problem is not None:
        raise problem


def _first(*steps: Callable[[], None]) -> OutputError | None:
    """Take every step, even where an earlier one fails; why the first one fails that does, None where none does."""
    problems = []
    for step in steps:
        try:
            step()
        except OutputError as error:
            problems.append(error)
    return next(iter(problems), None)


def _tests(path: Path | None, result: Result, gate: Gate) -> Callable[[], None]:
    def write_them() -> None:
        if path is not None:
            write_tests(path, result, gate)

    return write_them


def write_tests(path: Path, result: Result, gate: Gate) -> None:
    """Write the verdicts as JUnit test results, and make their folder.

    Raises OutputError, too, where the file is somebody else's.
    """
    from tcperf.reports import junit

    write.write_tests(path, junit.render(result, gate))


def print_table(result: Result, terminal: Terminal, report: Path | None) -> None:
    """Verdict and table, as wide as the terminal; ``report`` is the page to name, None where there is none."""
    width = shutil.get_terminal_size().columns if terminal.stdout.isatty() else console.WIDTH
    console.show(result, terminal.stdout, min(width, console.WIDTH), report, coloured=not terminal.is_log)

"""``tcperf compare``: two results of earlier runs, one against the other."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from tcperf import results
from tcperf.cli import junit
from tcperf.cli.patterns import pattern_warnings
from tcperf.cli.report import print_table, read_series, write_tests
from tcperf.cli.terminal import Terminal
from tcperf.columns import BASE
from tcperf.comparing import compare_results
from tcperf.config import Config, load
from tcperf.errors import OutputError, TcperfError
from tcperf.gating import Gate, resolve_mode
from tcperf.joining import join
from tcperf.model import Result, Run
from tcperf.options import RunOptions
from tcperf.registry import Registry, discover
from tcperf.reports import comparisons_csv, markdown, teamcity
from tcperf.reports.teamcity import Manner
from tcperf.reports.write import Folder, check_tests, prepare, write_reports
from tcperf.teamcity.escaping import neutralise

#: Where the reports go under TeamCity, which publishes a folder.
DEFAULT_OUT: Final = "tcperf-comparison"


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Compare, write the reports where that was asked for, and print; the exit status."""
    terminal.choose("teamcity" if arguments.format == "teamcity" else "console")
    wanted, tests = _places(arguments, terminal)
    base, head = results.load(arguments.base_result), results.load(arguments.head_result)
    config = load(Path(arguments.config) if arguments.config else None, Path.cwd())
    result, gate = _judged(base, head, config, arguments.gate, terminal)
    folder, unwritten = _written(result, gate, wanted, tests, config.report.feedback, terminal)
    manner = Manner.of(RunOptions(as_tests=arguments.as_tests, tag=arguments.tag).over(config.run))
    _tell(result, arguments.format, folder, manner, gate, terminal)
    if arguments.format != "teamcity":  # which has it among its messages
        for reason in gate.missed(result):
            terminal.warn(f"not compared: {reason}")
    if unwritten is not None:
        raise unwritten
    return gate.exit_status(result)


@frozen
class _Wanted:
    """The folder for the reports, and the one of the head's result, which has the curves."""

    out: Path
    source: Folder


def _places(arguments: argparse.Namespace, terminal: Terminal) -> tuple[_Wanted | None, Path | None]:
    """Where reports and test results are to go, each None where none are wanted.

    Raises OutputError where they would take the place of somebody else's file or of what is compared: preparing a
    folder removes its curves and logs.
    """
    asked = junit.asked(arguments.junit, Path.cwd())
    out = arguments.out or (DEFAULT_OUT if terminal.teamcity else None)
    folder = None if out is None else Folder(Path(out))
    if folder is not None and folder.results_json.exists():
        for compared in (arguments.base_result, arguments.head_result):
            if compared.exists() and folder.results_json.samefile(compared):
                raise OutputError(
                    f"{compared} is what is compared, and would be removed",
                    cure="choose another folder with --out",
                )
    tests = junit.place(asked, folder)
    if tests is not None:
        check_tests(tests)
    return None if folder is None else _Wanted(folder.path, Folder(arguments.head_result.parent)), tests


def _judged(
    base: Result, head: Result, config: Config, asked: str | None, terminal: Terminal
) -> tuple[Result, Gate]:
    """Both sides in one result with its comparisons, and the gate that it stands before."""
    today = datetime.now(UTC).date()
    compared = compare_results(base, head, config.gate, config.accept, today)
    mode = resolve_mode(asked or config.run.gate, teamcity=terminal.teamcity)
    joined = join(base, head).result
    with terminal.others():
        told = pattern_warnings(config, _registry(config), joined)
    is_from_head = joined.runs is head.runs
    result = evolve(
        joined,
        runs=tuple(_distinct(run, is_from_head) for run in joined.runs),
        comparisons=compared.comparisons,
        warnings=tuple(dict.fromkeys((*joined.warnings, *compared.warnings, *told))),
    )
    return result, Gate(mode, config.gate, compared.refusal)


def _registry(config: Config) -> Registry:
    """The scenarios that rules may be of; folders of them that are not here are no matter for a comparison."""
    try:
        return discover(config.run.scenarios or ())
    except TcperfError:
        return discover(())


def _distinct(run: Run, is_from_head: bool) -> Run:  # noqa: FBT001 - said of the run
    """The run under a name of its own: a base's out of another file may have the name, and the curves, of the head's."""
    if is_from_head or run.subject != BASE:
        return run
    return evolve(run, id=f"{BASE}-{run.id}", series=None)


def _written(
    result: Result,
    gate: Gate,
    wanted: _Wanted | None,
    tests: Path | None,
    feedback: str | None,
    terminal: Terminal,
) -> tuple[Folder | None, OutputError | None]:
    """Write what was asked for; the folder of the reports, None without one, and the first thing that went wrong."""
    folder, problems = None, []
    try:
        if wanted is not None:
            folder = prepare(wanted.out)
            write_reports(folder, result, read_series(result, wanted.source, terminal), feedback=feedback)
    except OutputError as error:
        problems.append(error)
    try:
        if tests is not None:
            write_tests(tests, result, gate)
    except OutputError as error:
        problems.append(error)
    return folder, next(iter(problems), None)


def _tell(
    result: Result, form: str, folder: Folder | None, manner: Manner, gate: Gate, terminal: Terminal
) -> None:
    if form == "teamcity" and folder is not None:
        saved = folder.results_json.exists()
        teamcity.emit(result, terminal.messages, folder.path, manner, gate, saved=saved)
    elif form == "console":
        page = None if folder is None or not folder.report_html.is_file() else folder.report_html
        print_table(result, terminal, page)
    elif form in _RENDERERS:  # names in a result are anybody's text
        terminal.data(neutralise(_RENDERERS[form](result).rstrip("\n")))


def _json(result: Result) -> str:
    """A results.json without the runs: what was said of them."""
    return results.dumps(evolve(result, runs=()))


_RENDERERS: Final[dict[str, Callable[[Result], str]]] = {
    "csv": comparisons_csv.render,
    "json": _json,
    "markdown": markdown.render,
}

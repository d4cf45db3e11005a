"""``tcperf compare``: two results of earlier runs, one against the other."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import evolve

from tcperf import results
from tcperf.cli.patterns import pattern_warnings
from tcperf.cli.report import print_table, read_series
from tcperf.cli.terminal import Terminal
from tcperf.columns import BASE
from tcperf.comparing import compare_results
from tcperf.config import Config, load
from tcperf.errors import TcperfError
from tcperf.gating import Gate, resolve_mode
from tcperf.joining import join
from tcperf.model import Result, Run
from tcperf.registry import Registry, discover
from tcperf.reports import comparisons_csv, markdown, teamcity
from tcperf.reports.write import Folder, prepare, write_reports
from tcperf.teamcity.escaping import neutralise

#: Where the reports go under TeamCity, which publishes a folder.
DEFAULT_OUT: Final = "tcperf-comparison"


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Compare, write the reports where that was asked for, and print; the exit status."""
    terminal.choose("teamcity" if arguments.format == "teamcity" else "console")
    base, head = results.load(arguments.base_result), results.load(arguments.head_result)
    config = load(Path(arguments.config) if arguments.config else None, Path.cwd())
    result, gate = _judged(base, head, config, arguments.gate, terminal)
    out = arguments.out or (DEFAULT_OUT if terminal.teamcity else None)
    folder = (
        None if out is None else _write(result, Folder(arguments.head_result.parent), Path(out), terminal)
    )
    _tell(result, arguments.format, folder, gate, terminal)
    if arguments.format != "teamcity":  # which has it among its messages
        for reason in gate.missed(result):
            terminal.warn(f"not compared: {reason}")
    return gate.exit_status(result)


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


def _write(result: Result, source: Folder, out: Path, terminal: Terminal) -> Folder:
    folder = prepare(out)
    write_reports(folder, result, read_series(result, source, terminal))
    return folder


def _tell(result: Result, form: str, folder: Folder | None, gate: Gate, terminal: Terminal) -> None:
    if form == "teamcity" and folder is not None:
        teamcity.emit(result, terminal.messages, folder.path, gate=gate)
    elif form == "console":
        print_table(result, terminal, None if folder is None else folder.report_html)
    else:  # names in a result are anybody's text
        terminal.data(neutralise(_RENDERERS[form](result).rstrip("\n")))


def _json(result: Result) -> str:
    """A results.json without the runs: what was said of them."""
    return results.dumps(evolve(result, runs=()))


_RENDERERS: Final[dict[str, Callable[[Result], str]]] = {
    "csv": comparisons_csv.render,
    "json": _json,
    "markdown": markdown.render,
}

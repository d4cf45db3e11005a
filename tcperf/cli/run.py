"""``tcperf run``: the main job."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from attrs import evolve

from tcperf.cli import combinations, junit
from tcperf.cli.commands import COMMANDS
from tcperf.cli.ending import Ending
from tcperf.cli.job import Job
from tcperf.cli.judge import Judge
from tcperf.cli.node import ChosenNode, choose
from tcperf.cli.patterns import pattern_warnings
from tcperf.cli.plans import plans, warn_of_crowds
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import ConfigError, TcperfError, UsageError
from tcperf.interrupts import Interrupts
from tcperf.nearest import nearest
from tcperf.plan import Plan
from tcperf.quoting import shown
from tcperf.reports.write import check_tests, make_way, reserve
from tcperf.workdir import sweep

DEFAULT_OUT = "tcperf-report"
_RUNS, _REFERENCE_RUNS = 3, 1


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Measure, compare, write the reports, print the statistics; the exit status."""
    with terminal.others():
        selection = select(arguments, Path.cwd())
        _check_word(arguments, selection)
        terminal.choose(selection.options.format or "auto")
        combinations.check(arguments, selection)
        played = plans(selection, arguments.param, _runs(selection))
        told = pattern_warnings(selection.config, selection.registry)
    options = selection.options
    judge = Judge.of(selection.config, options.gate, options.baseline, terminal, trend=options.trend)
    for warning in told:
        terminal.warn(warning)
    node = _node(selection, selection.node, "node")
    base = None if options.base is None else _node(selection, options.base, "base")
    crowded = warn_of_crowds(played, [node, *([] if base is None else [base])], options, terminal)
    judge = evolve(judge, told=(*told, *crowded))
    return conduct(selection, played, node, base, judge, terminal, arguments.command_line)


def conduct(
    selection: Selection,
    played: list[Plan],
    node: ChosenNode,
    base: ChosenNode | None,
    judge: Judge,
    terminal: Terminal,
    command_line: tuple[str, ...],
) -> int:
    """Measure what is planned, and report it; the exit status.  Nothing of an interrupted measurement stays."""
    options = selection.options
    if isinstance(options.junit, Path):
        check_tests(options.junit)
    sweep()
    with reserve(options.out or Path.cwd() / DEFAULT_OUT) as folder, Interrupts() as interrupts:
        tests = junit.place(options.junit, folder)
        if tests is not None:
            make_way(tests)
        job = Job(selection, played, node, base, judge, folder, terminal, interrupts, command_line)
        ending = Ending(selection, judge, folder, terminal)
        try:
            outcome = job.measure()
        except TcperfError:
            ending.publish_logs()
            raise
        with interrupts.shielded():
            return ending.report(outcome)


def _check_word(arguments: argparse.Namespace, selection: Selection) -> None:
    """Raise UsageError for a first word that is neither a subcommand nor a scenario: it may be meant as either."""
    word, registry = next(iter(arguments.command_line), "run"), selection.registry
    if word in {*COMMANDS, *registry.names} or word.startswith("-") or not registry.installed:
        return
    guess = nearest(word, [*COMMANDS, *registry.names])
    raise UsageError(
        f"there is no subcommand and no scenario {shown(word)}",
        cure=f"{'' if guess is None else f'did you mean {guess}? '}see tcperf --help and tcperf list",
    )


def _runs(selection: Selection) -> int:
    return selection.options.runs or (_REFERENCE_RUNS if selection.reference else _RUNS)


def _node(selection: Selection, asked: Path | Literal["reference"], key: str) -> ChosenNode:
    try:
        return choose(asked, key)
    except UsageError as error:
        place = selection.place(key)
        if place is None:
            raise
        raise ConfigError(f"{place}: {error.message}", cure=error.cure) from error

"""``tcperf run``: the main job."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from attrs import evolve

from tcperf.cli import combinations
from tcperf.cli.job import Job
from tcperf.cli.judge import Judge
from tcperf.cli.node import ChosenNode, choose
from tcperf.cli.patterns import pattern_warnings
from tcperf.cli.plans import plans
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import ConfigError, TcperfError, UsageError
from tcperf.interrupts import Interrupts
from tcperf.reports.write import reserve
from tcperf.workdir import sweep

DEFAULT_OUT = "tcperf-report"
_RUNS, _REFERENCE_RUNS = 3, 1


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Measure, compare, write the reports, print the statistics; the exit status."""
    with terminal.others():
        selection = select(arguments, Path.cwd())
        terminal.choose(selection.options.format or "auto")
        combinations.check(arguments, selection)
        played = plans(selection, arguments.param, _runs(selection))
        told = pattern_warnings(selection.config, selection.registry)
    options = selection.options
    judge = evolve(Judge.of(selection.config, options.gate, options.baseline, terminal), told=told)
    for warning in told:
        terminal.warn(warning)
    node = _node(selection, selection.node, "node")
    base = None if options.base is None else _node(selection, options.base, "base")
    sweep()
    with reserve(options.out or Path.cwd() / DEFAULT_OUT) as folder, Interrupts() as interrupts:
        job = Job(selection, played, node, base, judge, folder, terminal, interrupts, arguments.command_line)
        try:
            outcome = job.measure()
        except TcperfError:
            job.publish_logs()
            raise
        with interrupts.shielded():
            return job.report(outcome)


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

"""``tcperf run``: the main job."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from tcperf import params
from tcperf.cli import combinations
from tcperf.cli.job import Job
from tcperf.cli.judge import Judge
from tcperf.cli.node import ChosenNode, choose
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import ConfigError, TcperfError, UsageError
from tcperf.interrupts import Interrupts
from tcperf.reports.write import reserve
from tcperf.runner import Plan
from tcperf.workdir import sweep

DEFAULT_SCENARIO = "one_to_one"
DEFAULT_OUT = "tcperf-report"
_RUNS, _REFERENCE_RUNS = 3, 1


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Measure, compare, write the reports, print the statistics; the exit status."""
    with terminal.others():
        selection = select(arguments, Path.cwd())
        terminal.choose(selection.options.format or "auto")
        combinations.check(arguments, selection)
        plans = _plans(selection, arguments.param)
    options = selection.options
    judge = Judge.of(selection.config, options.gate, options.baseline, terminal)
    node = _node(selection, selection.node, "node")
    base = None if options.base is None else _node(selection, options.base, "base")
    sweep()
    with reserve(options.out or Path.cwd() / DEFAULT_OUT) as folder, Interrupts() as interrupts:
        job = Job(selection, plans, node, base, judge, folder, terminal, interrupts, arguments.command_line)
        try:
            outcome = job.measure()
        except TcperfError:
            job.publish_logs()
            raise
        with interrupts.shielded():
            return job.report(outcome)


def _plans(selection: Selection, assignments: list[str]) -> list[Plan]:
    names = dict.fromkeys(selection.options.names or (DEFAULT_SCENARIO,))
    for name in names:
        if name not in selection.registry.names:
            raise selection.registry.unknown(name, selection.place("names"))
    scenarios = [selection.registry.get(name) for name in names]
    params.check_tables(selection.config.params, selection.registry)
    values = params.resolve(
        scenarios,
        selection.config.params,
        params.parse_assignments(assignments),
        reference=selection.reference,
    )
    runs = selection.options.runs or (_REFERENCE_RUNS if selection.reference else _RUNS)
    return [Plan(scenario, values[scenario.name], runs) for scenario in scenarios]


def _node(selection: Selection, asked: Path | Literal["reference"], key: str) -> ChosenNode:
    try:
        return choose(asked)
    except UsageError as error:
        place = selection.place(key)
        if place is None:
            raise
        raise ConfigError(f"{place}: {error.message}", cure=error.cure) from error

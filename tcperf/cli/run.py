"""``tcperf run``: the main job."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from attrs import frozen

from tcperf import params
from tcperf.cli.node import ChosenNode, choose
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import MachineError, NotComparedError, NothingMeasuredError, TcperfError
from tcperf.estimate import Remaining, first_guesses
from tcperf.interrupts import Interrupts
from tcperf.model import Conditions
from tcperf.network.run_network import Mode, RunNetwork
from tcperf.progress import LiveProgress, PlainProgress, Progress, State, TeamCityProgress
from tcperf.reports.write import Folder, prepare
from tcperf.runner import Folders, Plan, Runner
from tcperf.session import Outcome, Session
from tcperf.workdir import sweep

DEFAULT_SCENARIO = "one_to_one"
DEFAULT_OUT = "tcperf-report"
_RUNS, _REFERENCE_RUNS = 3, 1


@frozen
class _Ground:
    """The network all runs take place on, and what must be said of it."""

    mode: Mode
    conditions: Conditions
    warnings: tuple[str, ...]


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Measure, write the reports, print the statistics; the exit status."""
    selection = select(arguments, Path.cwd())
    terminal.choose(selection.options.format or "auto")
    _refuse_comparison(selection)
    plans = _plans(selection, arguments.param)
    node = choose(selection.node)
    sweep()
    folder = prepare(selection.options.out or Path.cwd() / DEFAULT_OUT)
    with Interrupts() as interrupts:
        try:
            outcome = _measure(selection, plans, node, folder, terminal, interrupts)
        except TcperfError:
            _publish_logs(folder, terminal)
            raise
        with interrupts.shielded():
            _report(outcome, folder, terminal)
    return NothingMeasuredError.exit_status if outcome.failures else 0


def _refuse_comparison(selection: Selection) -> None:
    """Never green by omission: what was asked for and cannot be done is an error."""
    asked = {
        "base": selection.options.base,
        "baseline": selection.options.baseline,
        "gate.require_comparison": selection.config.gate.require_comparison or None,
    }
    for key, value in asked.items():
        if value is not None:
            raise NotComparedError(
                f"{key} asks for a comparison, and this version of tcperf measures without comparing",
                cure=f"remove {key} from tcperf.toml",
            )


def _plans(selection: Selection, assignments: list[str]) -> list[Plan]:
    names = dict.fromkeys(selection.options.names or (DEFAULT_SCENARIO,))
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


def _measure(
    selection: Selection,
    plans: list[Plan],
    node: ChosenNode,
    folder: Folder,
    terminal: Terminal,
    interrupts: Interrupts,
) -> Outcome:
    ground = _ground(selection.options.network)
    _introduce(node, ground, terminal)
    guesses = first_guesses(plans, node.message_s)
    with _progress(
        terminal, Remaining(guesses, {plan.scenario.name: plan.runs for plan in plans})
    ) as progress:
        runner = Runner(ground.mode, node.factory, Folders(folder.series, folder.logs), progress, interrupts)
        session = Session(
            node.subject,
            ground.conditions,
            tuple(sys.argv),
            lambda plan: runner.play(plan, guesses[plan.scenario.name]),
            ground.warnings,
        )
        return session.run(plans)


def _ground(asked: str | None) -> _Ground:
    """The network that was asked for; without a wish the private one, where this machine allows it."""
    if asked == "host":
        return _host("no traffic was measured: the nodes shared this machine's network (--network host)")
    try:
        with RunNetwork("private") as network:
            network.add_host("trial")
            return _Ground("private", network.conditions, ())
    except MachineError as error:
        if asked == "private":
            raise
        return _host(f"no traffic was measured, for there can be no private network here: {error}")


def _host(warning: str) -> _Ground:
    with RunNetwork("host") as network:
        return _Ground("host", network.conditions, (warning,))


def _introduce(node: ChosenNode, ground: _Ground, terminal: Terminal) -> None:
    subject = node.subject
    if subject.reference:
        terminal.say("measuring the bundled REFERENCE NODE, not a node of yours: give one with --node PATH")
    else:
        terminal.say(f"measuring {subject.path}, version {subject.version}, sha256 {subject.sha256[:12]}")
    for warning in ground.warnings:
        terminal.warn(warning)


def _progress(terminal: Terminal, remaining: Remaining) -> Progress:
    if terminal.teamcity:
        return TeamCityProgress(terminal.messages.progressMessage, terminal.say)
    if terminal.live:
        return LiveProgress(terminal.stderr, State(remaining))
    return PlainProgress(terminal.say)


def _report(outcome: Outcome, folder: Folder, terminal: Terminal) -> None:
    """Reports and statistics of what was measured, then what failed."""
    from tcperf.cli.report import read_series, show

    if outcome.result is not None:
        show(outcome.result, read_series(outcome.result, folder, terminal), folder, terminal)
    else:
        _publish_logs(folder, terminal)
    for failure in outcome.failures:
        terminal.fail(failure.error, identity=f"tcperf_{failure.scenario}_failed")
    if outcome.failures:
        terminal.say(f"the nodes' logs are in {folder.logs}")


def _publish_logs(folder: Folder, terminal: Terminal) -> None:
    """Even where nothing was measured, TeamCity gets the logs."""
    if terminal.teamcity:
        from tcperf.reports import teamcity

        teamcity.publish(terminal.messages, folder.path, results=False)

"""``tcperf run``: the main job."""

from __future__ import annotations

import argparse
from pathlib import Path

from attrs import evolve, frozen

from tcperf import params
from tcperf.cli.node import ChosenNode, choose
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import ConfigError, NotComparedError, NothingMeasuredError, TcperfError, UsageError
from tcperf.estimate import Remaining, first_guesses
from tcperf.interrupts import Interrupts
from tcperf.linkspec import spell
from tcperf.network.ground import Ground, choose_ground
from tcperf.probes.run_traffic import Keep
from tcperf.progress import LiveProgress, PlainProgress, Progress, State, TeamCityProgress
from tcperf.reports.write import Folder, reserve
from tcperf.runner import Folders, Plan, Played, Runner
from tcperf.session import Outcome, Session
from tcperf.workdir import sweep

DEFAULT_SCENARIO = "one_to_one"
DEFAULT_OUT = "tcperf-report"
_RUNS, _REFERENCE_RUNS = 3, 1


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Measure, write the reports, print the statistics; the exit status."""
    with terminal.others():
        selection = select(arguments, Path.cwd())
        terminal.choose(selection.options.format or "auto")
        _refuse_judgement(selection)
        plans = _plans(selection, arguments.param)
    node = _node(selection)
    sweep()
    with reserve(selection.options.out or Path.cwd() / DEFAULT_OUT) as folder, Interrupts() as interrupts:
        job = _Job(selection, plans, node, folder, terminal, interrupts, arguments.command_line)
        try:
            outcome = job.measure()
        except TcperfError:
            job.publish_logs()
            raise
        with interrupts.shielded():
            job.report(outcome)
    return NothingMeasuredError.exit_status if outcome.failures else 0


def _refuse_judgement(selection: Selection) -> None:
    """Never green by omission: a comparison or a limit that was asked for, and cannot be had, is an error."""
    options, gate = selection.options, selection.config.gate
    asked = {
        "run.base": options.base,
        "run.baseline": options.baseline,
        "run.pairs": options.pairs,
        "run.budget": options.budget,
        "run.lanes": options.lanes,
        "run.gate": None if options.gate == "off" else options.gate,
        "gate.require_comparison": gate.require_comparison or None,
        "gate.rule": gate.rules or None,
        "accept": selection.config.accept or None,
    }
    for key, value in asked.items():
        if value is not None:
            file = selection.config.file
            place = f"{file.place(tuple(key.split('.')))}: " if file is not None else ""
            raise NotComparedError(
                f"{place}{key} asks for a comparison or a limit, and this version of tcperf measures without judging",
                cure=f"remove {key} from tcperf.toml",
            )


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


def _node(selection: Selection) -> ChosenNode:
    try:
        return choose(selection.node)
    except UsageError as error:
        place = selection.place("node")
        if place is None:
            raise
        raise ConfigError(f"{place}: {error.message}", cure=error.cure) from error


@frozen
class _Job:
    """All that one invocation of ``run`` works with, from the first node to the last report."""

    selection: Selection
    plans: list[Plan]
    node: ChosenNode
    folder: Folder
    terminal: Terminal
    interrupts: Interrupts
    command_line: tuple[str, ...]

    def measure(self) -> Outcome:
        """Play all plans."""
        ground = choose_ground(self.selection.options.network, self.selection.options.net)
        self._introduce(ground)
        guesses = first_guesses(self.plans, self.node.message_s)
        runs = {plan.scenario.name: plan.runs for plan in self.plans}
        with self._progress(Remaining(guesses, runs)) as progress:
            runner = Runner(
                ground.mode,
                self.node.factory,
                Folders(self.folder.series, self.folder.logs),
                progress,
                self.interrupts,
                link=ground.conditions.link,
                keep=self._keep,
            )
            session = Session(
                self.node.subject,
                ground.conditions,
                self.command_line,
                lambda plan: self._play(runner, plan, guesses[plan.scenario.name]),
                ground.warnings,
            )
            return session.run(self.plans)

    @property
    def _keep(self) -> Keep:
        asked = self.selection.options.pcap
        return Keep() if asked is None else Keep(self.folder.captures, full=asked == "full")

    def _play(self, runner: Runner, plan: Plan, run_s: float | None) -> Played:
        estimate_s = None if run_s is None else run_s * plan.runs
        kinds = self.selection.options.profile
        with self.terminal.others():
            played = runner.play(plan, estimate_s)
            if kinds is None:
                return played
            self.terminal.say(f"{plan.scenario.name}: one more run, for profiles")
            return evolve(played, warnings=runner.profile(plan, played, kinds, self.folder.profiles))

    def _introduce(self, ground: Ground) -> None:
        subject, terminal = self.node.subject, self.terminal
        if subject.reference:
            terminal.say(
                "measuring the bundled REFERENCE NODE, not a node of yours: give one with --node PATH"
            )
        else:
            terminal.say(f"measuring {subject.path}, version {subject.version}, sha256 {subject.sha256[:12]}")
        if ground.conditions.link is not None:
            terminal.say(f"every link: {spell(ground.conditions.link)}, by {ground.conditions.emulation}")
        for warning in ground.warnings:
            terminal.warn(warning)

    def _progress(self, remaining: Remaining) -> Progress:
        terminal = self.terminal
        if terminal.teamcity:
            return TeamCityProgress(terminal.messages.progressMessage, terminal.say)
        if terminal.live:
            return LiveProgress(terminal.stderr, State(remaining))
        return PlainProgress(terminal.say)

    def report(self, outcome: Outcome) -> None:
        """Reports and statistics of what was measured, then what failed."""
        from tcperf.cli.report import read_series, show

        if outcome.result is not None:
            series = read_series(outcome.result, self.folder, self.terminal)
            show(outcome.result, series, self.folder, self.terminal, self._artifacts)
        else:
            self.publish_logs()
        for failure in outcome.failures:
            self.terminal.fail(failure.error, identity=f"tcperf_{failure.scenario}_failed")
        if outcome.failures:
            self.terminal.say(f"the nodes' logs are in {self.folder.logs}")

    def publish_logs(self) -> None:
        """Even where nothing was measured, TeamCity gets the logs."""
        if self.terminal.teamcity:
            from tcperf.reports import teamcity

            teamcity.publish(self.terminal.messages, self.folder.path, self._artifacts, results=False)

    @property
    def _artifacts(self) -> str:
        return self.selection.config.teamcity.artifacts

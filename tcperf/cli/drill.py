"""``tcperf drill``: plants regressions and shows that the gate sees them, and nothing else."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import field, frozen

from tcperf.cli.node import ChosenNode, choose
from tcperf.cli.plans import plans, warn_of_crowds
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.crew import Crew
from tcperf.drilling import MOST_PAIRS, Drill, Drilled, Step
from tcperf.errors import NotComparedError, UsageError
from tcperf.events import Observer
from tcperf.interrupts import Interrupts
from tcperf.link import Link
from tcperf.network.ground import Ground, choose_ground
from tcperf.nodes.factory import Starter
from tcperf.nodes.interface import DriverFactory
from tcperf.plan import Plan
from tcperf.planting import Sides, open_crew
from tcperf.plants.wish import parse_wish
from tcperf.progress import PlainProgress
from tcperf.reasons import few_pairs
from tcperf.reports.drill import Row, render
from tcperf.reports.write import Folder, prepare, reserve, write_reports
from tcperf.runner import Folders, Runner
from tcperf.workdir import sweep

DEFAULT_OUT: Final = "tcperf-drill"
#: A plant that was not caught, or something red that must not be.
WRONG: Final = 1


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Play the drill and print its table; the exit status."""
    wishes = [parse_wish(text) for text in arguments.plant]
    twice = [wish.kind.name for wish in wishes if [each.kind for each in wishes].count(wish.kind) > 1]
    if twice:
        raise UsageError(f"{twice[0]} is planted twice", cure="keep one of the two --plant")
    with terminal.others():
        selection = select(arguments, Path.cwd())
        plan = _plan(selection, arguments.param)
    most = _most(arguments.pairs)
    node = choose(selection.node)
    warn_of_crowds([plan], [node], selection.options, terminal)
    sweep()
    out = Path(arguments.out) if arguments.out else Path.cwd() / DEFAULT_OUT
    with reserve(out) as folder, Interrupts() as interrupts:
        ground = choose_ground(selection.options.network, selection.options.net)
        job = _Job(folder, ground, terminal, interrupts)
        drill = Drill(
            _drilled(selection, node, plan, ground, arguments.command_line),
            job.open_crew,
            job.observe,
            terminal.warn,
            most=most,
        )
        with terminal.others():
            steps = [job.keep(step) for step in drill.steps(wishes)]
    return _told(steps, drill.drilled, terminal)


def _most(asked: int | None) -> int:
    """At most so many pairs a step.  Raises UsageError for so few that nothing could turn red in them."""
    most = asked or MOST_PAIRS
    too_few = few_pairs(most)
    if too_few is not None:
        raise UsageError(
            f"a drill of {most} shows nothing: {too_few}", cure=f"leave --pairs away: {MOST_PAIRS} are usual"
        )
    return most


def _plan(selection: Selection, assignments: list[str]) -> Plan:
    if len(selection.options.names or ()) > 1:
        raise UsageError("a drill is of one scenario", cure="name one of them")
    (plan,) = plans(selection, assignments)
    return plan


def _drilled(
    selection: Selection, node: ChosenNode, plan: Plan, ground: Ground, command_line: tuple[str, ...]
) -> Drilled:
    assert isinstance(node.factory, Starter)
    return Drilled(
        subject=node.subject,
        factory=node.factory,
        plan=plan,
        policy=selection.config.gate,
        conditions=ground.conditions,
        command=command_line,
        today=datetime.now(UTC).date(),
    )


@frozen
class _Job:
    """What all steps of one invocation work with."""

    folder: Folder
    ground: Ground
    terminal: Terminal
    interrupts: Interrupts
    folders: dict[str, Folder] = field(factory=dict)

    def observe(self, name: str) -> Observer:
        """Whoever is told of a step's progress; its folder is made."""
        self.folders[name] = prepare(self.folder.path / name)
        self.terminal.say(f"planting {name}" if name != "none" else "first without a plant")
        return PlainProgress(self.terminal.say)

    def open_crew(self, name: str, sides: Sides, link: Link | None, observer: Observer) -> Crew:
        """The crew of a step."""
        folder = self.folders[name]

        def runner(head: DriverFactory, base: DriverFactory, link: Link | None) -> Runner:
            return Runner(
                self.ground.mode,
                head,
                Folders(folder.series, folder.logs),
                observer,
                self.interrupts,
                base=base,
                link=link,
            )

        return open_crew(sides, link, runner)

    def keep(self, step: Step) -> Step:
        """Write a step's reports."""
        with self.interrupts.shielded():
            write_reports(self.folders[step.name], step.result, {})
        return step


def _told(steps: list[Step], drilled: Drilled, terminal: Terminal) -> int:
    rows = [Row(step.name, step.finding, step.goal, step.means) for step in steps]
    wrong = [row for row in rows if not row.finding.is_right]
    node = "the reference node" if drilled.subject.reference else drilled.subject.path
    outcome = f"{len(wrong)} of {len(rows)} steps WRONG" if wrong else "the gate sees what it has to"
    terminal.data(render(rows, f"drill of {drilled.plan.scenario.name}, {node}: {outcome}").rstrip("\n"))
    for row in wrong:
        for objection in row.finding.objections:
            terminal.warn(f"{row.name}: {objection}")
    if any(pairing.problem is not None for step in steps for pairing in step.result.pairings):
        return NotComparedError.exit_status
    return WRONG if wrong else 0

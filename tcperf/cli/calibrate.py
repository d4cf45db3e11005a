"""``tcperf calibrate``: plays a node beside itself, and says which thresholds its noise bears."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from attrs import frozen

from tcperf.calibration import LEAST_PAIRS, Calibration, calibrate
from tcperf.cli.itself import BesideItself, shown_on
from tcperf.cli.node import choose
from tcperf.cli.pairs import Asked
from tcperf.cli.plans import plans, warn_of_crowds
from tcperf.cli.report import read_series
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import NotComparedError, NothingMeasuredError, UsageError
from tcperf.interrupts import Interrupts
from tcperf.model import Result
from tcperf.network.ground import choose_ground
from tcperf.plan import Plan
from tcperf.reports.calibration import render
from tcperf.reports.calibration_fragment import fragment
from tcperf.reports.write import Folder, prepare, reserve, write_reports
from tcperf.session import Outcome
from tcperf.workdir import sweep

DEFAULT_OUT: Final = "tcperf-calibration"
DEFAULT_PAIRS: Final = 20
#: Under the folder of the reports: the same, played in one lane.
ONE_LANE: Final = "one-lane"


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Play the pairs, tell what they say, and print the fragment of tcperf.toml; the exit status."""
    pairs = _pairs(arguments)
    with terminal.others():
        selection = select(arguments, Path.cwd())
        planned = plans(selection, arguments.param)
    node = choose(selection.node)
    warn_of_crowds(planned, [node], selection.options, terminal)
    sweep()
    with reserve(Path(arguments.out or DEFAULT_OUT)) as folder, Interrupts() as interrupts:
        itself = BesideItself(
            node=node,
            ground=choose_ground(selection.options.network, selection.options.net),
            policy=selection.config.gate,
            terminal=terminal,
            interrupts=interrupts,
            show=shown_on(terminal),
            command=arguments.command_line,
            scenarios=selection.options.scenarios or (),
        )
        terminal.say(f"measuring {node.subject.path} beside itself, {pairs} pairs")
        calibration = _Calibration(itself, pairs, folder, selection, terminal)
        played = calibration.play(planned)
        with interrupts.shielded():
            return calibration.tell(played)


def _pairs(arguments: argparse.Namespace) -> int:
    pairs: int = arguments.pairs or DEFAULT_PAIRS
    if pairs < LEAST_PAIRS:
        raise UsageError(
            f"{pairs} pairs say too little of noise: {LEAST_PAIRS} are the least",
            cure=f"--pairs {DEFAULT_PAIRS}",
        )
    return pairs


@frozen
class _Pieces:
    """What was played: as it was asked for, and what had several lanes in one lane, too."""

    asked: Outcome
    one_lane: Outcome | None

    @property
    def all(self) -> tuple[Outcome, ...]:
        return (self.asked,) if self.one_lane is None else (self.asked, self.one_lane)


@frozen
class _Calibration:
    """One invocation."""

    itself: BesideItself
    pairs: int
    folder: Folder
    selection: Selection
    terminal: Terminal

    def play(self, planned: Sequence[Plan]) -> _Pieces:
        asked = self._play(planned, self.selection.options.lanes or 1, self.folder)
        again = [plan for plan in planned if plan.scenario.name in _in_several_lanes(asked)]
        if not again:
            return _Pieces(asked, None)
        self.terminal.say("the same in one lane, to see whether lanes disturb each other")
        return _Pieces(asked, self._play(again, 1, prepare(self.folder.path / ONE_LANE)))

    def _play(self, planned: Sequence[Plan], lanes: int | Literal["auto"], folder: Folder) -> Outcome:
        """All pairs, never ended early, and their reports."""
        outcome = self.itself.play(planned, Asked(most=self.pairs, lanes=lanes, looks=()), folder)
        if outcome.result is not None:
            with self.itself.interrupts.shielded():
                write_reports(folder, outcome.result, read_series(outcome.result, folder, self.terminal))
        return outcome

    def tell(self, pieces: _Pieces) -> int:
        """The table to those who watch, the fragment to whoever reads data, and what failed."""
        for outcome in pieces.all:
            for failure in outcome.in_the_way:
                self.terminal.fail(failure.error)
        result = pieces.asked.result
        one_lane = None if pieces.one_lane is None else pieces.one_lane.result
        found = [] if result is None else self._found(result, one_lane)
        if result is not None and found:
            self.terminal.say(f"what a run varies by, and what that bears\n{render(found).rstrip()}")
            file = self.selection.config.file
            has_run = file is not None and "run" in file.values
            self.terminal.data(fragment(found, result, has_run=has_run).rstrip("\n"))
        return self._status(pieces)

    def _found(self, result: Result, one_lane: Result | None) -> list[Calibration]:
        """Of what has all its pairs; what has not in one lane is known in several alone."""
        policy = self.selection.config.gate
        known = _sound(one_lane)
        return [
            calibrate(result, name, policy, one_lane if name in known else None) for name in _sound(result)
        ]

    def _status(self, pieces: _Pieces) -> int:
        results = [outcome.result for outcome in pieces.all if outcome.result is not None]
        problems = [
            f"{pairing.scenario}: {pairing.problem}"
            for result in results
            for pairing in result.pairings
            if pairing.problem is not None
        ]
        for problem in problems:
            self.terminal.warn(f"not calibrated: {problem}")
        if any(outcome.in_the_way for outcome in pieces.all):
            return NothingMeasuredError.exit_status
        return NotComparedError.exit_status if problems else 0


def _sound(result: Result | None) -> list[str]:
    """The scenarios whose pairs are complete."""
    pairings = () if result is None else result.pairings
    return [pairing.scenario for pairing in pairings if pairing.problem is None]


def _in_several_lanes(outcome: Outcome) -> set[str]:
    pairings = () if outcome.result is None else outcome.result.pairings
    return {pairing.scenario for pairing in pairings if pairing.lanes > 1 and pairing.problem is None}

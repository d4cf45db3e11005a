"""A node played in pairs with itself: whatever differs then is noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs
from attrs import frozen

from tcperf import comparing, results
from tcperf.cli.node import ChosenNode
from tcperf.cli.pairs import Asked, PairedRuns, Surface
from tcperf.cli.terminal import Terminal
from tcperf.estimate import Remaining, first_guesses
from tcperf.interrupts import Interrupts
from tcperf.lanes.setup import Setup
from tcperf.model import Result
from tcperf.network.ground import Ground
from tcperf.plan import Plan, Played
from tcperf.progress import LiveProgress, PlainProgress, Progress, State, TeamCityProgress
from tcperf.reports.write import Folder, write_atomically
from tcperf.rules import GatePolicy
from tcperf.runner import Folders
from tcperf.session import Outcome, Session, SoFar


@frozen(kw_only=True)
class BesideItself:
    """What all pairs of one invocation are played with.

    ``show`` gives whoever is told of their progress; ``scenarios`` are the folders in which scenarios were found.
    """

    node: ChosenNode
    ground: Ground
    policy: GatePolicy
    terminal: Terminal
    interrupts: Interrupts
    show: Callable[[State], Progress]
    command: tuple[str, ...] = ()
    scenarios: tuple[Path, ...] = ()

    def play(self, plans: Sequence[Plan], asked: Asked, folder: Folder) -> Outcome:
        """Pairs of each plan, as ``run --base`` makes them; what was measured is compared."""
        guesses = first_guesses(plans, self.node.pace)
        state = State(Remaining(guesses, dict.fromkeys(guesses, 2 * asked.most + 2)))
        with self.show(state) as progress:
            pairs = PairedRuns(
                self._setup(folder),
                self.ground.conditions,
                asked,
                self.policy,
                guesses,
                Surface(observer=progress, say=self.terminal.say, save=lambda found: _save(folder, found)),
                self.interrupts,
            )
            return self._compared(self._session(pairs).run(plans))

    def _setup(self, folder: Folder) -> Setup:
        return Setup(
            self.ground.mode,
            self.node.factory,
            Folders(folder.series, folder.logs),
            base=self.node.factory,
            link=self.ground.conditions.link,
            scenarios=self.scenarios,
        )

    def _session(self, pairs: PairedRuns) -> Session:
        def play(plan: Plan, so_far: SoFar) -> Played:
            with self.terminal.others():
                return pairs.play(plan, so_far)

        subjects = {"head": self.node.subject, "base": self.node.subject}
        return Session(subjects, self.ground.conditions, self.command, play, self.ground.warnings)

    def _compared(self, outcome: Outcome) -> Outcome:
        if outcome.result is None:
            return outcome
        found = comparing.compare_pairs(outcome.result, self.policy, (), datetime.now(UTC).date())
        return attrs.evolve(outcome, result=attrs.evolve(outcome.result, comparisons=found))


def shown_on(terminal: Terminal) -> Callable[[State], Progress]:
    """How progress is shown there: a live line, a log, or TeamCity's messages."""

    def show(state: State) -> Progress:
        if terminal.teamcity:
            return TeamCityProgress(terminal.messages.progressMessage, terminal.say)
        return LiveProgress(terminal.stderr, state) if terminal.live else PlainProgress(terminal.say)

    return show


def _save(folder: Folder, result: Result) -> None:
    write_atomically(folder.results_json, results.dumps(result))

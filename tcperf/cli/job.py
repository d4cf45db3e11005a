"""What one invocation of ``run`` measures, and what is said meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from attrs import evolve, frozen

from tcperf import reasons
from tcperf.cli.judge import Judge
from tcperf.cli.node import ChosenNode
from tcperf.cli.pairs import BUDGET_S, PAIRS, Asked, PairedRuns, Surface
from tcperf.cli.plans import most_lanes
from tcperf.cli.saving import SoFarFile
from tcperf.cli.selection import Selection
from tcperf.cli.terminal import Terminal
from tcperf.estimate import Remaining, first_guesses
from tcperf.events import Observer
from tcperf.family import possible
from tcperf.interrupts import Interrupts
from tcperf.lanes.setup import Setup
from tcperf.linkspec import spell
from tcperf.network.ground import Ground, choose_ground
from tcperf.options import RunOptions
from tcperf.plan import Plan, Played
from tcperf.probes.run_traffic import Keep
from tcperf.progress import LiveProgress, PlainProgress, Progress, State, TeamCityProgress
from tcperf.reports.text import shorten
from tcperf.reports.write import Folder
from tcperf.runner import Folders
from tcperf.session import Outcome, Session, SoFar
from tcperf.subject import Subject

#: Said where frames were to be kept, and the network is the host's after all.
NO_FRAMES: Final = "no capture is kept (pcap): only a private network has frames of the nodes alone"

#: So much of a command is told.
_COMMAND_SHOWN: Final = 160

Play = Callable[[Plan, SoFar], Played]


@frozen
class Job:
    """All that one invocation of ``run`` works with.  ``base`` is what the node is compared with, run by run."""

    selection: Selection
    plans: list[Plan]
    node: ChosenNode
    base: ChosenNode | None
    judge: Judge
    folder: Folder
    terminal: Terminal
    interrupts: Interrupts
    command_line: tuple[str, ...]

    def measure(self) -> Outcome:
        """Play all plans."""
        options = self.selection.options
        ground = self._without_frames(choose_ground(options.network, options.net))
        self._introduce(ground)
        guesses = first_guesses(self.plans, self.node.pace)
        subjects = {"head": self.node.subject}
        if self.base is not None:
            subjects["base"] = self.base.subject
        with self._progress(guesses) as progress:
            play = self._unpaired(ground, guesses, progress)
            if self.base is not None:
                play = self._paired(ground, guesses, progress)
            session = Session(
                subjects,
                ground.conditions,
                self.command_line,
                lambda plan, so_far: self._profiled(plan, play(plan, so_far), ground, progress),
                ground.warnings,
            )
            return session.run(self.plans)

    def _without_frames(self, ground: Ground) -> Ground:
        """The ground, and a warning where frames are to be kept and it has none."""
        if self.selection.options.pcap is None or ground.mode == "private":
            return ground
        return evolve(ground, warnings=(*ground.warnings, NO_FRAMES))

    def _setup(self, ground: Ground) -> Setup:
        return Setup(
            ground.mode,
            self.node.factory,
            Folders(self.folder.series, self.folder.logs),
            base=None if self.base is None else self.base.factory,
            link=ground.conditions.link,
            keep=self._keep,
            scenarios=self.selection.options.scenarios or (),
            stage=self.node.stage,
        )

    @property
    def _keep(self) -> Keep:
        asked = self.selection.options.pcap
        return Keep() if asked is None else Keep(self.folder.captures, full=asked == "full")

    def _unpaired(self, ground: Ground, guesses: Mapping[str, float | None], observer: Observer) -> Play:
        runner = self._setup(ground).runner(observer, self.interrupts)
        if self.judge.baseline is not None:
            self._warn(reasons.few_runs(min(plan.runs for plan in self.plans), self._family))

        def play(plan: Plan, _so_far: SoFar) -> Played:
            run_s = guesses[plan.scenario.name]
            with self.terminal.others():
                return runner.play(plan, None if run_s is None else run_s * plan.runs)

        return play

    def _paired(self, ground: Ground, guesses: Mapping[str, float | None], observer: Observer) -> Play:
        pairs = PairedRuns(
            self._setup(ground),
            ground.conditions,
            asked_pairs(self.selection.options, reference=self.node.subject.reference),
            self.selection.config.gate,
            guesses,
            Surface(
                observer=observer, say=self.terminal.say, save=SoFarFile(self.folder, self.terminal).save
            ),
            self.interrupts,
            accept=self.selection.config.accept,
            today=datetime.now(UTC).date(),
            most_lanes=most_lanes([self.node, *([] if self.base is None else [self.base])]),
        )
        self._warn(reasons.few_pairs(pairs.asked.most, self._family))
        self.terminal.say(f"after every pair the results so far are saved in {self.folder.results_json}")

        def play(plan: Plan, so_far: SoFar) -> Played:
            with self.terminal.others():
                return pairs.play(plan, so_far)

        return play

    @property
    def _family(self) -> int:
        """Among how many gated metrics at least each one must hold: those of the other scenarios."""
        policy = self.selection.config.gate
        counts = [possible(plan.scenario.info(plan.params), policy) for plan in self.plans]
        return sum(counts) - max(counts, default=0)

    def _warn(self, text: str | None) -> None:
        if text is not None:
            self.terminal.warn(text)

    def _profiled(self, plan: Plan, played: Played, ground: Ground, observer: Observer) -> Played:
        """What was played, and one more run of the head for profiles, where they were asked for."""
        kinds = self.selection.options.profile
        heads = tuple(run for run in played.runs if run.subject == "head" and not run.discarded)
        if kinds is None or not heads:
            return played
        self.terminal.say(f"{plan.scenario.name}: one more run, for profiles")
        runner = self._setup(ground).runner(observer, self.interrupts)
        with self.terminal.others():
            told = runner.profile(plan, evolve(played, runs=heads), kinds, self.folder.profiles)
        return evolve(played, warnings=(*played.warnings, *told))

    def _introduce(self, ground: Ground) -> None:
        terminal = self.terminal
        self._introduce_subject("measuring", self.node.subject)
        if self.base is not None:
            self._introduce_subject("comparing with", self.base.subject)
        if ground.conditions.link is not None:
            terminal.say(f"every link: {spell(ground.conditions.link)}, by {ground.conditions.emulation}")
        for warning in ground.warnings:
            terminal.warn(warning)

    def _introduce_subject(self, doing: str, subject: Subject) -> None:
        if subject.reference:
            self.terminal.say(
                f"{doing} the bundled REFERENCE NODE, not a node of yours: give one with --node PATH"
            )
        else:
            command = "" if subject.command is None else f"{shorten(subject.command, _COMMAND_SHOWN)}: "
            self.terminal.say(
                f"{doing} {command}{subject.path}, version {subject.version}, sha256 {subject.sha256[:12]}"
            )

    def _progress(self, guesses: Mapping[str, float | None]) -> Progress:
        terminal = self.terminal
        if terminal.teamcity:
            return TeamCityProgress(terminal.messages.progressMessage, terminal.say)
        if not terminal.live or self.node.talks:
            return PlainProgress(terminal.say)
        runs, budget_s = {plan.scenario.name: plan.runs for plan in self.plans}, None
        if self.base is not None:
            asked = asked_pairs(self.selection.options, reference=self.node.subject.reference)
            runs, budget_s = dict.fromkeys(runs, 2 * asked.most + 2), asked.budget_s
        return LiveProgress(terminal.stderr, State(Remaining(guesses, runs), budget_s))


def asked_pairs(options: RunOptions, *, reference: bool) -> Asked:
    """What the options ask of pairs; the defaults are those of the reference node, or of a given one."""
    return Asked(
        most=options.pairs or PAIRS,
        budget_s=options.budget or (None if reference else BUDGET_S),
        lanes=options.lanes,
    )

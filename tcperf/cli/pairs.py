"""How ``run --base`` and what builds on it play scenarios in pairs: crews, lanes, the standing, and what is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, Literal

from attrs import field, frozen

from tcperf import comparing, events, gate, sentences
from tcperf.comparison import Comparison
from tcperf.crew import Crew, SoloCrew
from tcperf.event_lines import duration
from tcperf.interrupts import Interrupts
from tcperf.lanes.choosing import choose_lanes, expected_s
from tcperf.lanes.crew import LaneCrew
from tcperf.lanes.setup import Setup
from tcperf.model import Conditions, Result, Run
from tcperf.options import AUTO
from tcperf.pairing import Pairer, Standing
from tcperf.plan import Plan, Played
from tcperf.probes.machine import usable_cpus
from tcperf.rules import Acceptance, GatePolicy
from tcperf.schedule import share_of_budget
from tcperf.session import SoFar
from tcperf.warm_up import shortened_by

#: The most pairs, and the seconds that pairs of a given node may take, where nothing is said.
PAIRS: Final = gate.LOOKS[-1]
BUDGET_S: Final = 45 * 60.0
#: A clean build takes so many pairs: where one lane has no time for them, several are tried.
_USUAL_PAIRS: Final = 10


@frozen(kw_only=True)
class Asked:
    """What pairs were asked for.

    ``budget_s`` is for all scenarios together, None: as long as it takes.  ``lanes`` None is one, unless that would
    take too long.  It is decided at ``looks``; none: all of ``most`` pairs are made.
    """

    most: int = PAIRS
    budget_s: float | None = None
    lanes: int | Literal["auto"] | None = None
    looks: Sequence[int] = gate.LOOKS


@frozen(kw_only=True)
class Surface:
    """What the pairs are shown to: the events, the lines that scenarios print, and each result so far."""

    observer: events.Observer
    say: Callable[[str], object]
    save: Callable[[Result], object]


@frozen
class PairedRuns:
    """Plays the plans of one invocation in pairs: ``play`` is a Session's.

    ``setup`` has the factories of both sides.  ``guesses`` are the seconds of one run of each plan, by the scenario's
    name and in the order of the plans, None where nothing is known.  What is accepted on the day that is ``today``
    waits for no more pairs than it takes to be sure of that.  ``most_lanes`` says in how many lanes there is room for a
    plan's nodes, None: in any.
    """

    setup: Setup
    conditions: Conditions
    asked: Asked
    policy: GatePolicy
    guesses: Mapping[str, float | None]
    surface: Surface
    interrupts: Interrupts
    accept: tuple[Acceptance, ...] = ()
    today: date | None = None
    most_lanes: Callable[[Plan], int | None] = lambda _plan: None
    _done: list[Played] = field(factory=list, init=False)
    _taken_s: list[float] = field(factory=list, init=False)

    def play(self, plan: Plan, so_far: SoFar) -> Played:
        """All pairs of a plan."""
        solo = SoloCrew(self.setup.runner(self.surface.observer, self.interrupts))
        pairer = Pairer(
            solo,
            lambda plan, warm_ups, left_s: self._crew(solo, plan, warm_ups, left_s),
            self.surface.observer,
            most=self.asked.most,
            looks=self.asked.looks,
        )
        begin_s = pairer.now_s()
        budget_s = self._budget_s()
        try:
            played = pairer.play(
                plan,
                budget_s,
                lambda played: self._weigh(plan, so_far(played)),
                first_order=sum(len(each.runs) for each in self._done),
            )
        finally:  # of one that is not supported, too: it has had its turn
            self._taken_s.append(pairer.now_s() - begin_s)
        if not all(run.discarded for run in played.runs):  # what was saved before says that it is unfinished
            self.surface.save(so_far(played))
        self._done.append(played)
        return played

    def _budget_s(self) -> float | None:
        """The present scenario's share of what is left."""
        if self.asked.budget_s is None:
            return None
        weights = list(self.guesses.values())[len(self._taken_s) :]
        return share_of_budget(self.asked.budget_s - sum(self._taken_s), weights)

    def _weigh(self, plan: Plan, result: Result) -> Standing:
        """Keep the result, and tell what it says."""
        self.surface.save(result)
        progress = comparing.progress(result, plan.scenario.name, self.policy, self.accept, self.today)
        finding = None if progress.worst is None else in_short(progress.worst)
        return Standing(progress.is_decided, finding, may_end=progress.may_end)

    def _crew(self, solo: Crew, plan: Plan, warm_ups: Sequence[Run], left_s: float | None) -> Crew:
        longer = shortened_by(plan)
        asked, why = self._asked_lanes(expected_s(warm_ups, plan.scenario, longer), left_s)
        if asked == 1:
            return solo
        cores = usable_cpus() or 1
        most = self.most_lanes(plan)
        lanes, reason = choose_lanes(asked, warm_ups, plan.scenario, cores, self.conditions, longer, most)
        self.surface.observer(events.LanesChosen(plan.scenario.name, lanes, f"{why}{reason}"))
        if lanes == 1:
            return solo
        return LaneCrew(lanes, self.setup, self.surface.observer, self.interrupts, say=self.surface.say)

    def _asked_lanes(self, run_s: float | None, left_s: float | None) -> tuple[int | Literal["auto"], str]:
        """How many lanes to try for runs of ``run_s``, and why that was not asked for."""
        if self.asked.lanes is not None:
            return self.asked.lanes, ""
        pairs = min(_USUAL_PAIRS, self.asked.most)
        if left_s is None or run_s is None or 2 * pairs * run_s <= left_s:
            return 1, ""
        return (
            AUTO,
            f"{pairs} pairs, one run after another, would take about {duration(2 * pairs * run_s)}; ",
        )


def in_short(comparison: Comparison) -> str:
    """``messages sent_bytes +6.2 % (4.9 … 7.6)``."""
    interval = sentences.interval(comparison)
    told = f"{comparison.phase} {sentences.short(comparison)}"
    return f"{told} ({interval})" if interval else told

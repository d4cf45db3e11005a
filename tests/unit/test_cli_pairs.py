"""How a run in pairs is put together: budgets of scenarios, lanes, the standing, and what is saved."""

import attrs
import pytest
from players import FakeCrew, World, plan
from samples import BACKEND, ENVIRONMENT, TOOL

from tcperf import events
from tcperf.cli import pairs
from tcperf.cli.job import asked_pairs
from tcperf.cli.pairs import Asked, PairedRuns, Surface, in_short
from tcperf.interrupts import Interrupts
from tcperf.model import Comparison, Conditions, Result
from tcperf.options import RunOptions
from tcperf.rules import GatePolicy

PLAN = plan()
OTHER = attrs.evolve(PLAN, scenario=attrs.evolve(PLAN.scenario, name="other"))
PRIVATE = Conditions("private")


def result_of(made, played):
    """What a session would make of it."""
    return Result(
        tool=TOOL,
        environment=ENVIRONMENT,
        conditions=PRIVATE,
        subjects={"head": BACKEND, "base": BACKEND},
        scenarios=(made.scenario.info(made.params),),
        runs=played.runs,
        pairings=(played.pairing,),
    )


class Setting:
    """PairedRuns on crews that are played without nodes, and what it shows."""

    def __init__(self, asked, *, guesses=None, value=lambda _: 100.0):
        self.world = World()
        self.solo = FakeCrew(self.world, value=value)
        self.events, self.saved, self.opened = [], [], []
        self.runs = PairedRuns(
            self,
            PRIVATE,
            asked,
            GatePolicy(),
            guesses or {"trial": 10.0},
            Surface(observer=self.events.append, say=print, save=self.saved.append),
            Interrupts(),
        )

    def runner(self, _observer, _interrupts):
        return self.solo

    def play(self, made=PLAN):
        return self.runs.play(made, lambda played: result_of(made, played))


@pytest.fixture(autouse=True)
def _without_nodes(monkeypatch):
    """The crew is the runner itself; a crew of lanes is made of the same."""
    made = {}

    def pairer(solo, open_crew, observer, **more):
        world = solo._world
        return original(solo, open_crew, observer, **more, watch=world.watch, now_s=lambda: world.now_s)

    def lane_crew(lanes, setup, _observer, _interrupts, *, say):
        made["say"] = say
        setup.opened.append(lanes)
        return FakeCrew(setup.world, lanes=lanes)

    original = pairs.Pairer
    monkeypatch.setattr(pairs, "Pairer", pairer)
    monkeypatch.setattr(pairs, "SoloCrew", lambda runner: runner)
    monkeypatch.setattr(pairs, "LaneCrew", lane_crew)


def test_equal_sides_are_decided_at_the_first_look():
    setting = Setting(Asked())
    played = setting.play()
    assert (played.pairing.pairs, played.pairing.stopped) == (7, "decided")
    assert setting.opened == []


def test_a_worse_head_is_decided_when_p_is_small_enough_and_told_meanwhile():
    setting = Setting(Asked(), value=lambda each: 150.0 if each.side == "head" else 100.0 + each.number / 50)
    played = setting.play()
    assert (played.pairing.pairs, played.pairing.stopped) == (10, "decided")
    told = [event.finding for event in setting.events if isinstance(event, events.PairsDone)]
    assert "messages cpu_ms +49." in told[-1]
    assert " … " in told[-1]


def test_after_each_pair_the_result_is_saved():
    setting = Setting(Asked(most=3))
    played = setting.play()
    assert [len(result.runs) for result in setting.saved] == [4, 6, 8]
    assert setting.saved[-1].runs == played.runs


def test_the_order_of_runs_goes_on_over_scenarios():
    setting = Setting(Asked(most=1), guesses={"trial": 10.0, "other": 10.0})
    orders = [run.order for made in (PLAN, OTHER) for run in setting.play(made).runs]
    assert orders == list(range(8))


def test_a_scenario_gets_its_share_of_the_budget_and_the_next_one_what_is_left():
    setting = Setting(Asked(budget_s=400.0, looks=()), guesses={"trial": 10.0, "other": 30.0})
    first = setting.play()
    assert first.pairing.stopped == "budget"
    assert first.pairing.pairs == 4  # 100 s: two warm-ups and four pairs, a run 10 s
    second = setting.play(OTHER)
    assert second.pairing.pairs == 14  # the 300 s that are left


@pytest.mark.parametrize(
    ("asked", "guess", "lanes"),
    [
        (Asked(most=1, lanes=1), 10.0, []),
        (Asked(most=1, lanes=3), 10.0, [3]),
        (Asked(most=1), 10.0, []),
        (Asked(most=30, budget_s=190.0, looks=()), None, []),
        (Asked(most=30, budget_s=2020.0, looks=()), 100.0, []),
    ],
)
def test_lanes_are_those_that_were_asked_for(asked, guess, lanes):
    setting = Setting(asked, guesses={"trial": guess})
    setting.play()
    assert setting.opened == lanes


def test_where_one_lane_would_take_too_long_several_are_tried_and_it_is_said():
    setting = Setting(Asked(budget_s=1000.0), guesses={"trial": 100.0})
    setting.play()
    (chosen,) = [event for event in setting.events if isinstance(event, events.LanesChosen)]
    assert chosen.reason.startswith(
        "10 pairs, one run after another, would take about 33 min 20 s; one lane: "
    )


def test_what_was_asked_has_the_defaults_of_its_node():
    assert asked_pairs(RunOptions(), reference=True) == Asked(most=30, budget_s=None)
    assert asked_pairs(RunOptions(), reference=False) == Asked(most=30, budget_s=2700.0)
    given = RunOptions(pairs=9, budget=60.0, lanes="auto")
    assert asked_pairs(given, reference=False) == Asked(most=9, budget_s=60.0, lanes="auto")


def test_the_worst_in_short():
    worst = Comparison(
        "tcperf.one_to_one.messages.sent_bytes", "one_to_one", "messages", "sent_bytes", "worse",
        gated=True, published=True, pairs=10, worse_pairs=10, base_median=100.0, head_median=106.2,
        effect_pct=6.2, low_pct=4.9, high_pct=7.6, p=0.001,
    )  # fmt: skip
    assert in_short(worst) == "messages sent_bytes +6.2 % (4.9 … 7.6)"
    assert in_short(attrs.evolve(worst, low_pct=None, high_pct=None)) == "messages sent_bytes +6.2 %"

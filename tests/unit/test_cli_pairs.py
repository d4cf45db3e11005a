"""How a run in pairs is put together: budgets of scenarios, lanes, the standing, and what is saved."""

from datetime import date

import attrs
import pytest
from players import FakeCrew, World, plan
from samples import BACKEND, ENVIRONMENT, TOOL

from tcperf import events
from tcperf.cli import pairs
from tcperf.cli.job import asked_pairs
from tcperf.cli.pairs import Asked, PairedRuns, Surface, in_short
from tcperf.comparison import Comparison
from tcperf.errors import NotSupportedError
from tcperf.interrupts import Interrupts
from tcperf.model import Conditions, Result
from tcperf.options import RunOptions
from tcperf.pairing import UNFINISHED
from tcperf.rules import Acceptance, GatePolicy
from tcperf.scenario import Phase

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

    def __init__(self, asked, *, guesses=None, value=lambda _: 100.0, fails=lambda _: None):
        self.world = World()
        self.solo = FakeCrew(self.world, value=value, fails=fails)
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


def in_doubt(each):
    """About as large a change as its threshold, 8 %, and never more than 10 %."""
    return 10_500.0 + 100 * ((each.pair or 0) * 5 % 6) if each.side == "head" else 10_000.0


@pytest.mark.parametrize(("day", "ends"), [(20, True), (21, False), (None, False)])
def test_a_change_that_is_no_more_than_was_accepted_ends_as_soon_as_that_is_sure(day, ends):
    known = Acceptance(match="trial.*.cpu_ms", up_to=12.0, reason="new cipher", until=date(2026, 11, 20))
    setting = Setting(Asked(most=9), value=in_doubt)
    today = None if day is None else date(2026, 11, day)
    setting.runs = attrs.evolve(setting.runs, accept=(known,), today=today)
    pairing = setting.play().pairing
    assert (pairing.stopped == "decided") is ends
    assert pairing.pairs == (7 if ends else 9)


def test_after_each_pair_the_result_is_saved_and_once_more_when_they_are_over():
    setting = Setting(Asked(most=3))
    played = setting.play()
    assert [len(result.runs) for result in setting.saved] == [4, 6, 8, 8]
    assert setting.saved[-1].runs == played.runs


def test_what_is_saved_last_does_not_say_that_it_is_unfinished():
    """The next scenario may be killed in its warm-ups: this one is decided, and stays so."""
    setting = Setting(Asked())
    played = setting.play()
    assert [result.pairings[0].problem for result in setting.saved] == [UNFINISHED] * 7 + [None]
    assert setting.saved[-1].pairings == (played.pairing,)
    assert setting.saved[-1].pairings[0].stopped == "decided"


@pytest.mark.parametrize("sides", [("base", "head"), ("head",)])
def test_where_nothing_counts_nothing_is_saved(sides):
    """A warm-up of the base is no result."""
    setting = Setting(Asked(), fails=lambda each: "no such flag" if each.side in sides else None)
    assert setting.play().error is not None
    assert setting.saved == []


def test_the_heads_figures_are_saved_where_the_base_never_starts():
    setting = Setting(Asked(), fails=lambda each: "no such flag" if each.side == "base" else None)
    played = setting.play()
    (saved,) = setting.saved
    assert saved.pairings == (played.pairing,)
    assert "the base failed in its warm-up" in played.pairing.problem


def test_lanes_are_chosen_by_what_a_run_takes_not_by_its_warm_up():
    """A warm-up of a tenth of the messages measures for a second, as the players' all do: a run for ten."""
    reasons = []
    for made in (PLAN, plan(messages=4)):
        setting = Setting(Asked(most=1, lanes="auto"), value=lambda _: 10.0)
        phases = (Phase("accounts"), Phase("messages", publish=True))
        setting.play(attrs.evolve(made, scenario=attrs.evolve(made.scenario, phases=phases)))
        reasons += [event.reason for event in setting.events if isinstance(event, events.LanesChosen)]
    assert reasons[0].endswith("while it is measured, a run keeps 1% of a core busy")
    assert reasons[1] == "one lane: a run measures for less than 3 s"


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
    """The warm-ups tell: each measured a second, with a tenth of the messages."""
    setting = Setting(Asked(budget_s=210.0), guesses={"trial": 1.0})
    setting.play()
    (chosen,) = [event for event in setting.events if isinstance(event, events.LanesChosen)]
    assert chosen.reason.startswith(
        "10 pairs, one run after another, would take about 3 min 20 s; one lane: "
    )


def test_a_guess_that_was_too_long_chooses_no_lanes():
    setting = Setting(Asked(budget_s=230.0), guesses={"trial": 1000.0})
    setting.play()
    assert setting.opened == []
    assert not [event for event in setting.events if isinstance(event, events.LanesChosen)]


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


def test_a_scenario_that_is_not_supported_has_had_its_turn_of_the_budget():
    lacking = NotSupportedError("not supported")
    setting = Setting(
        Asked(most=1, budget_s=1000.0),
        guesses={"trial": 10.0, "other": 10.0},
        fails=lambda each: lacking if each.plan is PLAN else None,
    )
    budgets, original = [], setting.runs._budget_s()
    assert original == pytest.approx(500.0)
    with pytest.raises(NotSupportedError):
        setting.play()
    budgets.append(setting.runs._budget_s())
    assert budgets == [pytest.approx(1000.0 - setting.runs._taken_s[0])]
    assert setting.saved == []

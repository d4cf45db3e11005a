"""Pairs from the first warm-up to the last look: order, stopping, redoing, the budget, and sides that fail."""

import pytest
from players import BUSY, FakeCrew, World, plan

from tcperf import events
from tcperf.errors import MachineError, NotSupportedError
from tcperf.pairing import UNFINISHED, Pairer, Standing

PLAN = plan()


class Play:
    """One scenario played in pairs, and all that was heard of it."""

    def __init__(
        self,
        *,
        world=None,
        lanes=1,
        fails=lambda _: None,
        warm_up_fails=lambda _: None,
        decided_at=99,
        ends_at=99,
        budget_s=None,
        open_crew=None,
        **pairer,
    ):
        self.world = world or World()
        self.solo = FakeCrew(self.world, fails=warm_up_fails)
        self.crew = FakeCrew(self.world, lanes=lanes, fails=fails)
        self.events, self.weighed, self.opened = [], [], []
        self._decided_at, self._ends_at = decided_at, ends_at
        made = Pairer(
            self.solo,
            open_crew or self._open,
            self.events.append,
            watch=self.world.watch,
            now_s=lambda: self.world.now_s,
            **pairer,
        )
        self.played = made.play(PLAN, budget_s, self._weigh)
        self.pairing = self.played.pairing

    def _open(self, plan, warm_ups, left_s):
        self.opened.append((plan, tuple(run.id for run in warm_ups), left_s))
        return self.crew

    def _weigh(self, played):
        self.weighed.append(played)
        pairs = played.pairing.pairs
        finding = f"cpu_ms after {pairs}" if pairs else None
        return Standing(pairs >= self._decided_at, finding, may_end=pairs >= self._ends_at)

    def heard(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def counting(self):
        return [run.id for run in self.played.runs if not run.discarded]


def test_a_warm_up_of_each_side_then_a_b_b_a():
    play = Play(most=2)
    assert play.solo.titles == ["warm-up of the base", "warm-up of the head"]
    assert play.crew.titles == ["pair 1, base", "pair 1, head", "pair 2, head", "pair 2, base"]
    assert play.counting == ["trial-p01-base", "trial-p01-head", "trial-p02-head", "trial-p02-base"]
    assert [run.id for run in play.played.runs[:2]] == ["trial-warmup-base", "trial-warmup-head"]
    assert [run.discarded_because for run in play.played.runs[:2]] == ["warm-up", "warm-up"]
    assert [run.order for run in play.played.runs] == list(range(6))
    assert (play.played.generations, play.played.base_generations) == (("head",), ("base",))
    assert (play.pairing.pairs, play.pairing.stopped, play.pairing.problem) == (2, "pairs", None)
    assert play.played.error is None


def test_every_run_has_a_number_of_its_own():
    play = Play(most=3)
    numbers = [each.number for crew in (play.solo, play.crew) for row in crew.played for each in row]
    assert numbers == list(range(1, 9))


def test_the_crew_is_opened_after_the_warm_ups_and_closed():
    play = Play(most=1, budget_s=100.0)
    assert play.opened == [(PLAN, ("trial-warmup-base", "trial-warmup-head"), 80.0)]
    assert not play.crew.is_open


@pytest.mark.parametrize(("decided_at", "pairs"), [(1, 7), (7, 7), (8, 10), (11, 15), (21, 30)])
def test_it_stops_at_the_look_at_which_all_is_decided_and_at_no_other(decided_at, pairs):
    play = Play(decided_at=decided_at)
    assert (play.pairing.pairs, play.pairing.stopped) == (pairs, "decided")


def test_it_ends_with_the_most_pairs():
    assert (Play(most=8).pairing.pairs, Play(most=8).pairing.stopped) == (8, "pairs")
    assert Play(most=8, decided_at=8).pairing.stopped == "decided"


def test_without_looks_all_pairs_are_made():
    play = Play(most=12, looks=(), decided_at=1)
    assert play.pairing.pairs == 12


def test_several_lanes_play_rounds_side_by_side():
    play = Play(lanes=3, decided_at=1)
    assert play.crew.titles == [
        "pair 1, base, pair 1, head, pair 2, head",
        "pair 3, head, pair 3, base, pair 2, base",
        "pair 4, base, pair 4, head, pair 5, base",
        "pair 6, head, pair 6, base, pair 5, head",
        "pair 7, base, pair 7, head, pair 8, head",  # there are seven: it is looked before pair 8 is whole
    ]
    assert (play.pairing.pairs, play.pairing.lanes) == (7, 3)
    (half,) = [run for run in play.played.runs if run.discarded and run.pair is not None]
    assert (half.id, half.discarded_because) == ("trial-p08-head", "the other run of its pair is missing")


# --- looks in lanes ------------------------------------------------------------------------------------


def test_no_lane_idles_before_a_look_and_what_was_played_beside_counts():
    play = Play(lanes=6, decided_at=1)
    assert play.crew.titles[-1] == (
        "pair 7, base, pair 7, head, pair 8, head, pair 8, base, pair 9, base, pair 9, head"
    )
    assert (len(play.crew.played), play.pairing.pairs) == (3, 9)
    assert len(play.counting) == 18
    assert play.weighed[-1].pairing.pairs == 9  # all of them are asked


@pytest.mark.parametrize(
    ("lanes", "decided_at", "pairs", "rounds"),
    [
        (6, 10, 12, 4),
        (6, 13, 15, 5),
        (6, 16, 21, 7),
        (6, 22, 30, 10),
        (3, 8, 10, 7),
        (3, 11, 15, 10),
        (3, 16, 21, 14),
        (3, 22, 30, 20),
        (2, 8, 10, 10),
    ],
)
def test_each_look_comes_as_soon_as_it_can(lanes, decided_at, pairs, rounds):
    play = Play(lanes=lanes, decided_at=decided_at)
    assert (play.pairing.pairs, len(play.crew.played), play.pairing.stopped) == (pairs, rounds, "decided")


def test_whether_all_is_decided_is_asked_at_looks_only():
    """With 6 lanes there are 18 pairs after the sixth round, and no look."""
    assert Play(lanes=6, decided_at=18).pairing.pairs == 21
    assert Play(lanes=1, decided_at=8).pairing.pairs == 10


@pytest.mark.parametrize(
    ("lanes", "ends_at", "pairs"), [(1, 8, 8), (1, 12, 12), (2, 9, 9), (3, 8, 9), (6, 16, 18), (1, 31, 30)]
)
def test_where_nothing_is_wrong_pairs_end_between_looks_with_a_heat(lanes, ends_at, pairs):
    play = Play(lanes=lanes, ends_at=ends_at)
    assert play.pairing.pairs == pairs
    assert play.pairing.stopped == ("decided" if ends_at <= 30 else "pairs")
    assert play.played.error is None


def test_without_looks_pairs_do_not_end_between_them_either():
    assert Play(most=12, looks=(), ends_at=8).pairing.pairs == 12


def test_what_a_look_leaves_of_a_heat_is_played_after_it():
    play = Play(lanes=3, decided_at=8)
    assert play.crew.titles[5:] == [
        "pair 9, head, pair 9, base, pair 8, base",
        "pair 10, base, pair 10, head, pair 11, base",
    ]
    assert [event.pairs for event in play.heard(events.PairsDone)] == [3, 6, 7, 9, 10]


def test_at_a_look_in_the_middle_of_a_heat_the_half_pair_is_off_what_is_left():
    told = {event.pairs: event.rounds_left for event in Play(lanes=3).heard(events.PairsDone)}
    assert (told[6], told[7], told[9], told[10], told[30]) == (16, 15, 14, 13, 0)


def test_no_more_pairs_are_played_than_were_asked_for():
    play = Play(lanes=6, most=8, decided_at=1)
    assert (play.pairing.pairs, len(play.crew.played)) == (8, 3)
    assert len(play.crew.played[-1]) == 4


def test_a_spoilt_pair_is_made_again_in_lanes_that_are_free_before_the_look():
    play = Play(lanes=6, fails=failing("trial-p01-head"), decided_at=1)
    assert play.crew.titles[2] == (
        "pair 7, head, pair 7, base, pair 1, base, pair 1, head, pair 8, head, pair 8, base"
    )
    assert (play.pairing.pairs, play.pairing.redone, len(play.crew.played)) == (8, 1, 3)
    assert [event.pair for event in play.heard(events.PairRedone)] == [0]


def test_a_round_that_was_spoilt_as_a_whole_is_made_again():
    play = Play(lanes=6, world=World({2: BUSY}), decided_at=1)  # the first round of pairs
    assert (play.pairing.pairs, play.pairing.redone, len(play.crew.played)) == (9, 3, 4)
    assert [event.pair for event in play.heard(events.PairRedone)] == [0, 1, 2]


def test_in_the_rest_of_a_heat_what_was_spoilt_is_left_out():
    play = Play(lanes=3, world=World({6: BUSY}), decided_at=1)  # the fifth round: pair 7, and half of pair 8
    assert play.crew.titles[4:] == [
        "pair 7, base, pair 7, head, pair 8, head",
        "pair 9, base, pair 9, head",  # without the other half of pair 8
    ]
    assert (play.pairing.pairs, play.pairing.redone) == (7, 2)
    assert [event.pair for event in play.heard(events.PairRedone)] == [6, 7]


def test_spoilt_pairs_are_made_again_before_the_next_look_and_told_once():
    play = Play(lanes=3, world=World({6: BUSY}), decided_at=8)
    assert play.crew.titles[6:] == [
        "pair 10, head, pair 7, base, pair 10, base",
        "pair 8, base, pair 8, head, pair 7, head",
    ]
    assert (play.pairing.pairs, play.pairing.redone) == (10, 2)
    assert len(play.heard(events.PairRedone)) == 2


def test_where_the_time_is_up_at_a_look_the_rest_of_its_heat_is_not_played():
    play = Play(lanes=3, budget_s=20 + 5 * 10 + 5)
    assert (play.pairing.pairs, play.pairing.stopped, play.pairing.problem) == (7, "budget", None)
    assert len(play.crew.played) == 5


# --- what is told meanwhile ------------------------------------------------------------------------------


def test_after_each_heat_it_is_told_how_far_it_is():
    play = Play(most=7)
    assert isinstance(play.events[0], events.ScenarioStarted)
    assert (play.events[0].pairs, play.events[0].runs) == (7, 14)
    assert isinstance(play.events[-1], events.ScenarioEnded)
    told = play.heard(events.PairsDone)
    assert [event.pairs for event in told] == [1, 2, 3, 4, 5, 6, 7]
    assert [event.rounds_left for event in told] == [12, 10, 8, 6, 4, 2, 0]
    assert {event.round_s for event in told} == {10.0}
    assert told[2].finding == "cpu_ms after 3"


def test_each_number_of_pairs_is_told_once():
    play = Play(most=3, world=World({4: BUSY, 5: BUSY}))
    assert play.pairing.redone == 2
    assert [event.pairs for event in play.heard(events.PairsDone)] == [1, 2, 3]
    assert len(play.weighed) > 3


def test_while_there_is_time_for_a_pair_there_is_time_left():
    told = Play(budget_s=20 + 3 * 20 + 1).heard(events.PairsDone)
    assert [event.rounds_left for event in told] == [5, 3, 1, 0]


def test_the_time_left_is_at_most_what_the_budget_leaves():
    told = Play(budget_s=200.0).heard(events.PairsDone)
    assert told[0].rounds_left == 16  # 20 s for the warm-ups, 20 for the pair, and 160 are left


def test_what_is_so_far_says_that_it_is_unfinished():
    play = Play(most=2)
    first = play.weighed[0]
    assert len(first.runs) == 4
    assert (first.pairing.pairs, first.pairing.problem) == (1, UNFINISHED)


# --- the budget ------------------------------------------------------------------------------------------


def test_no_pair_begins_that_cannot_end_in_time():
    play = Play(budget_s=20 + 8 * 20 + 19)  # warm-ups, eight pairs, and not quite a ninth
    assert (play.pairing.pairs, play.pairing.stopped) == (8, "budget")
    assert play.pairing.problem is None


CURE = "give more time with --budget, or take less with --lanes or fewer messages"


def test_up_to_the_first_look_it_is_tried_as_long_as_there_is_time():
    play = Play(budget_s=20 + 3 * 20 + 1)
    assert (play.pairing.pairs, play.pairing.stopped) == (4, "budget")


def test_a_budget_that_ends_before_the_first_look_is_no_comparison_and_the_figures_stay():
    play = Play(budget_s=20 + 3 * 20 + 1)
    assert play.pairing.problem == f"its budget of 1 min 21 s was over after 4 of at least 7 pairs: {CURE}"
    assert play.played.error is None
    assert len(play.counting) == 8
    assert isinstance(play.events[-1], events.ScenarioEnded)


def test_from_the_first_look_on_the_budget_ends_it_without_a_problem():
    for pairs in (7, 8):
        play = Play(budget_s=20 + pairs * 20)
        assert (play.pairing.pairs, play.pairing.stopped, play.pairing.problem) == (pairs, "budget", None)


def test_where_fewer_pairs_were_asked_for_they_are_enough():
    play = Play(budget_s=20 + 2 * 20, most=3)
    assert play.pairing.problem.startswith("its budget of 1 min 00 s was over after 2 of at least 3 pairs")
    assert Play(budget_s=20 + 3 * 20, most=3).pairing.problem is None


def test_a_budget_that_the_warm_ups_use_up_leaves_one_pair():
    play = Play(budget_s=15.0)
    assert (play.pairing.pairs, play.pairing.stopped) == (1, "budget")
    assert play.pairing.problem == f"its budget of 15.0 s was over after 1 of at least 7 pairs: {CURE}"


def test_spoilt_pairs_are_not_made_again_when_the_time_is_up():
    play = Play(world=World(dict.fromkeys(range(3, 99), BUSY)), budget_s=20 + 25.0)
    assert play.crew.titles == ["pair 1, base", "pair 1, head", "pair 2, head"]
    assert play.world.now_s == 1000 + 20 + 30
    assert (play.pairing.pairs, play.pairing.redone, play.pairing.stopped) == (0, 2, "budget")
    assert play.pairing.problem == (
        f"its budget of 45.0 s was over after 0 of at least 7 pairs (2 were made again): {CURE}"
    )


def test_without_a_pair_a_spoilt_run_of_the_head_has_the_figures():
    play = Play(world=World({3: BUSY, 5: BUSY}), budget_s=20 + 30.0)
    assert play.counting == ["trial-p02-head"]
    (kept,) = [run for run in play.played.runs if not run.discarded]
    assert kept.pair is None
    assert play.played.error is None
    assert play.pairing.problem.startswith("its budget of 50.0 s was over after 0 of at least 7 pairs")
    (warning,) = play.played.warnings
    assert warning == (
        "trial: no pair counts; the figures are of one run that was to be made again: "
        "other programs kept 1.50 cores busy"
    )


def test_without_any_run_of_the_head_one_is_made_for_its_figures():
    play = Play(world=World(dict.fromkeys(range(2, 99), BUSY)), budget_s=20 + 5.0)
    assert play.crew.titles == ["pair 1, base"]
    assert play.solo.titles[2:] == ["run 1 of 1"]
    assert play.counting == ["trial-1"]
    assert play.played.error is None
    assert play.pairing.problem.startswith("its budget of 25.0 s was over after 0 of at least 7 pairs")
    assert isinstance(play.events[-1], events.ScenarioEnded)


def test_where_that_one_fails_nothing_was_measured():
    play = Play(
        world=World(dict.fromkeys(range(2, 99), BUSY)),
        budget_s=20 + 5.0,
        warm_up_fails=lambda each: "alice died" if each.run_id == "trial-1" else None,
    )
    assert play.counting == []
    assert play.played.error.message == (
        f"no pair counts: {play.pairing.problem}; and alone the head failed: alice died"
    )
    assert isinstance(play.events[-1], events.ScenarioFailed)


# --- pollution -------------------------------------------------------------------------------------------


def test_a_polluted_pair_is_made_again_before_the_look():
    play = Play(world=World({4: BUSY}), decided_at=1)  # two warm-ups, a pair, then this one
    titles = play.crew.titles
    assert titles[2:5] == ["pair 2, head", "pair 3, head", "pair 3, base"]  # its other run is not even begun
    assert titles[-2:] == ["pair 2, head", "pair 2, base"]
    assert play.crew.played[-1][0].run_id == "trial-p02-base-2"
    assert (play.pairing.pairs, play.pairing.redone) == (7, 1)
    (told,) = play.heard(events.PairRedone)
    assert (told.pair, told.reason) == (1, "other programs kept 1.50 cores busy")
    discarded = [run for run in play.played.runs if run.discarded and run.pair is not None]
    assert [run.id for run in discarded] == ["trial-p02-head"]


def test_a_machine_that_is_always_busy_is_no_reason_to_go_on_for_ever():
    play = Play(world=World(dict.fromkeys(range(999), BUSY)), most=9)
    assert (play.pairing.pairs, play.pairing.redone) == (9, 3)
    assert len(play.crew.played) == 18 + 3
    (warning,) = play.played.warnings
    assert warning.startswith("trial: 18 runs count although the machine was busy")


# --- sides that fail ------------------------------------------------------------------------------------


def failing(*run_ids):
    return lambda each: "alice died" if each.run_id in run_ids else None


def test_a_run_that_fails_once_is_made_again():
    play = Play(fails=failing("trial-p02-head"), most=7)
    assert (play.pairing.pairs, play.pairing.redone, play.pairing.problem) == (7, 1, None)
    assert "trial-p02-head-2" in play.counting
    assert play.played.warnings == ("trial: pair 2 was broken off: the head failed: alice died",)


@pytest.mark.parametrize("side", ["head", "base"])
def test_a_side_that_fails_from_some_pair_on_ends_it_and_what_was_measured_is_kept(side):
    play = Play(fails=lambda each: "alice died" if each.side == side and each.pair > 2 else None)
    assert play.pairing.stopped == "failed"
    assert play.pairing.problem == f"the {side} failed 2 times in a row: alice died"
    assert play.pairing.pairs == 3
    assert len(play.counting) == 6
    assert play.played.error.message == play.pairing.problem
    assert isinstance(play.events[-1], events.ScenarioFailed)
    assert not play.crew.is_open


@pytest.mark.parametrize(("side", "kept"), [("head", "trial-p01-head"), ("base", "trial-p02-head")])
def test_a_side_that_fails_before_a_pair_counts_leaves_a_run_of_the_head(side, kept):
    """On a busy machine whole pairs were spoilt before: their runs are there, and the reason stays."""
    play = Play(
        world=World({3: BUSY}),
        fails=lambda each: "alice died" if each.side == side and each.pair > 0 else None,
    )
    assert play.counting == [kept]
    assert play.pairing.problem == f"the {side} failed 2 times in a row: alice died"
    assert play.pairing.stopped == "failed"
    assert play.played.error.message == play.pairing.problem
    assert play.played.warnings[-1].startswith("trial: no pair counts; the figures are of one run")


def test_a_warm_up_that_fails_once_is_made_again_like_any_other_run():
    play = Play(warm_up_fails=failing("trial-warmup-base"), most=2)
    assert play.solo.titles == ["warm-up of the base", "warm-up of the base", "warm-up of the head"]
    assert [row[0].run_id for row in play.solo.played] == [
        "trial-warmup-base",
        "trial-warmup-base-2",
        "trial-warmup-head",
    ]
    assert {each.plan.params.messages for row in play.solo.played for each in row} == {10}
    assert (play.pairing.pairs, play.pairing.redone, play.pairing.problem) == (2, 0, None)
    assert play.played.error is None
    assert play.played.warnings == ("trial: the warm-up of the base was made again: alice died",)
    assert [run.discarded_because for run in play.played.runs[:2]] == ["warm-up", "warm-up"]


def test_each_side_may_fail_once_in_its_warm_up():
    play = Play(warm_up_fails=failing("trial-warmup-base", "trial-warmup-head"), most=2)
    assert len(play.solo.played) == 4
    assert (play.pairing.pairs, play.pairing.problem) == (2, None)


def test_a_base_that_fails_twice_in_its_warm_up_leaves_one_run_of_the_head():
    play = Play(warm_up_fails=lambda each: "no such flag" if each.side == "base" else None)
    assert play.pairing.problem == "the base failed in its warm-up 2 times in a row: no such flag"
    assert play.solo.titles == ["warm-up of the base", "warm-up of the base", "run 1 of 1"]
    assert play.counting == ["trial-1"]
    assert play.crew.played == []


def test_a_head_that_fails_twice_in_its_warm_up_leaves_nothing():
    play = Play(warm_up_fails=lambda each: "no such flag" if each.side == "head" else None)
    assert play.pairing.problem == "the head failed in its warm-up 2 times in a row: no such flag"
    assert play.counting == []


def test_where_both_fail_nothing_counts_and_the_first_is_told():
    play = Play(warm_up_fails=lambda _: "no such machine")
    assert play.pairing.problem == "the base failed in its warm-up 2 times in a row: no such machine"
    assert play.counting == []


def test_a_crew_that_cannot_be_had_is_nobodys_fault():
    def refuse(*_):
        raise MachineError("no processes left")

    play = Play(open_crew=refuse)
    assert play.pairing.problem == "no processes left"
    assert (play.counting, play.pairing.stopped) == ([], "failed")


def test_ctrl_c_is_passed_on_and_the_crew_closed():
    world = World()
    crew = FakeCrew(world, fails=lambda each: None if each.pair < 2 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Play(world=world, open_crew=lambda *_: crew)
    assert not crew.is_open


# --- warm-ups -------------------------------------------------------------------------------------------


def test_the_warm_ups_are_played_with_the_shorter_parameters():
    play = Play(most=1)
    assert {each.plan.params.messages for row in play.solo.played for each in row} == {10}
    assert {each.plan.params.messages for row in play.crew.played for each in row} == {100}


@pytest.mark.parametrize(("side", "warm_ups"), [("base", 1), ("head", 2)])
def test_a_side_that_cannot_play_the_scenario_is_asked_once_and_nobody_failed(side, warm_ups):
    lacking, heard, world = NotSupportedError("not supported"), [], World()
    solo = FakeCrew(world, fails=lambda each: lacking if each.side == side else None)
    made = Pairer(solo, lambda *_: pytest.fail("it was played"), heard.append, watch=world.watch)
    with pytest.raises(NotSupportedError) as caught:
        made.play(PLAN, None, lambda _: pytest.fail("there is nothing to weigh"))
    assert caught.value is lacking
    assert len(solo.played) == warm_ups
    assert heard[-1] == events.ScenarioFailed("trial", lacking)

"""Whose turn it is: runs, pairs, several lanes, and what failed or was left."""

import pytest
from players import plan

from tcperf import events
from tcperf.plan import Assignment
from tcperf.turns import Turns

PLAN = plan()


def started(pair=None, side="head", number=1):
    """As the runner tells it."""
    title = Assignment(PLAN, side, number, pair).title
    return events.RunStarted("trial", number, title, pair, None if pair is None else side)


def told(*heard, most=30):
    turns = Turns()
    turns(events.ScenarioStarted("trial", 60, None, most))
    for event in heard:
        turns(event)
    return str(turns)


ENDED = events.RunEnded("trial", 1, 4.0)


def in_lanes(*pairs):
    """Both runs of each pair, side by side."""
    return [
        events.InLane(2 * place + turn, started(pair, side))
        for place, pair in enumerate(pairs)
        for turn, side in enumerate(("base", "head"))
    ]


def test_before_anything_begins_there_is_nothing_to_tell():
    assert str(Turns()) == ""
    assert told() == ""


def test_a_run_without_pairs_is_called_by_its_title():
    assert told(started(), most=None) == "trial, run 1 of 1"


@pytest.mark.parametrize("side", ["head", "base"])
def test_in_one_lane_it_is_one_side_of_one_pair(side):
    assert told(started(7, side)) == f"trial, pair 8 of at most 30, {side}"


def test_a_warm_up_is_of_no_pair():
    warm_up = events.RunStarted("trial", 1, "warm-up of the base")
    assert told(warm_up) == "trial, warm-up of the base"


def test_both_sides_of_a_pair_side_by_side():
    assert told(*in_lanes(7)) == "trial, pair 8 of at most 30"


def test_several_pairs_side_by_side():
    assert told(*in_lanes(6, 7)) == "trial, pairs 7 and 8 of at most 30"
    assert told(*in_lanes(6, 0, 7)) == "trial, pairs 1, 7 and 8 of at most 30"


def test_between_rounds_the_last_one_is_told_and_then_the_next_one_alone():
    first = [*in_lanes(0, 1, 2), *(events.InLane(lane, ENDED) for lane in range(6))]
    assert told(*first) == "trial, pairs 1, 2 and 3 of at most 30"
    assert told(*first, *in_lanes(3)) == "trial, pair 4 of at most 30"


def test_a_lane_that_is_over_is_told_until_another_begins():
    assert told(started(0, "base"), ENDED) == "trial, pair 1 of at most 30, base"
    assert told(started(0, "base"), ENDED, started(0, "head")) == "trial, pair 1 of at most 30, head"


@pytest.mark.parametrize(
    "after",
    [events.PairRedone("trial", 1, "the head failed"), events.PairsDone("trial", 1, 30, 9, 10.0)],
)
def test_what_failed_in_a_round_is_not_told_in_the_next_one(after):
    first = [*in_lanes(0, 1), *(events.InLane(lane, ENDED) for lane in (0, 1, 2))]
    assert told(*first, after, *in_lanes(2)) == "trial, pair 3 of at most 30"


def test_the_next_scenario_is_not_taken_for_the_last():
    second = [events.ScenarioStarted("idle", 1, None), events.RunStarted("idle", 1, "run 1 of 1")]
    assert told(*in_lanes(0, 1), *second) == "idle, run 1 of 1"


def test_what_happens_within_a_run_is_nobodys_turn():
    within = [events.PhaseStarted("trial", "messages"), events.OperationDone(3)]
    assert told(started(7), *within) == "trial, pair 8 of at most 30, head"

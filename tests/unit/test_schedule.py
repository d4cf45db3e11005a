"""Who plays when and where: the orders that are promised, looks, caps, and what the budget allows."""

import pytest

from tcperf import schedule
from tcperf.schedule import Slot


def spelled(heats):
    """Each round as text, such as ``b0 h0``: the side and the pair, in the order of the lanes."""
    return [
        " ".join(f"{slot.side[0]}{slot.pair}" for slot in sorted(played, key=lambda slot: slot.lane))
        for heat in heats
        for played in heat
    ]


def test_one_lane_plays_a_b_b_a():
    assert spelled(schedule.heats(range(4), 1)) == ["b0", "h0", "h1", "b1", "b2", "h2", "h3", "b3"]
    assert {slot.lane for heat in schedule.heats(range(4), 1) for played in heat for slot in played} == {0}


def test_each_pair_alone_is_a_heat_of_two_rounds_in_one_lane():
    (heat,) = schedule.heats([5], 1)
    assert heat == ((Slot(5, "head", 0),), (Slot(5, "base", 0),))


def test_two_lanes_play_a_pair_side_by_side_and_exchange_their_lanes():
    assert spelled(schedule.heats(range(3), 2)) == ["b0 h0", "h1 b1", "b2 h2"]
    assert [len(heat) for heat in schedule.heats(range(3), 2)] == [1, 1, 1]


def test_three_lanes_play_three_pairs_in_two_rounds_the_second_with_the_sides_exchanged():
    assert spelled(schedule.heats(range(3), 3)) == ["b0 h0 h1", "h2 b1 b2"]


def test_pairs_that_do_not_fill_the_lanes_stay_whole():
    assert spelled(schedule.heats(range(5), 3)) == ["b0 h0 h1", "h2 b1 b2", "b3 h3", "h4 b4"]
    assert spelled(schedule.heats([4], 6)) == ["b4 h4"]


def test_the_lanes_go_on_being_exchanged_where_the_last_pairs_ended():
    first = schedule.heats([0], 2)
    second = schedule.heats([1], 2, [played for heat in first for played in heat])
    assert spelled((*first, *second)) == spelled(schedule.heats([0, 1], 2))


def test_no_pairs_are_no_heats():
    assert schedule.heats([], 3) == ()


@pytest.mark.parametrize(
    ("done", "most", "expected"), [(0, 30, 7), (6, 30, 7), (7, 30, 10), (10, 12, 12), (20, 30, 30), (0, 5, 5)]
)
def test_the_next_look(done, most, expected):
    assert schedule.next_look(done, most, (7, 10, 15, 20, 30)) == expected


def test_without_looks_there_is_one_at_the_end():
    assert schedule.next_look(0, 20, ()) == 20


def test_a_third_of_the_pairs_may_be_made_again_but_always_three():
    assert [schedule.redo_cap(pairs) for pairs in (1, 8, 9, 12, 30)] == [3, 3, 3, 4, 10]


def test_rounds_left():
    assert [schedule.rounds_left(7, lanes) for lanes in (1, 2, 3, 4)] == [14, 7, 5, 4]
    assert schedule.rounds_left(0, 3) == 0


@pytest.mark.parametrize(
    ("heat_s", "left_s", "done", "may_begin"),
    [
        (10.0, None, 0, True),
        (10.0, 11.0, 7, True),
        (10.0, 9.0, 7, False),
        (10.0, 9.0, 6, True),  # too few for a look: it is tried
        (10.0, 0.0, 6, False),
        (10.0, -1.0, 1, False),
        (10.0, -1.0, 0, False),  # it was spoilt, and the time is up
    ],
)
def test_a_heat_begins_where_it_can_end_in_time(heat_s, left_s, done, may_begin):
    assert schedule.fits(heat_s, left_s, done, 7, is_first=False) is may_begin


@pytest.mark.parametrize("left_s", [None, 1.0, 0.0, -99.0])
def test_the_very_first_heat_always_begins(left_s):
    assert schedule.fits(0.0, left_s, 0, 7, is_first=True)


def test_the_budget_is_shared_by_the_lengths_of_the_runs():
    assert schedule.share_of_budget(None, [1.0, 2.0]) is None
    assert schedule.share_of_budget(90.0, [10.0, 20.0]) == pytest.approx(30.0)
    assert schedule.share_of_budget(90.0, [20.0]) == pytest.approx(90.0)
    assert schedule.share_of_budget(90.0, [10.0, None, 20.0]) == pytest.approx(30.0)

"""Who plays when and where: the orders that are promised, looks, caps, and what the budget allows."""

import pytest
from heats import Race, pairs_of

from tcperf import schedule
from tcperf.schedule import Part


def spelled(rounds):
    """Each round as text, such as ``b0 h0``: the side and the pair, in their order."""
    return [" ".join(f"{part.side[0]}{part.pair}" for part in played) for played in rounds]


def race(lanes, pairs):
    made = Race(lanes, most=pairs)
    made.reach(pairs)
    return spelled(made.rounds)


def test_one_lane_plays_a_b_b_a():
    assert race(1, 4) == ["b0", "h0", "h1", "b1", "b2", "h2", "h3", "b3"]


def test_each_pair_alone_is_a_heat_of_two_rounds_in_one_lane():
    assert schedule.next_heat([5], 1) == ((Part(5, "head"),), (Part(5, "base"),))


@pytest.mark.parametrize(("rounds_earlier", "expected"), [(1, "h4"), (3, "h4"), (0, "b4"), (-1, "b4")])
def test_a_pair_that_takes_two_rounds_begins_with_the_side_that_was_less_often_first(
    rounds_earlier, expected
):
    assert spelled(schedule.next_heat([4], 1, rounds_earlier))[0] == expected
    assert spelled(schedule.next_heat([3, 4, 5], 3, rounds_earlier))[0] == f"h3 b3 {expected}"


def test_two_lanes_play_a_pair_side_by_side_and_exchange_their_lanes():
    assert race(2, 3) == ["b0 h0", "h1 b1", "b2 h2"]


def test_three_lanes_play_three_pairs_in_two_rounds_the_second_with_the_sides_exchanged():
    assert race(3, 3) == ["b0 h0 h1", "h2 b2 b1"]


def test_six_lanes_begin_their_pairs_with_either_side_in_turn():
    """Lanes begin one after another: in six, more pairs began with the base than with the head at every look."""
    assert race(6, 9) == ["b0 h0 h1 b1 b2 h2", "h3 b3 b4 h4 h5 b5", "b6 h6 h7 b7 b8 h8"]


def test_pairs_that_do_not_fill_the_lanes_stay_whole():
    assert race(3, 5) == ["b0 h0 h1", "h2 b2 b1", "b3 h3", "h4 b4"]
    assert race(6, 1) == ["b0 h0"]


def test_no_pairs_are_no_heat():
    assert schedule.next_heat([], 3) == ()


def test_a_heat_takes_as_many_pairs_as_the_lanes_do_and_the_first_ones():
    assert [len(pairs_of(schedule.next_heat(range(30), lanes))) for lanes in range(1, 8)] == [
        1,
        1,
        3,
        2,
        5,
        3,
        7,
    ]
    assert pairs_of(schedule.next_heat([8, 2, 9, 4], 4)) == {8, 2}


def test_six_lanes_are_filled_with_three_pairs():
    assert spelled(schedule.next_heat(range(6, 30), 6)) == ["b6 h6 h7 b7 b8 h8"]


@pytest.mark.parametrize(
    ("done", "most", "expected"), [(0, 30, 7), (6, 30, 7), (7, 30, 10), (10, 12, 12), (20, 30, 30), (0, 5, 5)]
)
def test_the_next_look(done, most, expected):
    assert schedule.next_look(done, most, (7, 10, 15, 20, 30)) == expected


@pytest.mark.parametrize(
    ("lanes", "pairs"),
    [
        (1, (7, 10, 15, 20, 30)),
        (2, (7, 10, 15, 20, 30)),
        (3, (7, 10, 15, 21, 30)),
        (4, (8, 10, 16, 20, 30)),
        (6, (9, 12, 15, 21, 30)),
        (30, (15, 30)),
    ],
)
def test_with_lanes_there_are_more_pairs_at_a_look_than_it_needs(lanes, pairs):
    assert schedule.looks_of(lanes, (7, 10, 15, 20, 30)) == pairs
    assert schedule.looks_of(lanes, ()) == ()


def test_without_looks_there_is_one_at_the_end():
    assert schedule.next_look(0, 20, ()) == 20


def test_a_third_of_the_pairs_may_be_made_again_but_always_three():
    assert [schedule.redo_cap(pairs) for pairs in (1, 8, 9, 12, 30)] == [3, 3, 3, 4, 10]


def test_rounds_of_so_many_runs():
    assert [schedule.rounds_of(14, lanes) for lanes in (1, 2, 3, 4)] == [14, 7, 5, 4]
    assert schedule.rounds_of(0, 3) == 0


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

"""Who sits in which lane: what makes lanes and beginnings even, from what is uneven."""

from collections import Counter

import pytest

from tcperf.schedule import Part, Slot
from tcperf.seating import Balance, balance, seat


def parts(*texts):
    """``b0`` is the base of pair 0."""
    return [Part(int(text[1:]), {"b": "base", "h": "head"}[text[0]]) for text in texts]


def spelled(slots):
    return [f"{slot.lane}:{slot.side[0]}{slot.pair}" for slot in slots]


def before(lean=(), earlier=0):
    return Balance(Counter(dict(enumerate(lean))), earlier)


# --- what is uneven ------------------------------------------------------------------------------------


def test_nothing_is_even():
    assert balance([]) == Balance()
    assert Balance().lean[3] == 0


def test_a_pair_side_by_side_begins_in_the_lower_lane():
    found = balance([[(4, Slot(0, "head", 1)), (4, Slot(0, "base", 0))]])
    assert found == Balance(Counter({0: -1, 1: 1}), earlier=1, rounds_earlier=0)


def test_a_pair_in_two_rounds_begins_with_the_first_of_them():
    found = balance([[(4, Slot(0, "head", 2)), (5, Slot(0, "base", 0))]])
    assert found == Balance(Counter({0: -1, 2: 1}), earlier=-1, rounds_earlier=-1)


def test_a_half_is_in_a_lane_and_no_pair_yet():
    assert balance([[(0, Slot(7, "head", 2))]]) == Balance(Counter({2: 1}))


def test_pairs_add_up():
    found = balance(
        [
            [(0, Slot(0, "base", 0)), (0, Slot(0, "head", 1))],
            [(1, Slot(1, "head", 0)), (1, Slot(1, "base", 1))],
            [(0, Slot(2, "base", 2)), (1, Slot(2, "head", 2))],
        ]
    )
    assert found == Balance(Counter({0: 0, 1: 0, 2: 0}), earlier=1, rounds_earlier=1)


# --- who sits where ------------------------------------------------------------------------------------


def test_in_even_lanes_pairs_begin_with_either_side_in_turn():
    three = parts("b0", "h0", "b1", "h1", "b2", "h2")
    assert spelled(seat(three, 6, before())) == ["0:b0", "1:h0", "2:h1", "3:b1", "4:b2", "5:h2"]
    assert spelled(seat(three, 6, before(earlier=1))) == ["0:h0", "1:b0", "2:b1", "3:h1", "4:h2", "5:b2"]


def test_a_side_gets_the_lanes_in_which_it_was_less_often():
    assert spelled(seat(parts("b0", "h0"), 2, before([-1, 1]))) == ["0:h0", "1:b0"]
    assert spelled(seat(parts("b0", "h0"), 2, before([1, -1]))) == ["0:b0", "1:h0"]


def test_a_lane_counts_more_than_who_begins():
    assert spelled(seat(parts("b0", "h0"), 2, before([-1, 1], earlier=-5))) == ["0:h0", "1:b0"]


def test_a_pair_that_is_alone_gets_the_lanes_that_need_it():
    assert spelled(seat(parts("b9", "h9"), 6, before([0, 0, 1, -1, 0, 0]))) == ["2:b9", "3:h9"]


def test_two_lanes_that_lean_alike_are_not_put_together():
    made = seat(parts("b0", "h0", "b1", "h1"), 4, before([1, 1, -1, -1]))
    assert [slot.side for slot in made] == ["base", "base", "head", "head"]


@pytest.mark.parametrize(
    ("half", "lean", "lane"),
    [("h0", [0, 0, 0], 2), ("h0", [0, -1, 0], 1), ("h0", [1, 0, -1], 2), ("b0", [1, 0, -1], 0)],
)
def test_half_a_pair_gets_the_lane_that_needs_it_most_and_else_the_last(half, lean, lane):
    (slot,) = seat(parts(half), 3, before(lean))
    assert slot.lane == lane


def test_halves_choose_before_pairs():
    assert spelled(seat(parts("h1", "b2", "h2"), 3, before([-1, 1, 0]))) == ["0:h1", "1:b2", "2:h2"]


def test_of_nothing_there_is_no_round():
    assert seat([], 4, before()) == ()

"""The course of pairs in lanes: how soon each look is reached, what a look in the middle of a heat leaves, what follows."""

import pytest
from heats import Race, pairs_of

from tcperf.course import Course
from tcperf.schedule import Slot

LOOKS = (7, 10, 15, 20, 30)


def unfilled(lanes):
    """The rounds to each look as it was before lanes were filled: no pair was played before the look that needs it."""
    rounds, done, found = 0, 0, []
    for look in LOOKS:
        while done < look:
            wanted = lanes if lanes % 2 and look - done >= lanes else max(1, lanes // 2)
            pairs = min(wanted, look - done)
            rounds += 1 if 2 * pairs <= lanes else 2
            done += pairs
        found.append(rounds)
    return found


@pytest.mark.parametrize(
    ("lanes", "before", "now"),
    [
        (1, [14, 20, 30, 40, 60], [14, 20, 30, 40, 60]),
        (2, [7, 10, 15, 20, 30], [7, 10, 15, 20, 30]),
        (3, [5, 7, 11, 15, 22], [5, 7, 10, 14, 20]),
        (6, [3, 4, 6, 8, 12], [3, 4, 5, 7, 10]),
    ],
)
def test_how_many_rounds_each_look_takes_and_took_while_lanes_idled(lanes, before, now):
    assert unfilled(lanes) == before
    race = Race(lanes)
    assert [race.reach(look) for look in LOOKS] == now


def test_what_was_played_beside_a_look_is_there_at_it():
    race = Race(6)
    pairs = []
    for look in LOOKS:
        race.reach(look)
        pairs.append(len(race.whole))
    assert pairs == [9, 12, 15, 21, 30]


def test_no_pair_is_begun_beyond_the_most():
    race = Race(6, most=10)
    assert race.reach(7) == 3
    assert race.reach(10) == 4
    assert max(race.whole) == 9
    assert len(race.rounds[-1]) == 2


def test_a_look_in_the_middle_of_a_heat_leaves_its_second_round_for_later():
    race = Race(3)
    assert race.reach(7) == 5
    assert race.whole == set(range(7))
    assert [(slot.pair, slot.side) for slot in race.rounds[-1]] == [(6, "base"), (6, "head"), (7, "head")]
    assert not race.course.is_between_heats
    (rest,) = race.course.ahead([7, 8], range(8))
    assert sorted((part.pair, part.side) for part in rest) == [(7, "base"), (8, "base"), (8, "head")]
    assert race.reach(8) == 6
    assert race.course.is_between_heats
    assert len(race.whole) == 9


def test_the_rest_of_a_heat_comes_first_whatever_waits():
    race = Race(3)
    race.reach(7)
    assert pairs_of(race.course.ahead([25, 26, 27], range(8))) == {7, 8}


def test_between_heats_the_next_one_is_of_those_that_wait():
    course = Course(30, 2)
    assert course.is_between_heats
    assert pairs_of(course.ahead([5, 0], ())) == {5}
    assert pairs_of(course.ahead([3], ())) == {3}  # to look ahead is to begin nothing
    course.begin(course.ahead([5], ()), ())
    assert course.is_between_heats


def test_a_heat_of_two_rounds_is_begun_round_by_round():
    course = Course(30, 1)
    heat = course.ahead([0], ())
    assert course.begin(heat, ()) == ((Slot(0, "base", 0),), heat[1:])
    assert not course.is_between_heats
    assert course.begin(course.ahead([1], {0}), {0}) == ((Slot(0, "head", 0),), ())
    assert course.is_between_heats


def sides(course, pairs, counting):
    """The sides in the lanes of the next round."""
    return "".join(slot.side[0] for slot in course.begin(course.ahead(pairs, counting), counting)[0])


def test_lanes_go_on_being_exchanged():
    course = Course(30, 2)
    assert [sides(course, [pair], range(pair)) for pair in range(3)] == ["bh", "hb", "bh"]


def test_what_was_spoilt_leaves_lanes_as_they_were():
    """Counted all the same, lanes that were exchanged beside it would have had one side twice among what counts."""
    course = Course(30, 2)
    assert sides(course, [0], ()) == "bh"
    assert sides(course, [1], {0}) == "hb"
    assert sides(course, [2], {0}) == "hb"  # pair 1 was spoilt
    assert sides(course, [1], {0, 2}) == "bh"  # and is made again


def test_a_pair_that_is_made_again_is_forgotten_as_it_was_before():
    course = Course(30, 1)
    for counting in ((), {0}, {0}):  # pair 0, and half of pair 1, which is spoilt by it
        course.begin(course.ahead([0, 1][len(counting) :], counting), counting)
    assert course.begin(course.ahead([], {0}), {0}) == ((), ())
    assert sides(course, [1], {0}) == "h"
    assert sides(course, [], {0, 1}) == "b"
    assert sides(course, [2], {0, 1}) == "b"  # one pair began with either side


def test_what_is_left_of_a_spoilt_pair_is_not_played():
    course = Course(30, 3)
    course.begin(course.ahead([0, 1, 2], ()), ())
    rest, _none = course.begin(course.ahead([], {0}), {0})  # pair 1, which takes both rounds, was spoilt
    assert {(slot.pair, slot.side) for slot in rest} == {(2, "head"), (2, "base")}
    assert course.is_between_heats


@pytest.mark.parametrize(("lanes", "rounds"), [(1, 60), (2, 30), (3, 20), (4, 15), (6, 10), (7, 9), (60, 1)])
def test_so_many_rounds_follow_at_most(lanes, rounds):
    assert Course(30, lanes).rounds_left(0) == rounds
    assert Course(30, lanes).rounds_left(30) == 0


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 6])
def test_as_many_rounds_follow_as_are_left(lanes):
    """Also in the middle of a heat, where a half of a pair is already there."""
    race = Race(lanes)
    for look in range(1, 31):
        now = race.reach(look)
        rest = Race(lanes)
        assert race.course.rounds_left(len(race.whole)) == rest.reach(30) - now

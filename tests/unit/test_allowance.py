"""The time that pairs may take: what fits into it, how much follows at most, and when it left too little."""

import pytest

from tcperf.allowance import Allowance
from tcperf.schedule import next_heat

HEAT = next_heat([0], 1)  # a round of each side


class Clock:
    def __init__(self):
        self.now_s = 500.0

    def __call__(self):
        return self.now_s


def allowed(budget_s, *, passed_s=0.0, rounds_s=(), first_look=7):
    clock = Clock()
    made = Allowance(budget_s, first_look, clock)
    clock.now_s += passed_s
    for seconds in rounds_s:
        made.took(seconds)
    return made


def test_what_is_left_is_counted_from_the_beginning():
    assert allowed(60.0, passed_s=15.0).left_s == 45.0
    assert allowed(60.0, passed_s=75.0).left_s == -15.0
    assert allowed(None, passed_s=75.0).left_s is None


def test_a_round_takes_as_long_as_rounds_took():
    assert allowed(60.0).round_s == 0
    assert allowed(60.0, rounds_s=(4.0, 8.0)).round_s == 6


@pytest.mark.parametrize(
    ("left_s", "pairs", "rounds_s", "fits"),
    [
        (-99.0, 0, (), True),  # the very first
        (-1.0, 0, (10.0,), False),  # it was spoilt: to make it again is no right
        (0.0, 0, (10.0,), False),
        (0.1, 0, (10.0,), True),
        (19.0, 6, (10.0,), True),
        (19.0, 7, (10.0,), False),
        (20.0, 7, (10.0,), True),
    ],
)
def test_when_the_time_is_up_no_heat_begins_but_the_very_first(left_s, pairs, rounds_s, fits):
    assert allowed(100.0, passed_s=100.0 - left_s, rounds_s=rounds_s).fits(HEAT, pairs) is fits


def test_without_a_budget_everything_fits():
    assert allowed(None, passed_s=1e6, rounds_s=(10.0,)).fits(HEAT, 9)
    assert allowed(None, rounds_s=(10.0,)).rounds(48, 3) == 48
    assert allowed(None).problem(0, 30, 3) is None


@pytest.mark.parametrize(
    ("left_s", "pairs", "rounds"),
    [
        (160.0, 1, 16),
        (5.0, 1, 1),  # what is begun in time is played
        (-5.0, 1, 0),
        (25.0, 7, 2),
        (5.0, 7, 0),
        (9999.0, 7, 46),
    ],
)
def test_at_most_so_many_rounds_follow(left_s, pairs, rounds):
    found = allowed(10_000.0, passed_s=10_000.0 - left_s, rounds_s=(10.0,))
    assert found.rounds(46, pairs) == rounds


def test_before_a_round_was_played_nobody_knows_how_many_fit():
    assert allowed(10.0).rounds(60, 0) == 60


def test_too_few_pairs_for_the_first_look_are_a_problem_with_its_cure():
    assert allowed(20.0).problem(1, 30, 10) == (
        "its budget of 20.0 s was over after 1 of at least 7 pairs (10 were made again): "
        "give more time with --budget, or take less with --lanes or fewer messages"
    )
    assert "(1 was made again)" in allowed(20.0).problem(6, 30, 1)
    assert "made again" not in allowed(20.0).problem(6, 30, 0)
    assert allowed(20.0).problem(7, 30, 9) is None


def test_fewer_are_enough_where_fewer_were_asked_for_but_not_none():
    assert (
        allowed(20.0).problem(2, 3, 0).startswith("its budget of 20.0 s was over after 2 of at least 3 pairs")
    )
    assert allowed(20.0).problem(3, 3, 0) is None
    assert "after 0 of at least 1 pairs" in allowed(20.0, first_look=0).problem(0, 30, 0)
    assert allowed(20.0, first_look=0).problem(1, 30, 0) is None


def test_a_share_that_earlier_scenarios_have_used_up():
    assert allowed(-3.0).problem(1, 30, 0).startswith("its budget of 0 ms was over after 1 ")

"""Which runs of the pairs count: pollution, failures, the cap of what is made again, and who is to blame."""

import attrs
import pytest
from players import BUSY, QUIET, plan, run_of

from tcperf.crew import Performance
from tcperf.errors import NodeError
from tcperf.plan import Assignment
from tcperf.tally import Tally

PLAN = plan()


DETAILS = ("its last line",)


def played(pair, side, *, error=None, attempt=1, warm_up=False):
    assignment = Assignment(
        PLAN, side, 1, None if warm_up else pair, attempt, discarded_because="warm-up" if warm_up else None
    )
    if error is not None:
        return Performance(assignment, None, error=NodeError(error, cure="look", details=DETAILS))
    return Performance(assignment, run_of(assignment), (f"a {side}",))


def pair(tally, number, around=QUIET):
    for side in ("base", "head"):
        tally.take([played(number, side)], around)


def counting(tally):
    return [(run.pair, run.subject) for run in tally.runs if not run.discarded]


def test_a_pair_counts_when_both_of_its_runs_are_there():
    tally = Tally(3)
    tally.take([played(0, "base")], QUIET)
    assert tally.whole == ()
    (run,) = tally.runs
    assert run.discarded
    assert run.discarded_because == "the other run of its pair is missing"
    tally.take([played(0, "head")], QUIET)
    assert tally.whole == (0,)
    assert counting(tally) == [(0, "base"), (0, "head")]
    assert tally.redone == 0
    assert tally.warnings == ()


def test_runs_are_in_the_order_in_which_they_were_played_with_what_surrounded_them():
    tally = Tally(3, first_order=5)
    tally.take([played(0, "base", warm_up=True)], QUIET)
    pair(tally, 0)
    assert [run.order for run in tally.runs] == [5, 6, 7]
    assert {run.surroundings for run in tally.runs} == {QUIET}


def test_a_warm_up_never_counts_and_what_surrounds_it_spoils_nothing():
    tally = Tally(3)
    tally.take([played(0, "head", warm_up=True)], BUSY)
    assert counting(tally) == []
    assert tally.redone == 0
    assert tally.generations("head") == ("a head",)
    assert tally.generations("base") == ()


def test_a_polluted_pair_is_discarded_with_the_reason_and_counts_the_second_time():
    tally = Tally(3)
    tally.take([played(0, "base")], BUSY)
    assert tally.spoilt(0) == "other programs kept 1.50 cores busy"
    assert tally.attempt(0) == 2
    tally.begin([0])
    assert tally.spoilt(0) is None
    pair(tally, 0)
    assert tally.whole == (0,)
    assert tally.redone == 1
    assert [run.discarded for run in tally.runs] == [True, False, False]
    assert tally.runs[0].discarded_because == "other programs kept 1.50 cores busy"


def test_both_runs_go_when_the_second_was_polluted():
    tally = Tally(3)
    tally.take([played(0, "base")], QUIET)
    tally.take([played(0, "head")], BUSY)
    assert counting(tally) == []
    assert tally.redone == 1


def test_a_polluted_round_spoils_all_of_its_pairs():
    tally = Tally(3)
    tally.take([played(0, "base"), played(0, "head"), played(1, "head")], BUSY)
    assert tally.redone == 2
    assert tally.spoilt(0) == tally.spoilt(1)


def test_beyond_the_cap_polluted_pairs_count_and_it_is_said():
    tally = Tally(1)
    pair(tally, 0, BUSY)
    tally.begin([0])
    pair(tally, 0, BUSY)
    assert tally.whole == (0,)
    assert tally.redone == 1
    assert tally.warnings == ("2 runs count although the machine was busy: no more pairs are made again",)
    assert tally.failure is None


def test_of_a_round_in_lanes_every_run_that_counts_all_the_same_is_counted():
    tally = Tally(0)
    tally.take([played(0, "base"), played(0, "head"), played(1, "head", error="bob died")], BUSY)
    assert tally.warnings[-1].startswith("2 runs count although the machine was busy")


def test_of_pairs_that_were_never_whole_no_run_counts():
    tally = Tally(1)
    tally.take([played(0, "base")], BUSY)
    tally.take([played(1, "base")], BUSY)
    assert tally.warnings == ()
    tally.take([played(1, "head")], QUIET)
    assert tally.warnings[-1].startswith("1 run counts although the machine was busy")


def test_where_no_pair_counts_the_last_spoilt_run_of_a_side_may_count_alone():
    tally = Tally(3)
    for _attempt in range(2):
        tally.begin([0])
        tally.take([played(0, "base"), played(0, "head")], BUSY)
    assert counting(tally) == []
    assert tally.keep_one("head")
    (kept,) = [run for run in tally.runs if not run.discarded]
    assert (kept.subject, kept.pair, kept.discarded_because, kept.order) == ("head", None, None, 3)
    assert tally.whole == ()
    assert tally.warnings[-1] == (
        "no pair counts; the figures are of one run that was to be made again: other programs kept 1.50 cores busy"
    )


def test_a_side_without_a_run_or_with_a_warm_up_alone_has_none_to_keep():
    tally = Tally(3)
    tally.take([played(None, "head", warm_up=True)], QUIET)
    tally.take([played(0, "base")], BUSY)
    assert not tally.keep_one("head")
    assert tally.warnings == ()
    assert tally.keep_one("base")


def test_a_stall_counts_as_pollution_when_it_is_far_above_the_usual():
    tally = Tally(3)
    stalled = attrs.evolve(QUIET, stall_ratio=0.5)
    tally.take([played(0, "base")], stalled)  # what is usual is not known yet
    assert tally.redone == 0
    for number in (1, 2, 3):
        pair(tally, number)
    tally.take([played(4, "base")], stalled)
    assert "something waited for a core 50% of the time, usually 2%" in tally.spoilt(4)


def test_always_the_same_stall_is_the_usual_one():
    tally = Tally(3)
    for number in range(5):
        pair(tally, number, attrs.evolve(QUIET, stall_ratio=0.6))
    assert tally.redone == 0


def test_a_failed_run_takes_its_pair_along_and_is_told():
    tally = Tally(3)
    tally.take([played(0, "base")], QUIET)
    tally.take([played(0, "head", error="alice died")], QUIET)
    assert counting(tally) == []
    assert tally.redone == 1
    assert tally.runs[0].discarded_because == "the head failed: alice died"
    assert tally.warnings == ("pair 1 was broken off: the head failed: alice died",)
    assert tally.failure is None


@pytest.mark.parametrize("side", ["head", "base"])
def test_twice_in_a_row_is_too_often(side):
    tally = Tally(10)
    tally.take([played(0, side, error="alice died")], QUIET)
    tally.begin([0])
    tally.take([played(0, side, error="bob died", attempt=2)], QUIET)
    assert tally.failure.side == side
    assert tally.failure.error.message == f"the {side} failed 2 times in a row: bob died"
    assert (tally.failure.error.cure, tally.failure.error.details) == ("look", DETAILS)


def test_between_two_failures_a_run_that_succeeds_makes_good():
    tally = Tally(10)
    for number in range(4):
        tally.take([played(number, "head", error="alice died")], QUIET)
        tally.begin([number])
        pair(tally, number)
    assert tally.failure is None
    assert tally.redone == 4


def test_the_other_sides_success_makes_nothing_good():
    tally = Tally(10)
    tally.take([played(0, "head", error="once")], QUIET)
    tally.take([played(1, "base")], QUIET)
    tally.take([played(1, "head", error="twice")], QUIET)
    assert tally.failure.side == "head"


def test_failures_side_by_side_count_once():
    tally = Tally(10)
    tally.take([played(0, "head", error="a"), played(1, "head", error="b")], QUIET)
    assert tally.failure is None
    tally.take([played(0, "head", error="c"), played(1, "head")], QUIET)
    assert tally.failure is None


def test_failures_use_up_the_cap_too():
    tally = Tally(1)
    tally.take([played(0, "head", error="once")], QUIET)
    tally.begin([0])
    pair(tally, 0)
    tally.take([played(1, "head", error="twice")], QUIET)
    assert tally.failure.error.message == "the head failed, and no more pairs are made again: twice"


def test_a_side_that_fails_twice_in_its_warm_up_is_given_up():
    tally = Tally(10)
    tally.take([played(None, "base", error="no such flag", warm_up=True)], QUIET)
    assert tally.failure is None
    assert tally.is_failing("base")
    assert not tally.is_failing("head")
    assert tally.warnings == ("the warm-up of the base was made again: no such flag",)
    tally.take([played(None, "base", error="no such flag", warm_up=True, attempt=2)], QUIET)
    assert tally.failure.side == "base"
    assert tally.failure.error.message == "the base failed in its warm-up 2 times in a row: no such flag"
    assert (tally.failure.error.cure, tally.failure.error.details) == ("look", DETAILS)


def test_a_warm_up_that_fails_once_is_no_failure_of_a_pair():
    tally = Tally(10)
    tally.take([played(None, "base", error="busy port", warm_up=True)], QUIET)
    tally.take([played(None, "base", warm_up=True, attempt=2)], QUIET)
    assert not tally.is_failing("base")
    tally.take([played(0, "base", error="once")], QUIET)
    assert tally.failure is None
    assert tally.redone == 1


def test_the_first_failure_is_the_one_that_is_told():
    tally = Tally(0)
    tally.take([played(0, "base", error="first"), played(0, "head", error="second")], QUIET)
    assert tally.failure.side == "base"


# --- what counts -----------------------------------------------------------------------------------------


def test_what_counts_is_what_was_played_and_not_spoilt_be_it_a_half():
    tally = Tally(3)
    tally.take([played(None, "base", warm_up=True)], QUIET)
    assert tally.counting == frozenset()
    pair(tally, 0)
    tally.take([played(1, "head")], QUIET)
    assert tally.counting == {0, 1}
    tally.take([played(1, "base", error="died")], QUIET)
    assert tally.counting == {0}
    tally.begin([1])
    assert tally.counting == {0}
    tally.take([played(1, "base", attempt=2)], QUIET)
    assert tally.counting == {0, 1}


# --- what is to be played next ---------------------------------------------------------------------------


def test_whole_pairs_wait_for_nothing():
    tally = Tally(3)
    assert tally.waiting(3, 3) == [0, 1, 2]
    pair(tally, 1)
    assert tally.waiting(3, 3) == [0, 2]
    assert tally.waiting(1, 1) == [0]


def test_what_was_spoilt_waits_behind_what_was_never_begun():
    """Whatever keeps the machine busy now may be over then."""
    tally = Tally(3)
    pair(tally, 0, BUSY)
    tally.begin([1])
    pair(tally, 1)
    assert tally.waiting(4, 4) == [2, 3, 0]
    tally.begin([0])
    pair(tally, 0, BUSY)
    tally.take([played(2, "head", error="died")], QUIET)
    assert tally.waiting(4, 4) == [3, 2, 0]


def test_pairs_beyond_the_next_look_come_last():
    tally = Tally(3)
    pair(tally, 0, BUSY)
    tally.take([played(4, "base")], BUSY)
    assert tally.waiting(6, 3) == [1, 2, 0, 3, 5, 4]

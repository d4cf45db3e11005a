"""Where lanes wait for each other: nobody goes on too early, nobody waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.lanes.rendezvous import POINTS, Rendezvous


def test_all_go_on_when_the_last_has_come():
    meeting = Rendezvous([0, 1, 2])
    assert list(meeting.arrive(1, "begin")) == []
    assert list(meeting.arrive(0, "begin")) == []
    assert list(meeting.arrive(2, "begin")) == [0, 1, 2]


def test_the_second_point_is_another_one():
    meeting = Rendezvous([0, 1])
    meeting.arrive(0, "begin")
    meeting.arrive(1, "begin")
    assert list(meeting.arrive(0, "end")) == []
    assert list(meeting.arrive(1, "end")) == [0, 1]


def test_who_leaves_does_not_hold_the_others():
    meeting = Rendezvous([0, 1, 2])
    meeting.arrive(0, "begin")
    meeting.arrive(1, "begin")
    assert list(meeting.leave(2)) == [0, 1]
    assert set(meeting.present) == {0, 1}


def test_who_waits_may_be_lost():
    meeting = Rendezvous([0, 1])
    meeting.arrive(0, "begin")
    assert list(meeting.leave(0)) == []
    assert list(meeting.arrive(1, "begin")) == [1]


def test_leaving_twice_is_leaving_once():
    meeting = Rendezvous([0, 1])
    meeting.leave(0)
    assert list(meeting.leave(0)) == []
    assert set(meeting.present) == {1}


def test_who_is_ahead_waits_for_those_behind():
    """A lane that has met nobody at the beginning (it alone has no published phase) does not pass the others."""
    meeting = Rendezvous([0, 1])
    assert list(meeting.arrive(0, "end")) == []
    assert list(meeting.arrive(1, "begin")) == [1]
    assert list(meeting.arrive(1, "end")) == [0, 1]


def test_alone_one_never_waits():
    meeting = Rendezvous([5])
    assert [list(meeting.arrive(5, point)) for point in POINTS] == [[5], [5]]
    assert list(meeting.leave(5)) == []


@pytest.mark.parametrize("lanes", [[], [3]])
def test_who_is_present(lanes):
    assert list(Rendezvous(lanes).present) == lanes


@st.composite
def courses(draw):
    """Each lane's steps: it comes to some points in order, then leaves; lanes' steps are mixed anyhow."""
    lanes = draw(st.integers(1, 5))
    steps = {lane: [*POINTS[: draw(st.integers(0, 2))], None] for lane in range(lanes)}
    return steps, draw(st.randoms(use_true_random=False))


@given(courses())
def test_in_any_order_all_come_through_and_nobody_early(course):
    steps, random = course
    meeting = Rendezvous(steps)
    waiting = {}
    passed = dict.fromkeys(steps, 0)
    while steps:
        free = [lane for lane in steps if lane not in waiting]
        assert free, "everybody waits: nobody would ever go on"
        lane = random.choice(free)
        point = steps[lane].pop(0)
        if point is None:
            del steps[lane], passed[lane]
            released = meeting.leave(lane)
        else:
            waiting[lane] = POINTS.index(point) + 1
            released = meeting.arrive(lane, point)
        for other in released:
            level = waiting.pop(other)
            # Whoever still takes part is at this point, or beyond it.
            assert all(max(passed[each], waiting.get(each, 0)) >= level for each in passed if each != other)
            passed[other] = level
    assert not waiting
    assert not meeting.present

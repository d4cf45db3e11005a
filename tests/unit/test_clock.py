"""The one clock and its deadlines."""

import time

from hypothesis import given
from hypothesis import strategies as st

from tcperf import clock
from tcperf.clock import NS_PER_S, Deadline


def test_it_is_the_systems_monotonic_clock():
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    assert before <= clock.monotonic_ns() <= time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def test_a_deadline_to_come():
    deadline = Deadline.after(60)
    assert 59 < deadline.remaining_s() <= 60
    assert not deadline.expired
    assert str(deadline) == "60 s"


def test_a_deadline_that_passed():
    deadline = Deadline.after(-1)
    assert deadline.remaining_s() == 0
    assert deadline.expired


@given(st.floats(-1e6, 1e6))
def test_the_rest_is_never_negative_nor_more_than_allowed(seconds):
    deadline = Deadline.after(seconds)
    assert 0 <= deadline.remaining_s() <= max(0, seconds) + 1 / NS_PER_S
    assert deadline.allowed_s == seconds

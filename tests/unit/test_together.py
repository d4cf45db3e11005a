"""Calls side by side: how many at a time, and what happens where one fails or the wait is broken off."""

import threading
import time

import pytest

from tcperf import together as module
from tcperf.together import together

PATIENCE_S = 10


def never():
    raise AssertionError("nobody gave up")


def test_as_many_run_at_a_time_as_it_is_wide_and_all_of_them_run():
    lock, barrier = threading.Lock(), threading.Barrier(3)
    now, most, done = [0], [0], []

    def call(number):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        barrier.wait(PATIENCE_S)  # passed only where three are here at once
        with lock:
            now[0] -= 1
            done.append(number)

    together([lambda number=number: call(number) for number in range(9)], 3, never)
    assert most == [3]
    assert sorted(done) == list(range(9))


def test_none_is_nothing():
    together([], 4, never)


def test_a_failure_is_raised_when_those_that_run_have_ended_and_none_is_begun_after_it():
    begun, ended, failing = [], [], threading.Event()

    def fails():
        begun.append("fails")
        failing.set()
        raise ValueError("the cellar is flooded")

    def slow():
        begun.append("slow")
        failing.wait(PATIENCE_S)
        time.sleep(0.1)
        ended.append("slow")

    with pytest.raises(ValueError, match="cellar"):
        together([slow, fails, *[lambda: begun.append("late")] * 50], 2, never)
    assert ended == ["slow"]
    assert set(begun[:2]) == {"slow", "fails"}
    assert len(begun) < 52


def test_the_first_of_several_failures_in_their_order_is_told():
    barrier = threading.Barrier(2)

    def fails(number):
        barrier.wait(PATIENCE_S)
        raise ValueError(f"number {number}")

    with pytest.raises(ValueError, match="number 0"):
        together([lambda: fails(0), lambda: fails(1)], 2, never)


def test_where_the_wait_is_broken_off_they_are_given_up_first(monkeypatch):
    given_up = threading.Event()

    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "wait", interrupted)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        together([lambda: given_up.wait(PATIENCE_S)], 1, given_up.set)
    assert time.monotonic() - began < PATIENCE_S / 2

"""Work that is waited for until its time is up."""

import os
import signal
import threading
import time

import pytest

from tcperf.errors import Interrupted
from tcperf.interrupts import Interrupts
from tcperf.teamcity.errand import done_within


class Stuck:
    """Work that goes on until it is let go, and then notes that it ended."""

    def __init__(self):
        self.let_go, self.ended = threading.Event(), threading.Event()

    def __call__(self):
        self.let_go.wait(30)
        self.ended.set()
        return "late"


@pytest.fixture
def stuck():
    work = Stuck()
    yield work
    work.let_go.set()
    assert work.ended.wait(10)


def test_what_the_work_comes_to():
    assert done_within(10, lambda: 5, "work") == 5


def test_it_is_done_in_a_thread_of_that_name():
    assert done_within(10, lambda: threading.current_thread().name, "asks") == "asks"
    assert done_within(10, lambda: threading.current_thread().daemon, "asks")


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("of its own"), SystemExit(3)])
def test_what_the_work_raises_is_raised_here(error):
    def work():
        raise error

    with pytest.raises(type(error)) as caught:
        done_within(10, work, "work")
    assert caught.value is error


def test_work_that_takes_too_long_is_not_waited_for(stuck):
    began = time.monotonic()
    assert done_within(0.05, stuck, "stuck") is None
    assert time.monotonic() - began < 10  # and not the 30 s that it may take
    assert not stuck.ended.is_set()


def test_an_error_that_comes_too_late_is_nobodys():
    let_go, ended = threading.Event(), threading.Event()

    def work():
        let_go.wait(30)
        ended.set()
        raise ValueError("late")

    assert done_within(0.01, work, "late") is None
    let_go.set()
    assert ended.wait(10)  # pytest would tell of an exception that a thread let out


def test_a_signal_ends_the_waiting(stuck):
    with Interrupts():
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()  # as from outside
        began = time.monotonic()
        with pytest.raises(Interrupted):
            done_within(60, stuck, "stuck")
    assert time.monotonic() - began < 30

"""Signals become one exception, and never break what is being taken down."""

import os
import signal

import pytest

from tcperf.errors import Interrupted
from tcperf.interrupts import Interrupts


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_raised_where_it_arrives(number, status):
    with Interrupts(), pytest.raises(Interrupted, match=number.name) as caught:
        os.kill(os.getpid(), number)
    assert caught.value.exit_status == status
    assert caught.value.signal_number == number


def test_the_first_signal_counts_and_the_others_are_impatience():
    steps = []
    with Interrupts():
        with pytest.raises(Interrupted, match="SIGTERM"):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                steps.append("taken down")
    assert steps == ["taken down"]


def test_impatience_does_not_break_what_is_taken_down():
    steps = []
    with Interrupts() as interrupts, pytest.raises(Interrupted, match="SIGTERM"):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            with interrupts.shielded():
                os.kill(os.getpid(), signal.SIGINT)
                steps.append("taken down")
    assert steps == ["taken down"]


def test_a_signal_that_something_swallowed_is_not_forgotten():
    steps = []
    with Interrupts() as interrupts:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Interrupted:
            steps.append("swallowed")
        with pytest.raises(Interrupted, match="SIGTERM"):
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted, match="SIGTERM"), interrupts.shielded():
            steps.append("went on")
    assert steps == ["swallowed", "went on"]


def test_a_shielded_block_ends_first():
    steps = []
    with Interrupts() as interrupts, pytest.raises(Interrupted, match="SIGINT"):
        with interrupts.shielded():
            with interrupts.shielded():
                os.kill(os.getpid(), signal.SIGINT)
                steps.append("inner")
            steps.append("outer")
        steps.append("never")
    assert steps == ["inner", "outer"]


def test_resources_are_given_back_in_reverse_whatever_arrives():
    given_back = []
    with Interrupts() as interrupts, pytest.raises(Interrupted), interrupts.resources() as stack:
        stack.callback(given_back.append, "first")
        stack.callback(os.kill, os.getpid(), signal.SIGTERM)
        stack.callback(given_back.append, "second")
    assert given_back == ["second", "first"]


def test_an_error_and_no_signal():
    given_back = []
    with Interrupts() as interrupts, pytest.raises(ValueError, match="mine"):
        with interrupts.resources() as stack:
            stack.callback(given_back.append, 1)
            raise ValueError("mine")
    assert given_back == [1]


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

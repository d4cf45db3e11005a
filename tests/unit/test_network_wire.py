"""How a helper answers, and what its asker makes of it."""

import errno
import os

import pytest

from tcperf.errors import MachineError, UsageError
from tcperf.network import wire


def fail(error):
    raise error


def told(answer):
    with pytest.raises(MachineError) as caught:
        wire.outcome("the meter", "watch", answer)
    return caught.value


def test_what_was_done_is_returned():
    assert wire.outcome("the meter", "watch", wire.answered(lambda: {"found": True})) == {"found": True}


def test_nothing_is_an_answer_too():
    assert wire.outcome("the meter", "watch", wire.answered(lambda: None)) is None


def test_an_error_of_ours_keeps_its_cure():
    error = told(wire.answered(lambda: fail(UsageError("no such process", cure="look again"))))
    assert (error.message, error.cure) == ("the meter cannot watch: no such process", "look again")


def test_an_error_of_the_system_has_none():
    refused = OSError(errno.EACCES, os.strerror(errno.EACCES))
    error = told(wire.answered(lambda: fail(refused)))
    assert (error.message, error.cure) == (f"the meter cannot watch: {refused}", None)


def test_a_fault_of_ours_ends_the_helper():
    with pytest.raises(ZeroDivisionError):
        wire.answered(lambda: 1 // 0)

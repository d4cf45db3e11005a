"""What a test may hand to the fixture's ``watch``, and what is said of all else; what it measures is tried with real suites."""

import contextlib
import os
import subprocess

import pytest

from tcperf.suite.handle import Handle

#: Numbers that no process has: those of Linux end at 2**22, and any lower one may be what started the tests.
ONE, OTHER, NOBODY = 2**22 + 1, 2**22 + 2, 2**22 + 3


@pytest.fixture
def watched():
    return []


@pytest.fixture
def handle(watched):
    def watch(pid):
        watched.append(pid)
        return pid != NOBODY

    return Handle(watch, lambda _name: contextlib.nullcontext())


class Number:
    def __index__(self):
        return OTHER


def test_a_process_is_told_by_its_number(handle, watched):
    handle.watch(ONE)
    handle.watch(Number())
    assert watched == [ONE, OTHER]


@pytest.mark.parametrize("what", ["abc", "42", None, 42.0, subprocess.Popen])
def test_what_is_no_number_is_told_with_what_to_hand_over(handle, watched, what):
    with pytest.raises(TypeError, match=r"told by its number \(hand over .* subprocess.Popen\(…\).pid\)"):
        handle.watch(what)
    assert not watched


@pytest.mark.skipif(not hasattr(os, "getppid"), reason="needs a parent")
@pytest.mark.parametrize("which", ["itself", "parent"])
def test_the_tests_own_process_and_what_started_it_are_none_to_watch(handle, watched, which):
    pid = os.getpid() if which == "itself" else os.getppid()
    with pytest.raises(
        ValueError, match=f"watch\\({pid}\\): that is pytest itself or what started it.*hand over"
    ):
        handle.watch(pid)
    assert not watched


def test_where_there_is_no_process_it_is_said(handle):
    with pytest.raises(ProcessLookupError, match=f"watch\\({NOBODY}\\): there is no such process.*hand over"):
        handle.watch(NOBODY)


@pytest.mark.parametrize("name", ["Send", "", "a b"])
def test_a_phase_needs_a_name_that_makes_a_key(handle, name):
    with pytest.raises(ValueError, match="cannot name a phase"), handle.phase(name):
        pass

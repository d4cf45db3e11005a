"""What a test may hand to the fixture's ``watch``, and what is said of all else; what it measures is tried with real suites."""

import contextlib
import os
import subprocess

import pytest

from tcperf.suite.handle import Handle


@pytest.fixture
def watched():
    return []


@pytest.fixture
def handle(watched):
    def watch(pid):
        watched.append(pid)
        return pid < 1000

    return Handle(watch, lambda _name: contextlib.nullcontext())


class Number:
    def __index__(self):
        return 77


def test_a_process_is_told_by_its_number(handle, watched):
    handle.watch(42)
    handle.watch(Number())
    assert watched == [42, 77]


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


@pytest.mark.parametrize("pid", [12345, 4194305])
def test_where_there_is_no_process_it_is_said(handle, pid):
    with pytest.raises(ProcessLookupError, match=f"watch\\({pid}\\): there is no such process.*hand over"):
        handle.watch(pid)


@pytest.mark.parametrize("name", ["Send", "", "a b"])
def test_a_phase_needs_a_name_that_makes_a_key(handle, name):
    with pytest.raises(ValueError, match="cannot name a phase"), handle.phase(name):
        pass

"""pytest's hooks around each test: what becomes of phases that raise, and where the watcher is lost."""

import contextlib
from types import SimpleNamespace

import pytest

from tcperf.errors import MachineError
from tcperf.suite import broken, plugin, record
from tcperf.watching.watcher import Observed


class Counting:
    """A watcher that knows which stretches last; it is lost at the end of the one with the number ``lost``."""

    def __init__(self, lost=None):
        self.lasting = []
        self._lost, self._number = lost, 0

    def begin(self):
        self._number += 1
        self.lasting.append(self._number)
        return self._number

    def end(self, number, _calls):
        if number == self._lost:
            raise MachineError("the post was lost")
        self.lasting.remove(number)
        return Observed({})

    def close(self):
        pass


def play(test, *, watcher=None, passed=True):
    """The report of a test's teardown, the watcher, and what the test raised, if anything."""
    watcher = watcher or Counting()
    tests = plugin.Tests(watcher, ())
    setup = tests.pytest_runtest_setup(SimpleNamespace(nodeid="a.py::test_a"))
    next(setup)
    call, error = tests.pytest_runtest_call(), None
    next(call)
    try:
        test(tests.handle.phase)
    except Exception as raised:  # noqa: BLE001 - as pytest takes it
        error = raised
    with contextlib.suppress(StopIteration):
        call.send(SimpleNamespace(excinfo=error))
    report = SimpleNamespace(passed=passed)
    hook = tests.pytest_runtest_makereport(SimpleNamespace(when="teardown"))
    next(hook)
    with contextlib.suppress(StopIteration):
        hook.send(SimpleNamespace(get_result=lambda: report))
    tests.pytest_unconfigure()
    return report, watcher, error


def catching(phase):
    with phase("good"):
        pass
    with phase("outer"), contextlib.suppress(KeyError), phase("bad"):
        raise KeyError("k")
    with pytest.raises(ZeroDivisionError), phase("both"), phase("inner"):
        raise ZeroDivisionError


def test_a_phase_that_raises_makes_no_number_and_is_told():
    report, watcher, error = play(catching)
    assert error is None
    assert [each.part for each in record.loads(report.tcperf)] == ["good", "outer", ""]
    assert broken.loads(report.tcperf_broken) == (
        broken.Broken("a.py::test_a", "bad", "KeyError: 'k'"),
        broken.Broken("a.py::test_a", "inner", "ZeroDivisionError"),
        broken.Broken("a.py::test_a", "both", "ZeroDivisionError"),
    )
    assert watcher.lasting == []


def failing(phase):
    with phase("bad"):
        raise KeyError("k")


def test_of_a_test_that_fails_neither_is_told():
    report, watcher, error = play(failing)
    assert isinstance(error, KeyError)
    assert (report.tcperf, report.tcperf_broken) == ("[]", "[]")
    assert watcher.lasting == []
    report, _watcher, error = play(catching, passed=False)
    assert error is None
    assert (report.tcperf, report.tcperf_broken) == ("[]", "[]")


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_a_watcher_that_is_lost_within_phases_fails_no_test(lost):
    report, _watcher, error = play(catching, watcher=Counting(lost))
    assert error is None
    assert report.tcperf_trouble == "the post was lost"

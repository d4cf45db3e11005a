"""pytest's hooks where ``--tcperf`` is given, around each test; those around them all are ``session``'s."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pytest
from attrs import evolve

from tcperf.errors import TcperfError
from tcperf.suite import broken, record
from tcperf.suite.broken import Broken
from tcperf.suite.entry import POST
from tcperf.suite.handle import Handle
from tcperf.suite.measurer import Begun, Measurer
from tcperf.suite.naming import name_of, name_of_phase, without_repeat
from tcperf.suite.record import Record
from tcperf.suite.session import Session
from tcperf.system import this_system
from tcperf.watching.beside import NOBODY, Beside, Device, devices
from tcperf.watching.watcher import Watcher

#: The parameter that pytest-repeat makes a test's runs of.
_REPEAT: Final = "__pytest_repeat_step_number"


def register(config: pytest.Config) -> None:
    """Take part in this session.  Raises pytest.UsageError where something is wrong with what was asked for."""
    try:
        if hasattr(config, "workerinput"):
            config.pluginmanager.register(_tests(config), "tcperf-suite")
            return
        session = Session(config)
        config.pluginmanager.register(session, "tcperf-session")
        if config.pluginmanager.hasplugin("dsession"):
            _check_devices(config)
        else:
            config.pluginmanager.register(_tests(config), "tcperf-suite")
    except TcperfError as error:
        raise pytest.UsageError(f"--tcperf: {error}") from error


def _tests(config: pytest.Config) -> Tests:
    """Raises TcperfError where a container or a phone cannot be watched."""
    found = _devices(config)
    names = config.option.tcperf_process or ([NOBODY] if found else [])
    watcher = _of_processes(names)
    return Tests(Beside(watcher, found) if found else watcher, names)


def _of_processes(names: Sequence[str]) -> Watcher:
    if this_system().is_linux:
        from tcperf.watching.post import Client

        return Client(os.environ[POST], names)
    from tcperf.watching.lonely import Lonely

    return Lonely(names)


def _devices(config: pytest.Config) -> list[Device]:
    return devices(config.option.tcperf_container, config.option.tcperf_android, os.environ)


def _check_devices(config: pytest.Config) -> None:
    """Say what is wrong before any worker is started: those can but fail."""
    for device in _devices(config):
        device.watched.close()


class Tests:
    """In each process that runs tests."""

    def __init__(self, watcher: Watcher, names: Sequence[str]) -> None:
        self.measurer = Measurer(watcher, names)
        self.handle = Handle(self.measurer.watch, self.measured)
        self._origin = ""
        self._records: list[Record] = []
        self._broken: list[Broken] = []
        self._has_passed = False
        self._trouble: str | None = None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        """A test begins, perhaps once more."""
        self._origin, self._has_passed = _origin(item), True
        self._forget()
        yield

    def _forget(self) -> None:
        """What was of another test, or another time."""
        self._records, self._broken = [], []
        self.measurer.started.clear()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """The test itself: not what its fixtures do before and after."""
        with self.measured():
            outcome = yield
            if outcome.excinfo is not None:  # type: ignore[attr-defined]
                self._has_passed = False

    @contextmanager
    def measured(self, phase: str = "") -> Iterator[None]:
        """Measure the block, a phase of the test, or all of it; a test never fails by that."""
        begun, origin = self._begin(), self._origin
        try:
            yield
        except BaseException as error:
            self._end(begun, origin, phase)  # it is over, and what it was is no number
            self._broken.append(Broken.of(origin, phase, error))
            raise
        found = self._end(begun, origin, phase)
        if found is not None:
            self._records.append(found if phase else evolve(found, started=tuple(self.measurer.started)))

    def _begin(self) -> Begun | None:
        """A stretch that begins; None where nothing can be measured any more."""
        try:
            return self.measurer.begin() if self._trouble is None else None
        except TcperfError as error:
            self._troubled(error)
        return None

    def _end(self, begun: Begun | None, origin: str, phase: str) -> Record | None:
        """What a stretch measured; None where it was not measured, or cannot be to its end."""
        try:
            if begun is not None and self._trouble is None:
                return self.measurer.end(begun, _name(origin, phase), origin, phase)
        except TcperfError as error:
            self._troubled(error)
        return None

    def _troubled(self, error: TcperfError) -> None:
        """Nothing can be measured any more: it is said once, and the tests go on."""
        self._trouble = str(error)
        self.measurer.close()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Iterator[None]:
        """What a passed test measured goes with the report of its teardown, from whatever process to the main one."""
        outcome = yield
        report = outcome.get_result()  # type: ignore[attr-defined]
        self._has_passed = self._has_passed and report.passed
        if call.when == "teardown":
            report.tcperf = record.dumps(tuple(self._records) if self._has_passed else ())
            report.tcperf_broken = broken.dumps(self._broken if self._has_passed else ())
            report.tcperf_trouble = self._trouble
            self._forget()

    def pytest_unconfigure(self) -> None:
        """Measure no more."""
        self.measurer.close()


def _name(origin: str, phase: str) -> str:
    return name_of_phase(origin, phase) if phase else name_of(origin)


def _origin(item: pytest.Item) -> str:
    """Pytest's id of the test; its repeats have one."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return without_repeat(item.nodeid) if _REPEAT in parameters else item.nodeid

"""pytest's hooks around all tests: what they measured is gathered in the main process, and reported."""

from __future__ import annotations

import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

import pytest

from tcperf import clock
from tcperf.cli.terminal import Terminal
from tcperf.errors import TcperfError
from tcperf.reports.text import shorten
from tcperf.suite import left
from tcperf.suite.collected import Collected, Told
from tcperf.suite.entry import MARK, POST, standing, take_voice
from tcperf.suite.gathering import Outcome
from tcperf.system import this_system
from tcperf.teamcity.escaping import neutralise

if TYPE_CHECKING:
    from tcperf.watching.post import Post

#: Where pytest says that a warning comes from, and how much of it is told.
_ORIGIN: Final = "--tcperf"
_WARNING_LIMIT: Final = 600


class Session:
    """In the main process: it has the post, gathers what all measured, and reports."""

    def __init__(self, config: pytest.Config) -> None:
        from tcperf.suite.closing import Closing

        self._config = config
        self._heard = Collected()
        self._times = left.Times()
        self._post: Post | None = None
        stands = standing()
        if stands.packets is None and config.option.tcperf_network == "private":
            raise pytest.UsageError(f"--tcperf-network private: there can be none here: {stands.why}")
        self._closing = Closing(config, stands.why)
        self._journal = self._closing.journal()
        if this_system().is_linux:
            try:
                self._open_post(stands.packets)
            except TcperfError:
                self._journal.discard()
                raise

    def _open_post(self, descriptor: int | None) -> None:
        from tcperf.watching.post import Post

        packets = None if descriptor is None else socket.socket(fileno=descriptor)
        voice = take_voice()
        try:
            self._post = Post(packets, voice, self._closing.rescue())
        finally:
            if packets is not None:
                packets.close()
            if voice is not None:
                os.close(voice)
        os.environ[POST] = self._post.path  # workers inherit it

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """How many tests are to be run; with pytest-xdist its workers alone know."""
        if session.items:
            self._journal.know(len(session.items))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, somewhere."""
        self._heard.begin(nodeid)
        self._journal.begin(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What a test measured, or that it has no figures."""
        self._times.note(report.nodeid, getattr(report, "start", 0), getattr(report, "stop", 0))
        told = _told(report)
        if told is not None:
            self._heard.take(told)
            self._journal.take(told)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """The last of all: reports, statistics, the gate.  What pytest is to tell in its own summary comes before that."""
        found = self._closing.gather(self._heard)
        for text in found.missed:
            if text != found.why_blank:  # which is said last of all, with what follows from it
                self._warn(text)
        yield
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        # What pytest itself writes to: what sys.stdout gets is captured.  There is no public way to it.
        stream: TextIO = sys.stdout if reporter is None else reporter._tw._file  # noqa: SLF001
        stream.write("\n")
        try:
            has_passed = session.exitstatus == pytest.ExitCode.OK
            status = self._closing.tell(found, stream, self._left(), has_passed=has_passed)
        except TcperfError as error:
            Terminal(stream, stream, os.environ).fail(error)
            status = error.exit_status
        if session.exitstatus == pytest.ExitCode.OK and status:
            session.exitstatus = status
        self._leave()

    def _left(self) -> tuple[str, ...]:
        """What is said of what the tests left running, now that all is torn down."""
        with suppress(TcperfError):  # the post is lost, which was said
            if self._post is not None and (found := self._post.left()):
                return (left.sentence(found, self._times, clock.realtime_ns() / clock.NS_PER_S),)
        return ()

    def _warn(self, text: str) -> None:
        """Have pytest tell it among its warnings, whatever filters of warnings the suite has: it is none of the suite's."""
        told = pytest.PytestWarning(neutralise(shorten(text, _WARNING_LIMIT)))
        message = warnings.WarningMessage(told, type(told), _ORIGIN, 0, line="")
        self._config.hook.pytest_warning_recorded.call_historic(
            kwargs={"warning_message": message, "when": "config", "nodeid": "", "location": None}
        )

    def _leave(self) -> None:
        """All is told: nothing is lost any more, however this process ends."""
        self._journal.discard()
        if self._post is not None:
            self._post.leave()

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        self._leave()
        self._closing.close()
        if self._post is not None:
            self._post.close()
        for name in (MARK, POST):
            os.environ.pop(name, None)


def _told(report: pytest.TestReport) -> Told | None:
    """What a report tells that is not yet known; None where it is nothing."""
    texts = (getattr(report, name, None) for name in ("tcperf", "tcperf_broken", "tcperf_trouble"))
    told = Told(report.nodeid, _outcome(report), *texts)
    return None if told == Told(report.nodeid) else told


def _outcome(report: pytest.TestReport) -> Outcome | None:
    """How a test ended that has no figures; None where it passed, and for parts of tests, which pytest reports, too."""
    if type(report) is not pytest.TestReport:
        return None
    if report.failed:
        return "failed"
    return ("xfailed" if hasattr(report, "wasxfail") else "skipped") if report.skipped else None

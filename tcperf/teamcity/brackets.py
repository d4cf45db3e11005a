"""Messages that come in pairs: whatever is opened is closed, on an exception too.

The library's own context managers leave a block open when its body raises.
"""
# ruff: noqa: N802, N803 - the names are teamcity-messages' own

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from teamcity.messages import TeamcityServiceMessages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import timedelta


class BracketedMessages(TeamcityServiceMessages):  # type: ignore[misc]  # the library is untyped
    """teamcity-messages' class with context managers that always close."""

    def blockOpened(self, name: str, flowId: str | None = None, description: str | None = None) -> None:
        """Open a block of the build log."""
        self.message("blockOpened", name=name, description=description, flowId=flowId)

    def block(
        self, name: str, flowId: str | None = None, description: str | None = None
    ) -> AbstractContextManager[None]:
        """A block of the build log around the ``with`` body."""
        return _closing(
            lambda: self.blockOpened(name, flowId, description), lambda: self.blockClosed(name, flowId)
        )

    def compilation(self, compiler: str) -> AbstractContextManager[None]:
        """A compilation around the ``with`` body."""
        return _closing(lambda: self.compilationStarted(compiler), lambda: self.compilationFinished(compiler))

    def testSuite(self, name: str) -> AbstractContextManager[None]:
        """A test suite around the ``with`` body."""
        return _closing(lambda: self.testSuiteStarted(name), lambda: self.testSuiteFinished(name))

    def test(
        self,
        testName: str,
        captureStandardOutput: str | None = None,
        testDuration: timedelta | None = None,
        flowId: str | None = None,
    ) -> AbstractContextManager[None]:
        """A test around the ``with`` body.  An exception only ends it: say ``testFailed`` yourself."""
        return _closing(
            lambda: self.testStarted(testName, captureStandardOutput, flowId),
            lambda: self.testFinished(testName, testDuration, flowId),
        )

    def progress(self, message: str) -> AbstractContextManager[None]:
        """A progress message that lasts as long as the ``with`` body."""
        return _closing(lambda: self.progressStart(message), lambda: self.progressFinish(message))

    def serviceMessagesDisabled(self, flowId: str | None = None) -> AbstractContextManager[None]:
        """TeamCity ignores service messages in the ``with`` body.  A guard against accidents only."""
        return _closing(
            lambda: self.disableServiceMessages(flowId), lambda: self.enableServiceMessages(flowId)
        )

    def serviceMessagesEnabled(self, flowId: str | None = None) -> AbstractContextManager[None]:
        """TeamCity heeds service messages in the ``with`` body."""
        return _closing(
            lambda: self.enableServiceMessages(flowId), lambda: self.disableServiceMessages(flowId)
        )


@contextmanager
def _closing(opening: Callable[[], None], closing: Callable[[], None]) -> Iterator[None]:
    opening()
    try:
        yield
    finally:
        closing()

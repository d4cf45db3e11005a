"""What the process that reports has heard of the tests until now, be it from their reports or from the journal.  Pure."""

from __future__ import annotations

from typing import Final

from attrs import define, field, frozen

from tcperf.suite import broken, record
from tcperf.suite.broken import Broken
from tcperf.suite.gathering import Outcome
from tcperf.suite.record import Record

#: How a test ended in which pytest itself ended.
_ENDED_IN: Final[Outcome] = "failed"


@frozen
class Told:
    """What one of pytest's reports tells of a ``test``, by pytest's id.

    ``outcome`` is how it ended, where it has no figures for that.  The report of its teardown, the last one, has
    what it measured (``records``) and which phases raised (``broken``), as texts; ``trouble`` is why nothing can be
    measured any more.
    """

    test: str
    outcome: Outcome | None = None
    records: str | None = None
    broken: str | None = None
    trouble: str | None = None


@define
class Collected:
    """All of it.  ``begun`` are the tests that have begun and are not over, in that order."""

    records: list[Record] = field(factory=list)
    broken: list[Broken] = field(factory=list)
    outcomes: dict[str, Outcome] = field(factory=dict)
    troubles: dict[str, None] = field(factory=dict)
    begun: dict[str, None] = field(factory=dict)
    over: dict[str, None] = field(factory=dict)

    def begin(self, test: str) -> None:
        """A test begins."""
        self.begun[test] = None

    def take(self, told: Told) -> None:
        """A report has come."""
        if told.outcome is not None:
            self.outcomes[told.test] = told.outcome
        if told.trouble is not None:
            self.troubles[told.trouble] = None
        if told.records is not None:
            self.records += record.loads(told.records)
            self.broken += broken.loads(told.broken or "[]")
            self.begun.pop(told.test, None)
            self.over[told.test] = None

    def end(self) -> list[str]:
        """There will be no more reports: the tests that have begun have failed; the ids of those that had not before.

        A worker of pytest-xdist that was lost reports its test as failed, and tells no end of it.
        """
        ended = [test for test in self.begun if test not in self.outcomes]
        self.outcomes |= dict.fromkeys(ended, _ENDED_IN)
        self.begun.clear()
        return ended

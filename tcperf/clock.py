"""The one clock: monotonic nanoseconds, and deadlines on it.

Every time that tcperf measures or waits for is read here, so that stamps of different parts compare.
"""

from __future__ import annotations

import time

from attrs import frozen

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
#: 23 days: poll(2) counts milliseconds in 31 bits.
LONGEST_WAIT_S = 2_000_000.0


def monotonic_ns() -> int:
    """CLOCK_MONOTONIC in nanoseconds: the same scale in every process of this machine."""
    return time.monotonic_ns()


def realtime_ns() -> int:
    """CLOCK_REALTIME in nanoseconds: the clock by which the kernel stamps captured frames, and pytest its reports."""
    return time.time_ns()


@frozen
class Deadline:
    """A point in time until which something may take; ``allowed_s`` is what was allowed at first."""

    at_ns: int
    allowed_s: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline ``seconds`` from now."""
        return cls(monotonic_ns() + round(seconds * NS_PER_S), seconds)

    def remaining_s(self) -> float:
        """Seconds left, never negative, and never more than what may be waited for at once."""
        return min(max(0, self.at_ns - monotonic_ns()) / NS_PER_S, LONGEST_WAIT_S)

    @property
    def expired(self) -> bool:
        """Whether the time is up."""
        return monotonic_ns() >= self.at_ns

    def __str__(self) -> str:
        """What was allowed, for an error's text: ``60 s``."""
        return f"{self.allowed_s:g} s"

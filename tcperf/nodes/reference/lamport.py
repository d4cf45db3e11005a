"""The clock that orders an account's messages: Lamport's, near the wall clock."""

from __future__ import annotations

import time

#: A clock further ahead of ours is refused (status-go's maxWhisperFutureDriftMs): it would drag ours along.
_MOST_AHEAD_MS = 120_000


def now_ms() -> int:
    """The wall clock, Unix ms."""
    return time.time_ns() // 1_000_000


class LamportClock:
    """Greater at each tick than anything seen before; ``last`` is where it stood at the last login."""

    def __init__(self, last: int) -> None:
        self._last = last

    def tick(self) -> int:
        """The next time."""
        self._last = max(self._last + 1, now_ms())
        return self._last

    def check(self, theirs: int) -> None:
        """ValueError where another's clock is too far ahead."""
        if theirs > now_ms() + _MOST_AHEAD_MS:
            raise ValueError("clock value too high")

    def see(self, theirs: int) -> None:
        """Go on from another's clock."""
        self._last = max(self._last, theirs)

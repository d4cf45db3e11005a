"""Whether somebody sets the clock by which the kernel stamps frames."""

from __future__ import annotations

from typing import Final

from tcperf.clock import NS_PER_MS, monotonic_ns, realtime_ns

#: The two clocks drift apart by one part in two thousand at most (adjtime(3)); more than twice that is a step.
_DRIFT: Final = 1000
_STEP_NS: Final = NS_PER_MS


class ClockWatch:
    """``offset_ns`` is what the monotonic clock lacks to the time of day, at the last look; ``steps`` counts steps."""

    def __init__(self) -> None:
        self._looked_ns = monotonic_ns()
        self.offset_ns = realtime_ns() - self._looked_ns
        self.steps = 0

    def look(self) -> int:
        """By how many nanoseconds the time of day was set since the last look: 0 where it just went on."""
        now_ns = monotonic_ns()
        offset_ns = realtime_ns() - now_ns
        step_ns = offset_ns - self.offset_ns
        drift_ns = (now_ns - self._looked_ns) // _DRIFT
        self.offset_ns, self._looked_ns = offset_ns, now_ns
        if abs(step_ns) <= drift_ns + _STEP_NS:
            return 0
        self.steps += 1
        return step_ns

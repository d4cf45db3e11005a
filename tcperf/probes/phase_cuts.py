"""Which phase a captured frame belongs to, by its time stamp."""

from __future__ import annotations

import bisect
import itertools
import struct
from collections.abc import Iterator
from typing import Final

from tcperf.clock import NS_PER_MS, NS_PER_S

#: Before the first cut, and between phases.
OUTSIDE_OF_PHASES: Final = ""
#: By how much the stamps of frames in the ring may be out of order: what one waits in a processor's queue.
DISORDER_NS: Final = 5 * NS_PER_MS


class PhaseCuts:
    """The phases' edges.  All times are nanoseconds since the epoch, as the kernel stamps frames.

    ``late`` counts the edges that came when frames behind them may have been counted already.
    """

    def __init__(self, slot_bytes: int) -> None:
        self._slot_bytes = slot_bytes
        self._stamps = struct.Struct(f"16xII{slot_bytes - 24}x")
        self._times: list[int] = []
        self._phases = [OUTSIDE_OF_PHASES]
        self._done_ns = 0
        self.late = 0

    def add(self, at_ns: int, phase: str) -> None:
        """Frames from ``at_ns`` on belong to ``phase``."""
        self.late += at_ns < self._done_ns + DISORDER_NS
        place = bisect.bisect_right(self._times, at_ns)
        self._times.insert(place, at_ns)
        self._phases.insert(place + 1, phase)

    def divide(self, batch: memoryview, until_ns: int | None) -> Iterator[tuple[str, memoryview]]:
        """The batch in stretches of one phase each, in its order.

        Its frames were stamped between what is ``done`` and ``until_ns`` (None: whenever), or so: where an edge
        is near, every stamp is looked at.
        """
        times = self._times
        first = bisect.bisect_right(times, self._done_ns - DISORDER_NS)
        last = len(times) if until_ns is None else bisect.bisect_left(times, until_ns + DISORDER_NS)
        if first == last:
            yield self._phases[first], batch
            return
        numbers = (
            bisect.bisect_right(times, seconds * NS_PER_S + nanoseconds, first, last)
            for seconds, nanoseconds in self._stamps.iter_unpack(batch)
        )
        begin = 0
        for number, stretch in itertools.groupby(numbers):
            end = begin + sum(1 for _slot in stretch) * self._slot_bytes
            yield self._phases[number], batch[begin:end]
            begin = end

    def done(self, until_ns: int) -> None:
        """Frames stamped before ``until_ns`` have been divided."""
        self._done_ns = until_ns

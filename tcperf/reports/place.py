"""Where two sides lie on an axis that they share: each phase begins at one place for both, and is as wide as the longer one.

Nobody's time is stretched.  Where a side has ended a phase earlier than the other, nothing of it is drawn until
both go on; the time between two phases is treated alike.  What is after a side's last phase, how its nodes are
stopped, is nowhere.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from tcperf.clock import NS_PER_MS
from tcperf.model import Run
from tcperf.reports.curve import Point

#: The time before a phase, and the phase itself: ``(name, is it the phase)``.
_Slot = tuple[str, bool]
#: From when to when, in the run's own time (milliseconds).
_Times = tuple[float, float]


@frozen
class Stretch:
    """A part of a run, from ``begin_ms`` up to ``end_ms``, that begins at ``at_ms`` on the axis."""

    begin_ms: float
    end_ms: float
    at_ms: float


@frozen
class Place:
    """A side's stretches in the order of its own time."""

    stretches: tuple[Stretch, ...]

    def at(self, time_ms: float) -> float | None:
        """Where a time of the run lies; None where it is in none of its stretches."""
        number = bisect.bisect_right(self.stretches, time_ms, key=lambda each: each.begin_ms) - 1
        found = self.stretches[number]
        return found.at_ms + time_ms - found.begin_ms if number >= 0 and time_ms <= found.end_ms else None

    def pieces(self, points: Sequence[Point]) -> list[list[Point]]:
        """The points, which are in the order of their times, on the axis; parted where the side waits for the other.

        From left to right.
        """
        begins = [bisect.bisect_left(points, each.begin_ms, key=_time) for each in self.stretches]
        last = bisect.bisect_right(points, self.stretches[-1].end_ms, key=_time)
        found: dict[int, list[Point]] = {}
        for number, (begin, end) in enumerate(itertools.pairwise((*begins, last))):
            by_ms = self.stretches[number].at_ms - self.stretches[number].begin_ms
            part = [(time + by_ms, value) for time, value in points[begin:end]]
            found.setdefault(self._first(number), []).extend(part)
        return sorted(part for part in found.values() if part)

    def _first(self, number: int) -> int:
        """The stretch from which on there is no gap up to this one."""
        while number and math.isclose(self._end(number - 1), self.stretches[number].at_ms, abs_tol=1e-6):
            number -= 1
        return number

    def _end(self, number: int) -> float:
        found = self.stretches[number]
        return found.at_ms + found.end_ms - found.begin_ms


def _time(point: Point) -> float:
    return point[0]


@frozen
class Shared:
    """A phase on the axis, and how long each side took for it, by the side; a side that had none of it is not there."""

    name: str
    begin_ms: float
    end_ms: float
    lasted_ms: Mapping[str, float]


@frozen
class Alignment:
    """The sides' places by the side, and the phases in their order; the axis is as long as all slots together."""

    places: Mapping[str, Place]
    phases: tuple[Shared, ...]
    length_ms: float


def align(runs: Mapping[str, Run]) -> Alignment:
    """The runs, by their sides, on one axis; phases are in the first side's order, and last those that only others have.

    A run without a phase is drawn as it was, from the left.
    """
    slots = {side: dict(_slots(run)) for side, run in runs.items()}
    begins: dict[_Slot, float] = {}
    at_ms = 0.0
    for slot in dict.fromkeys(slot for found in slots.values() for slot in found):
        begins[slot] = at_ms
        at_ms += max(_length(found[slot]) for found in slots.values() if slot in found)
    return Alignment(
        {side: _place(found, begins) for side, found in slots.items()},
        tuple(_shared(name, begins, slots) for name, is_phase in begins if is_phase),
        at_ms,
    )


def _slots(run: Run) -> Iterator[tuple[_Slot, _Times]]:
    """The run's phases, each behind the time before it."""
    last = 0.0
    for phase in run.phases:
        start, end = phase.start_ns / NS_PER_MS, phase.end_ns / NS_PER_MS
        yield (phase.name, False), (min(last, start), start)
        yield (phase.name, True), (start, end)
        last = end


def _length(times: _Times) -> float:
    return times[1] - times[0]


def _place(slots: Mapping[_Slot, _Times], begins: Mapping[_Slot, float]) -> Place:
    if not slots:
        return Place((Stretch(0.0, math.inf, 0.0),))
    return Place(tuple(Stretch(*times, begins[slot]) for slot, times in slots.items()))


def _shared(name: str, begins: Mapping[_Slot, float], slots: Mapping[str, Mapping[_Slot, _Times]]) -> Shared:
    slot = (name, True)
    lasted = {side: _length(found[slot]) for side, found in slots.items() if slot in found}
    return Shared(name, begins[slot], begins[slot] + max(lasted.values()), lasted)

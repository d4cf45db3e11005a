"""Where the lanes of one round wait for each other; who may go on when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, get_args

from tcperf.performance import Point

#: In the order in which a run comes to them.
POINTS: Final[tuple[Point, ...]] = get_args(Point)


class Rendezvous:
    """The lanes that take part, and how far each has come.

    Whoever is at a point waits until all who still take part have come as far.  Who fails, or has no such
    point, leaves: nobody waits for it then.
    """

    def __init__(self, lanes: Iterable[int]) -> None:
        self._reached = dict.fromkeys(lanes, 0)
        self._waiting: dict[int, int] = {}

    def arrive(self, lane: int, point: Point) -> Collection[int]:
        """``lane`` is at ``point``; the lanes that may go on now, sorted."""
        self._reached[lane] = self._waiting[lane] = POINTS.index(point) + 1
        return self._released()

    def leave(self, lane: int) -> Collection[int]:
        """``lane`` is over, or was lost; the lanes that may go on now, sorted.  Safe to call twice."""
        self._reached.pop(lane, None)
        self._waiting.pop(lane, None)
        return self._released()

    @property
    def present(self) -> Collection[int]:
        """The lanes that still take part."""
        return self._reached.keys()

    def _released(self) -> Collection[int]:
        slowest = min(self._reached.values(), default=0)
        free = sorted(lane for lane, reached in self._waiting.items() if reached <= slowest)
        for lane in free:
            del self._waiting[lane]
        return free

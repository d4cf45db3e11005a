"""Who watches for a suite's tests, and what is told of each stretch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from attrs import field, frozen

from tcperf.measurement import Measurement
from tcperf.traffic import Traffic
from tcperf.watching.choosing import Heard
from tcperf.watching.interface import Measured


@frozen
class Observed:
    """What a stretch measured.  ``totals`` are no sums over the nodes; ``programs`` are the paths of what was watched.

    ``lost_packets`` were not counted since the post began; ``unseen_bytes`` of payload are of programs that nobody
    knows; ``heard`` is of the names that were asked for, until now.
    """

    nodes: Measured
    traffic: tuple[Traffic, ...] = ()
    totals: Mapping[str, Measurement] = field(factory=dict)
    programs: Mapping[str, str] = field(factory=dict)
    warnings: tuple[str, ...] = ()
    lost_packets: int = 0
    heard: Heard = field(factory=Heard)
    unseen_bytes: int = 0


class Watcher(Protocol):
    """Watches what one process starts, in stretches that may lie in one another."""

    def watch(self, pid: int) -> bool:
        """Watch this process, too; False where there is none."""

    def look(self) -> None:
        """See who is there now: somebody is about to end."""

    def begin(self) -> int:
        """A stretch begins when this returns; its number."""

    def end(self, number: int, calls: Collection[int]) -> Observed:
        """It has ended when this is called; ``calls`` are the ports that the tests called from in it."""

    def close(self) -> None:
        """Watch no more; safe to call twice."""

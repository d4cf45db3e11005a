"""What a probe reads of one process at one instant.  Absent figures are None, never 0."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from tcperf.model import Exactness


@frozen
class Reading:
    """Cumulative CPU and disk bytes, the peak since the last reset, and what is there now.

    ``cpu_ns`` counts user and system time of the process and its descendants; that of ended children the
    kernel shows in ticks.  ``exactness`` and ``source`` are those of CPU and memory as this probe can read
    them of one process.  ``family`` are the living descendants, and ``ended_children`` is a number that moves
    whenever a child was waited for: two readings tell a phase exactly only where neither saw any child and
    none ended between them.
    """

    cpu_ns: int
    ended_children: int
    family: frozenset[int]
    cpu_exactness: Exactness
    cpu_source: str
    peak_bytes: int | None
    peak_exactness: Exactness
    peak_source: str
    written_bytes: int | None
    threads: int | None


class ProcessProbe(Protocol):
    """Reads one process and its descendants."""

    def reset_peak(self) -> None:
        """Let the memory peak begin anew."""

    def read(self) -> Reading:
        """The figures now.  Raises ProcessLookupError when the process has ended."""

    def close(self) -> None:
        """Close what is held open."""

"""What a probe reads of one process at one instant.  Absent figures are None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from tcperf.measurement import Exactness


@frozen
class Amount:
    """A number in base units, how exactly a probe can read it of one process, and where it read it."""

    value: int
    exactness: Exactness
    source: str


@frozen
class Work:
    """What was done so far, for a process and its descendants: quick to read, so read next to the clock.

    ``cpu_ns`` is user and system time; that of ended children the kernel shows in ticks.  ``user_ns`` and
    ``system_ns`` tell only how it splits: a tick of the kernel's goes to where it finds the program, so their
    sum is not ``cpu_ns``.  ``ended_children`` is a number that moves whenever a child was waited for; with any,
    ``cpu_ns`` lacks less than ``behind_ns``, which the ticks cut off.
    ``instructions`` counts from the phase's beginning, and is None where no phase has begun or the machine
    does not count them.
    """

    cpu_ns: Amount
    user_ns: int
    system_ns: int
    ended_children: int
    instructions: Amount | None = None
    behind_ns: int = 0


@frozen
class State:
    """What is there now, and what takes a while to read.

    ``peak_bytes`` is the largest resident set since the phase's beginning, ``rest_bytes`` the present one.
    Disk bytes and page faults (minor and major) are cumulative.  ``switches`` are the context switches of
    each living thread, by its id.
    """

    peak_bytes: Amount | None = None
    rest_bytes: Amount | None = None
    read_bytes: Amount | None = None
    written_bytes: Amount | None = None
    page_faults: Amount | None = None
    threads: Amount | None = None
    switches: Mapping[int, int] | None = None


@frozen
class Reading:
    """A process with its descendants; ``family`` are the living ones of these.

    Two readings tell a phase exactly only where neither saw any child and none ended between them.
    """

    work: Work
    state: State
    family: frozenset[int]


class ProcessProbe(Protocol):
    """Reads one process and its descendants."""

    def begin(self) -> Reading:
        """The beginning of a phase: the peak begins anew, and instructions count from here.

        The work is read last.  Raises ProcessLookupError when the process has ended.
        """

    def end(self) -> Reading:
        """The end of a phase: the work is read first.  Raises ProcessLookupError when the process has ended."""

    def close(self) -> None:
        """Close what is held open."""

"""A process's CPU clocks: of all its threads, in under a microsecond, from outside.

They work on an unreaped zombie too, and count ended threads, but no children.
"""

from __future__ import annotations

import time
from typing import Final

from attrs import frozen

#: The kernel's numbering of dynamic clocks (include/linux/posix-timers.h: CPUCLOCK_PROF, CPUCLOCK_VIRT and
#: CPUCLOCK_SCHED); the pid is stored inverted above it, as clock_getcpuclockid(3) does.
_TICKED: Final = 0
_USER: Final = 1
_SCHEDULER: Final = 2


@frozen
class Split:
    """User and system time in nanoseconds, as the kernel's timer interrupt found the program.

    Their shares count, not their sum: most kernels book a whole tick (1 to 10 ms) at once.  /proc/<pid>/stat
    has the same shares, but of the whole life and in ticks of 10 ms.
    """

    user_ns: int
    system_ns: int


def clock_of(pid: int) -> int:
    """The clock of ``pid``'s CPU time, exact, for time.clock_gettime_ns: valid while the process is there."""
    return (~pid << 3) | _SCHEDULER


def cpu_clock_ns(pid: int) -> int:
    """User and system time of ``pid``, exact.  Raises ProcessLookupError when there is no such process."""
    return _clock_ns(pid, _SCHEDULER)


def cpu_split(pid: int) -> Split:
    """How the CPU time of ``pid`` splits.  Raises ProcessLookupError when there is no such process."""
    user_ns = _clock_ns(pid, _USER)
    return Split(user_ns, max(0, _clock_ns(pid, _TICKED) - user_ns))


def _clock_ns(pid: int, clock: int) -> int:
    try:
        return time.clock_gettime_ns((~pid << 3) | clock)
    except OSError as error:
        raise ProcessLookupError(f"process {pid} has ended") from error

"""What else the machine did meanwhile: programs that are not ours, a hypervisor that took cores away, waiting.

Ours are this process, its living descendants, and those of them that have ended and were waited for.  On systems
without /proc nothing of it is told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf import clock
from tcperf.model import Surroundings

#: Beyond these a stretch of time is polluted.  A quarter of a core is what a build agent's own housekeeping stays
#: below; with 5 % of its time stolen, a machine is slower by as much as thresholds are.
OUTSIDE_CORES: Final = 0.25
STEAL_RATIO: Final = 0.05
#: Nodes wait for each other's cores, too: a stall must be so many times the usual one, and so much more of the time.
STALL_TIMES: Final = 3.0
STALL_MORE: Final = 0.1

_STAT, _PRESSURE = Path("/proc/stat"), Path("/proc/pressure/cpu")
_US_PER_S: Final = 1_000_000
#: The columns of /proc/stat's first line (proc(5)); guests' time is contained in user and nice.
_COLUMNS: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_BUSY: Final = ("user", "nice", "system", "irq", "softirq")
#: utime, stime, cutime and cstime among the fields of ``procfs.stat_fields``.
_TIMES: Final = slice(11, 15)


@frozen
class Reading:
    """The machine's counters at one moment, in seconds: of all cores together, but ``stall_s`` is of the clock.

    None: the system does not tell.
    """

    at_s: float
    ours_s: float
    busy_s: float | None = None
    steal_s: float | None = None
    total_s: float | None = None
    stall_s: float | None = None


class Watch:
    """Looks at the machine from its making to ``end``."""

    def __init__(self) -> None:
        self._begin = read()

    def end(self) -> Surroundings:
        """What else the machine did since."""
        return between(self._begin, read())


def read() -> Reading:
    """The counters now."""
    ours_s = _ours_s()
    at_s = clock.monotonic_ns() / clock.NS_PER_S
    ticks = cpu_ticks(_text(_STAT))
    if ticks is None:
        return Reading(at_s, ours_s)
    per_s = os.sysconf("SC_CLK_TCK")
    return Reading(
        at_s,
        ours_s,
        busy_s=sum(ticks[name] for name in _BUSY) / per_s,
        steal_s=ticks["steal"] / per_s,
        total_s=sum(ticks.values()) / per_s,
        stall_s=stalled_s(_text(_PRESSURE)),
    )


def between(begin: Reading, end: Reading) -> Surroundings:
    """The surroundings of the time between two readings; the kernel counts in ticks, so nothing is below 0."""
    elapsed_s = end.at_s - begin.at_s
    if elapsed_s <= 0:
        return Surroundings()
    busy_s, steal_s, total_s, stall_s = (
        _growth(getattr(begin, name), getattr(end, name))
        for name in ("busy_s", "steal_s", "total_s", "stall_s")
    )
    outside_s = None if busy_s is None else max(0.0, busy_s - (end.ours_s - begin.ours_s))
    return Surroundings(
        outside_cores=None if outside_s is None else outside_s / elapsed_s,
        steal_ratio=None if steal_s is None or not total_s else steal_s / total_s,
        stall_ratio=None if stall_s is None else min(1.0, stall_s / elapsed_s),
    )


def pollution(found: Surroundings, usual_stall: float | None) -> str | None:
    """Why nothing that was measured in these surroundings should count; None where it should.

    ``usual_stall`` is the stall ratio that this session's runs usually have, None where that is not known.
    """
    if found.outside_cores is not None and found.outside_cores > OUTSIDE_CORES:
        return f"other programs kept {found.outside_cores:.2f} cores busy"
    if found.steal_ratio is not None and found.steal_ratio > STEAL_RATIO:
        return f"the hypervisor took {found.steal_ratio:.0%} of the machine's time"
    if found.stall_ratio is None or usual_stall is None:
        return None
    if found.stall_ratio > max(STALL_TIMES * usual_stall, usual_stall + STALL_MORE):
        return f"something waited for a core {found.stall_ratio:.0%} of the time, usually {usual_stall:.0%}"
    return None


def cpu_ticks(stat: str) -> dict[str, int] | None:
    """The first line of /proc/stat by column, or None where ``stat`` is no such text."""
    words = stat.partition("\n")[0].split()
    if len(words) <= len(_COLUMNS) or words[0] != "cpu":
        return None
    return dict(zip(_COLUMNS, map(int, words[1:]), strict=False))


def stalled_s(pressure: str) -> float | None:
    """For how long some task has waited for a core since the machine started (Linux PSI), or None."""
    for line in pressure.splitlines():
        if line.startswith("some "):
            with suppress(ValueError):
                return int(line.rpartition("total=")[2]) / _US_PER_S
    return None


def _growth(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else max(0.0, end - begin)


def _ours_s() -> float:
    """CPU time of this process, of its children that were waited for, and of all living descendants."""
    if sys.platform == "win32":
        return sum(os.times()[:4])
    import resource

    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own_s = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    if not _STAT.exists():
        return own_s
    from tcperf import procfs

    return own_s + descendants_s(procfs.descendants(os.getpid()))


def descendants_s(pids: Sequence[int]) -> float:
    """CPU time of processes and of what they have waited for; one that has ended meanwhile counts nothing."""
    from tcperf import procfs

    per_s = os.sysconf("SC_CLK_TCK")
    found = (procfs.stat_fields(pid) for pid in pids)
    return sum(sum(map(int, fields[_TIMES])) for fields in found if fields is not None) / per_s


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""

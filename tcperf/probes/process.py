"""Figures of one Linux process and its descendants, read at the edges of a phase.

Sources: the CPU clocks of the pid; of /proc/<pid>/stat the CPU of children that ended (cutime, cstime, in
ticks) and the page faults (minflt, majflt, and for ended children cminflt, cmajflt; no program runs without
any, however short); of /proc/<pid>/status VmRSS, and VmHWM, the peak that writing 5 to clear_refs resets;
read_bytes and write_bytes of /proc/<pid>/io; the context switches of /proc/<pid>/task/*/status, for those of
/proc/<pid>/status are the main thread's alone (all proc(5)).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from attrs import evolve, frozen

from tcperf import procfs
from tcperf.clock import NS_PER_S
from tcperf.measurement import Exactness
from tcperf.probes import instructions
from tcperf.probes.cpu import cpu_clock_ns, cpu_split
from tcperf.probes.reading import Amount, Reading, State, Work

#: Of ended children the kernel tells user and system time each in whole ticks.
_CUT_OFF: Final = 2
_TICK_NS: Final = NS_PER_S // os.sysconf("SC_CLK_TCK")
_RESET_PEAK: Final = "5"
#: Places in /proc/<pid>/stat, counted from the third field as ``procfs.stat_fields`` does.
_MINOR_FAULTS, _CHILDREN_MINOR_FAULTS, _MAJOR_FAULTS, _CHILDREN_MAJOR_FAULTS = 7, 8, 9, 10
_CHILDREN_USER, _CHILDREN_SYSTEM, _THREADS = 13, 14, 17
_FAULTS: Final = (_MINOR_FAULTS, _CHILDREN_MINOR_FAULTS, _MAJOR_FAULTS, _CHILDREN_MAJOR_FAULTS)
_MEMORY: Final = re.compile(rb"^(VmHWM|VmRSS):\s+(\d+) kB", re.MULTILINE)
_DISK: Final = re.compile(rb"^(read_bytes|write_bytes): (\d+)", re.MULTILINE)
_SWITCHED: Final = re.compile(rb"^((?:non)?voluntary_ctxt_switches):\s+(\d+)", re.MULTILINE)
_KIB: Final = 1024

_T = TypeVar("_T")


class LinuxProcessProbe:
    """Reads ``pid`` and its descendants from /proc."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak_resets = True
        self._counter: instructions.Counter | None = None

    def begin(self) -> Reading:
        """The beginning of a phase: what takes long first.  Raises ProcessLookupError when it has ended."""
        family = procfs.descendants(self._pid)
        self._reset_peak((self._pid, *family))
        state = self._state(family)
        self._begin_counting(family)
        return Reading(self._work(family), state, frozenset(family))

    def end(self) -> Reading:
        """The end of a phase: what takes long last.  Raises ProcessLookupError when it has ended."""
        family = procfs.descendants(self._pid)
        reading = Reading(self._work(family), self._state(family), frozenset(family))
        self.close()
        return reading

    def close(self) -> None:
        """Close the counters of a phase that had no end."""
        if self._counter is not None:
            self._counter.close()
            self._counter = None

    def _reset_peak(self, pids: Iterable[int]) -> None:
        """Let VmHWM begin anew at the present resident set."""
        for pid in pids:
            try:
                Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, "ascii")
            except (FileNotFoundError, ProcessLookupError):
                continue
            except OSError:  # not permitted, or a kernel without it: the peak is the whole life's
                self._peak_resets = False

    def _begin_counting(self, family: Iterable[int]) -> None:
        self.close()
        if instructions.unavailable() is None:
            with suppress(OSError):  # too many threads, or none of ours: there is no figure then
                self._counter = instructions.Counter((self._pid, *family))

    def _work(self, family: Iterable[int]) -> Work:
        counted = self._counter.read() if self._counter is not None else None
        return evolve(read_work(self._pid, family), instructions=counted)

    def _state(self, family: Iterable[int]) -> State:
        pids = (self._pid, *family)
        memory = [_numbers(f"/proc/{pid}/status", _MEMORY) for pid in pids]
        disk = [_numbers(f"/proc/{pid}/io", _DISK) for pid in pids]
        return State(
            peak_bytes=self._peak(memory),
            rest_bytes=_total(memory, "VmRSS", "sampled", "VmRSS", scale=_KIB),
            read_bytes=_total(disk, "read_bytes", "exact", "io"),
            written_bytes=_total(disk, "write_bytes", "exact", "io"),
            page_faults=Amount(sum(_living(_page_faults, pids)), "exact", "stat"),
            threads=Amount(int(_stat(self._pid)[_THREADS]), "sampled", "stat"),
            switches=dict(_switches(pids)),
        )

    def _peak(self, memory: Iterable[Mapping[str, int]]) -> Amount | None:
        if self._peak_resets:
            return _total(memory, "VmHWM", "exact", "VmHWM", scale=_KIB)
        return _total(memory, "VmHWM", "bound", "VmHWM, whole life", scale=_KIB)


def read_work(pid: int, family: Iterable[int]) -> Work:
    """What ``pid`` and its descendants have done so far.  Raises ProcessLookupError when it has ended."""
    own, *_children = times = _times_of(pid, family)
    return Work(
        cpu_ns=Amount(sum(each.cpu_ns for each in times), "exact", "cpu clock"),
        user_ns=sum(each.user_ns for each in times),
        system_ns=sum(each.system_ns for each in times),
        ended_children=own.ended_children,
        behind_ns=sum(_CUT_OFF * _TICK_NS for each in times if each.ended_children),
    )


def read_peak(pids: Iterable[int]) -> int | None:
    """The sum of their peak resident sets in bytes since they were reset; None where none has one any more."""
    return sum(map(procfs.peak_bytes, pids)) or None


@frozen
class _Times:
    """The CPU of one process and the children it waited for."""

    cpu_ns: int
    user_ns: int
    system_ns: int
    ended_children: int


def _times_of(pid: int, family: Iterable[int]) -> list[_Times]:
    """Its own and those of who lives: one that ends meanwhile is among what its parent waited for, so all are read again."""
    living = list(family)
    while True:
        own = _times(pid)
        found = {child: each for child in living for each in _living(_times, (child,))}
        if len(found) == len(living):
            return [own, *found.values()]
        living = list(found)


def _times(pid: int) -> _Times:
    """Raises ProcessLookupError when it has ended and was waited for."""
    cpu_ns, split, fields = cpu_clock_ns(pid), cpu_split(pid), _stat(pid)
    user_ns = int(fields[_CHILDREN_USER]) * _TICK_NS
    system_ns = int(fields[_CHILDREN_SYSTEM]) * _TICK_NS
    return _Times(
        cpu_ns + user_ns + system_ns,
        split.user_ns + user_ns,
        split.system_ns + system_ns,
        int(fields[_CHILDREN_MINOR_FAULTS]),
    )


def _page_faults(pid: int) -> int:
    fields = _stat(pid)
    return sum(int(fields[place]) for place in _FAULTS)


def _switches(pids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The id of each living thread, and its context switches."""
    for thread in sorted(procfs.threads(pids)):
        found = _numbers(f"/proc/{thread}/status", _SWITCHED)
        if found:
            yield thread, sum(found.values())


def _stat(pid: int) -> list[str]:
    fields = procfs.stat_fields(pid)
    if fields is None:
        raise ProcessLookupError(f"process {pid} has ended")
    return fields


def _living(read: Callable[[int], _T], pids: Iterable[int]) -> Iterator[_T]:
    """What is read of each process, but of those that ended meanwhile."""
    for pid in pids:
        with suppress(ProcessLookupError):
            yield read(pid)


def _total(
    parts: Iterable[Mapping[str, int]], name: str, exactness: Exactness, source: str, *, scale: int = 1
) -> Amount | None:
    """The sum of a number over those that have it; None where none has."""
    found = [part[name] for part in parts if name in part]
    return Amount(sum(found) * scale, exactness, source) if found else None


def _numbers(path: str, pattern: re.Pattern[bytes]) -> dict[str, int]:
    """Numbers of a file by their names; none where it cannot be had (ended, zombie, not permitted)."""
    try:
        text = Path(path).read_bytes()
    except OSError:
        return {}
    return {name.decode("ascii"): int(number) for name, number in pattern.findall(text)}

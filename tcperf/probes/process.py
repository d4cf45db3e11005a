"""Exact figures of one Linux process, read at the edges of a phase.

Sources: the CPU clock of the pid; /proc/<pid>/stat for children that ended (cutime, cstime, in ticks, and
cminflt, their page faults: no program runs without any, however short);
VmHWM of /proc/<pid>/status, the peak that writing 5 to clear_refs resets; write_bytes of /proc/<pid>/io
(all proc(5)).
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from tcperf import procfs
from tcperf.probes.cpu import cpu_clock_ns
from tcperf.probes.reading import Reading

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_RESET_PEAK = "5"
#: Places in /proc/<pid>/stat, counted from the third field as ``procfs.stat_fields`` does.
_CHILDREN_FAULTS, _CHILDREN_USER, _CHILDREN_SYSTEM, _THREADS = 8, 13, 14, 17
_PEAK = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_WRITTEN = re.compile(rb"^write_bytes: (\d+)", re.MULTILINE)
_KIB = 1024


class LinuxProcessProbe:
    """Reads ``pid`` and its descendants from /proc."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak_resets = True

    def reset_peak(self) -> None:
        """Let VmHWM begin anew at the present resident set, for the process and its descendants."""
        for pid in (self._pid, *procfs.descendants(self._pid)):
            try:
                Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, "ascii")
            except (FileNotFoundError, ProcessLookupError):
                continue
            except OSError:  # not permitted, or a kernel without it: the peak is the whole life's
                self._peak_resets = False

    def read(self) -> Reading:
        """The figures now.  Raises ProcessLookupError when the process has ended."""
        family = procfs.descendants(self._pid)
        fields = procfs.stat_fields(self._pid)
        if fields is None:
            raise ProcessLookupError(f"process {self._pid} has ended")
        ended_ns = (int(fields[_CHILDREN_USER]) + int(fields[_CHILDREN_SYSTEM])) * _TICK_NS
        peaks = [peak for pid in (self._pid, *family) if (peak := _number(pid, "status", _PEAK)) is not None]
        written = [disk for pid in (self._pid, *family) if (disk := _number(pid, "io", _WRITTEN)) is not None]
        return Reading(
            cpu_ns=cpu_clock_ns(self._pid) + ended_ns + sum(_living_ns(pid) for pid in family),
            ended_children=int(fields[_CHILDREN_FAULTS]),
            family=frozenset(family),
            cpu_exactness="exact",
            cpu_source="cpu clock",
            peak_bytes=sum(peaks) * _KIB if peaks else None,
            peak_exactness="exact" if self._peak_resets else "bound",
            peak_source="VmHWM" if self._peak_resets else "VmHWM, whole life",
            written_bytes=sum(written) if written else None,
            threads=int(fields[_THREADS]),
        )

    def close(self) -> None:
        """Nothing is held open between readings."""


def _living_ns(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        return cpu_clock_ns(pid)
    return 0


def _number(pid: int, name: str, pattern: re.Pattern[bytes]) -> int | None:
    """One number of a file in /proc/<pid>; None where it cannot be had (ended, zombie, not permitted)."""
    try:
        found = pattern.search(Path(f"/proc/{pid}/{name}").read_bytes())
    except OSError:
        return None
    return int(found[1]) if found else None

"""What a phone says of an app at one moment: its processes, its traffic, its memory.

Sources: proc(5) for /proc/<pid>/stat, /proc/<pid>/status and /proc/uptime; Android's ActivityManagerService for
``dumpsys meminfo`` (``** MEMINFO in pid N [NAME] **``, then a row ``TOTAL`` whose first number is the PSS in KiB).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import frozen

from tcperf.watching import android_traffic
from tcperf.watching.android_script import Section
from tcperf.watching.android_traffic import History

#: Places in /proc/<pid>/stat, counted from the third field on.
_STATE, _MINOR_FAULTS, _MAJOR_FAULTS, _USER, _SYSTEM = 0, 7, 9, 11, 12
_CHILDREN_USER, _CHILDREN_SYSTEM, _THREADS, _START = 13, 14, 17, 19
_ENDED: Final = frozenset({"Z", "X"})
_STATUS: Final = re.compile(r"^(Uid|VmHWM|VmRSS):\s+(\d{1,15})\b", re.MULTILINE)
_UPTIME: Final = re.compile(r"(\d{1,12})\.(\d\d)\b")
_OF_PROCESS: Final = re.compile(r"^\*\* MEMINFO in pid (\d{1,10}) \[", re.MULTILINE)
_TOTAL: Final = re.compile(r"^\s*TOTAL(?: PSS:|:)?\s+(\d{1,12})\b", re.MULTILINE)
_KIB: Final = 1024


@frozen
class Life:
    """One process for ever: ids are used again, ids with the time of the start (in ticks since boot) are not."""

    pid: int
    start: int


@frozen
class AppProcess:
    """A process of the app; times in ticks, its ended children's included.  ``peak_bytes`` is its whole life's."""

    life: Life
    name: str
    user_ticks: int
    system_ticks: int
    page_faults: int
    threads: int
    peak_bytes: int | None


@frozen
class Reading:
    """An app at one moment by the phone's clock.  ``history`` and ``pss_bytes`` are None where they were not to be had."""

    uptime_ms: int
    processes: Mapping[Life, AppProcess]
    history: History | None
    pss_bytes: int | None

    def main(self, package: str) -> Life | None:
        """The process that the app lives in, None where it does not run."""
        return next((life for life, process in self.processes.items() if process.name == package), None)


def parse(sections: Sequence[Section], uid: int) -> Reading | None:
    """A moment, from the script's sections; None where not even the phone's clock is in them."""
    texts = dict(sections)
    uptime = _UPTIME.match(texts.get("uptime", "").strip())
    if uptime is None:
        return None
    processes = {each.life: each for each in _processes(sections, uid)}
    return Reading(
        int(uptime[1]) * 1000 + int(uptime[2]) * 10,
        processes,
        android_traffic.parse(texts["traffic"], uid) if "traffic" in texts else None,
        _pss(texts.get("memory", ""), processes),
    )


def _processes(sections: Sequence[Section], uid: int) -> Iterable[AppProcess]:
    """Three sections are one process; one that ended while it was read, or is another user's, is none."""
    for (kind, name), (_stat, stat), (_status, status) in zip(
        sections, sections[1:], sections[2:], strict=False
    ):
        if kind == "name":
            process = _process(name.partition("\0")[0].strip(), stat, status, uid)
            if process is not None:
                yield process


def _process(name: str, stat: str, status: str, uid: int) -> AppProcess | None:
    facts = dict(reversed(_STATUS.findall(status)))
    pid, fields = stat.partition(" ")[0], stat.rpartition(")")[2].split()
    if len(fields) <= _START or fields[_STATE] in _ENDED or facts.get("Uid") != str(uid):
        return None
    try:  # the state is no number
        number, *numbers = (int(field) for field in (pid, "0", *fields[1 : _START + 1]))
    except ValueError:
        return None
    return AppProcess(
        Life(number, numbers[_START]),
        name,
        numbers[_USER] + numbers[_CHILDREN_USER],
        numbers[_SYSTEM] + numbers[_CHILDREN_SYSTEM],
        numbers[_MINOR_FAULTS] + numbers[_MAJOR_FAULTS],
        numbers[_THREADS],
        int(facts["VmHWM"]) * _KIB if "VmHWM" in facts else None,
    )


def _pss(text: str, lives: Iterable[Life]) -> int | None:
    """The proportional set size of all the processes together; None where one has none."""
    parts = _OF_PROCESS.split(text)[1:]
    found: dict[int, int] = {}
    for pid, part in zip(parts[::2], parts[1::2], strict=True):
        total = _TOTAL.search(part)
        if total is not None:
            found[int(pid)] = int(total[1]) * _KIB
    pids = [life.pid for life in lives]
    return sum(found[pid] for pid in pids) if pids and set(pids) <= set(found) else None


def uid_of(text: str, package: str) -> int | None:
    """The user id of a package, from ``pm list packages -U``, which lists every package whose name begins alike."""
    found = re.search(rf"^package:{re.escape(package)} uid:(\d{{1,10}})\b", text, re.MULTILINE)
    return int(found[1]) if found else None

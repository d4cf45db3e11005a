"""All processes of this machine, or the descendants of one: who they are, told apart for ever."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.clock import NS_PER_S
from tcperf.system import this_system

#: Where /proc/<pid>/stat has the parent, and the start in ticks since the machine's, from the third field on.
_STATE, _PARENT, _START = 0, 1, 19
#: Where it has the addresses of the program's code and of its stack, which each exec draws anew; 0 where we may not know.
_CODE, _STACK = 23, 25
_ENDED: Final = frozenset({"Z", "X"})
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 1


@frozen
class Identity:
    """One process: ids are used again, ids with the time of the start (in the system's own unit) are not."""

    pid: int
    start: float


def identity(pid: int) -> Identity | None:
    """The living process with this id; None where there is none."""
    if not this_system().is_linux:
        return _portable_identity(pid)
    from tcperf import procfs

    fields = procfs.stat_fields(pid)
    return None if fields is None or fields[_STATE] in _ENDED else Identity(pid, int(fields[_START]))


def now() -> float:
    """The present time in the unit of ``Identity.start``, rounded down as that is."""
    if this_system().is_linux:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) * _TICKS_PER_S // NS_PER_S
    return time.time()


def age_s(process: Identity) -> float:
    """For how many seconds a process has lived; on Linux, where its start is known in ticks, up to 10 ms less than this."""
    if this_system().is_linux:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) / NS_PER_S - process.start / _TICKS_PER_S
    return time.time() - process.start


def descendants(pid: int) -> list[int]:
    """All descendants of a process, parents before their children; empty where it has ended."""
    if this_system().is_linux:
        from tcperf import procfs

        return procfs.descendants(pid)
    import psutil

    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def children(pid: int) -> list[int]:
    """The children of a process; empty where it has ended."""
    if this_system().is_linux:
        from tcperf import procfs

        return procfs.children(pid)
    import psutil

    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def everybody() -> list[int]:
    """The ids of all processes that this user can see."""
    if this_system().is_linux:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - twenty times faster
    import psutil

    return list(psutil.pids())


def roots(pids: Iterable[int]) -> list[int]:
    """Those of the processes that have no ancestor among them, in their order: the others are theirs already."""
    chosen = dict.fromkeys(pids)
    return [pid for pid in chosen if not _has_ancestor(pid, chosen)]


def _has_ancestor(pid: int, chosen: Iterable[int]) -> bool:
    return any(each in chosen for each in ancestors(pid))


def ancestors(pid: int) -> Iterator[int]:
    """The parent of a process, the parent's parent, and so on."""
    seen = {pid}
    while (parent := _parent(pid)) is not None and parent not in seen:
        yield parent
        seen.add(parent)
        pid = parent


def _parent(pid: int) -> int | None:
    """The parent's id; None at the top, or where it has ended."""
    if this_system().is_linux:
        from tcperf import procfs

        fields = procfs.stat_fields(pid)
        return None if fields is None else int(fields[_PARENT]) or None
    import psutil

    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).ppid() or None
    return None


def image(pid: int) -> tuple[str, str] | None:
    """What a process has in common with its fork until either becomes another program (exec), by one look at both.

    None where it has ended, is just becoming another one, or the system does not tell.
    """
    if not this_system().is_linux:
        return None
    from tcperf import procfs

    fields = procfs.stat_fields(pid)
    return None if fields is None or fields[_STACK] == "0" else (fields[_CODE], fields[_STACK])


def forked_image(pid: int) -> tuple[str, str] | None:
    """The image of a process, where it is still that of its parent: its memory is, too; else None."""
    parent = _parent(pid)
    found = image(pid)
    return found if parent is not None and found == image(parent) else None


def command_line(pid: int) -> list[str]:
    """What it was started with; empty where it has ended, or hides it."""
    if this_system().is_linux:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "surrogateescape")
            return text.rstrip("\0").split("\0") if text else []
        return []
    import psutil

    with suppress(psutil.Error):
        return list(psutil.Process(pid).cmdline())
    return []


def program(pid: int) -> str | None:
    """The path of the file that it executes; None where it has ended, or hides it."""
    if this_system().is_linux:
        with suppress(OSError):
            return str(Path(f"/proc/{pid}/exe").readlink()).removesuffix(" (deleted)")
        return None
    import psutil

    with suppress(psutil.Error):
        return str(psutil.Process(pid).exe()) or None
    return None


def _portable_identity(pid: int) -> Identity | None:
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return Identity(pid, process.create_time())
    return None

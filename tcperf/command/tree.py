"""The processes that descend from a program: how much memory they hold together, and who is left of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import define, frozen

from tcperf import procfs
from tcperf.probes.cpu import cpu_clock_ns

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_ENDED: Final = frozenset({"Z", "X"})


@frozen
class Left:
    """What a program left behind: how many processes still run, and the CPU of these and of ended ones it forgot.

    ``names`` are those of the running ones with their ids, such as ``sleep (4711)``.
    """

    running: int = 0
    cpu_ns: int = 0
    names: tuple[str, ...] = ()


@define
class Tree:
    """The tree below ``pid``, looked at now and then.

    ``peak_bytes`` is the most that was seen since the last ``reset``: of a program alone the peak that the kernel
    keeps, of several processes the sum of what each held at the time of a look.  ``is_alone`` says that never
    another process was seen.
    """

    pid: int
    peak_bytes: int = 0
    is_alone: bool = True

    def look(self) -> None:
        """Look now."""
        family = procfs.descendants(self.pid)
        if family:
            self.is_alone = False
            found = _resident((self.pid, *family))
        else:
            found = procfs.peak_bytes(self.pid)
        self.peak_bytes = max(self.peak_bytes, found)

    def reset(self) -> None:
        """Another phase begins."""
        self.peak_bytes, self.is_alone = 0, True

    @staticmethod
    def left(parent: int | None) -> Left:
        """What an ended program left to its ``parent``, when it was waited for; unknown, and so nothing, without one."""
        cpu_ns, names = 0, []
        for pid in procfs.descendants(parent) if parent else ():
            fields = procfs.stat_fields(pid)
            with suppress(ProcessLookupError):
                cpu_ns += cpu_clock_ns(pid)
                if fields is not None and fields[0] not in _ENDED:
                    names.append(f"{procfs.name(pid)} ({pid})")
        return Left(len(names), cpu_ns, tuple(names))

    @staticmethod
    def group(parent: int | None, leader: int) -> list[int]:
        """The running processes of a ``leader``'s process group below the ``parent`` that it was left to."""
        found = []
        for pid in procfs.descendants(parent) if parent else ():
            fields = procfs.stat_fields(pid)
            if fields is not None and int(fields[2]) == leader and fields[0] not in _ENDED:
                found.append(pid)
        return found


def _resident(pids: Iterable[int]) -> int:
    pages = 0
    for pid in pids:
        with suppress(OSError, IndexError):  # it ended meanwhile; an ending one has an empty statm
            pages += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
    return pages * _PAGE

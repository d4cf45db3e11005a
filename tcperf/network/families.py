"""Programs and all that they have started, found through psutil on any system, and ended.

A program's family is itself, its descendants and, where the system has sessions (POSIX), every process of the
session it leads: so those are found, too, whose own parent has ended.  Windows has none: there a process whose
parent ended by itself is nobody's, and stays.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from tcperf.clock import Deadline

if TYPE_CHECKING:
    import psutil

#: A killed process is a moment away from its end, and nothing tells of the end of one that is not our child.
_LOOK_AGAIN_S = 0.01


@frozen
class Leader:
    """A program that was started in a session of its own: its pid, and when it began (psutil's create_time)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Leader | None:
        """The leader with this pid, or None where it has ended."""
        import psutil

        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None


def living(leaders: Iterable[Leader]) -> list[psutil.Process]:
    """All living processes of the leaders' families; those that only wait to be reaped have ended."""
    sessions = _sessions()
    found: dict[int, psutil.Process] = {}
    for leader in leaders:
        for process in _family(leader, sessions):
            found[process.pid] = process
    return [process for process in found.values() if _lives(process)]


def end(leaders: Collection[Leader], deadline: Deadline) -> list[int]:
    """Kill the families until none lives; the pids of those that still do at the deadline.

    Whoever is their parent reaps them: nothing is waited for in its stead.
    """
    import psutil

    while family := living(leaders):
        if deadline.expired:
            return [process.pid for process in family]
        for process in family:
            with contextlib.suppress(psutil.Error):  # ended meanwhile, or not ours to kill
                process.kill()
        time.sleep(_LOOK_AGAIN_S)
    return []


def _family(leader: Leader, sessions: dict[int, list[int]]) -> Iterator[psutil.Process]:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        head = psutil.Process(leader.pid)
        if head.create_time() != leader.created:  # somebody else has its pid by now: its session is over
            return
        yield head
        yield from head.children(recursive=True)
    for pid in sessions.get(leader.pid, ()):
        with contextlib.suppress(psutil.NoSuchProcess):
            yield psutil.Process(pid)


def _sessions() -> dict[int, list[int]]:
    """The processes of each session, by its leader's pid, which nobody else gets while one of them lives."""
    import psutil

    found: dict[int, list[int]] = {}
    if sys.platform != "win32":
        for pid in psutil.pids():
            with contextlib.suppress(OSError):  # ended meanwhile
                found.setdefault(os.getsid(pid), []).append(pid)
    return found


def _lives(process: psutil.Process) -> bool:
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

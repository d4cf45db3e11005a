"""Processes as /proc shows them (proc(5)): who descends from whom."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def children(pid: int) -> list[int]:
    """The living (or unreaped) children of a process, of all its threads; empty if it has ended."""
    if not _lists_children():
        return _children_by_scan(pid)
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in (_PROC / str(pid) / "task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
                found += [int(child) for child in (task / "children").read_text("ascii").split()]
    return found


@cache
def _lists_children() -> bool:
    """Whether this kernel was built with PROC_CHILDREN."""
    return (_PROC / "thread-self" / "children").exists()


def _children_by_scan(pid: int) -> list[int]:
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = stat_fields(int(entry.name))
            if fields is not None and int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def threads(pids: Iterable[int]) -> set[int]:
    """The ids of the living threads of some processes; an ended one has none."""
    found: set[int] = set()
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            found.update(int(entry.name) for entry in (_PROC / str(pid) / "task").iterdir())
    return found


def session(leader: int) -> list[int]:
    """The living processes of a session, by its leader's pid, which no other process gets while one lives."""
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = stat_fields(int(entry.name))
            if fields is not None and int(fields[3]) == leader and fields[0] not in {"Z", "X"}:
                found.append(int(entry.name))
    return found


def stat_fields(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the third (state) on, or None if there is no such process.

    The second field, the program's name, may hold spaces and parentheses, so it is cut off at its end.
    """
    try:
        text = (_PROC / str(pid) / "stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return text.rpartition(")")[2].split()


def descendants(pid: int) -> list[int]:
    """All descendants of a process, parents before their children."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        young = children(waiting.pop())
        found += young
        waiting += young
    return found

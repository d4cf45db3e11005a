"""Processes as /proc shows them (proc(5)): who descends from whom, and the peak of its memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_PEAK = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_KIB = 1024


def children(pid: int) -> list[int]:
    """The living (or unreaped) children of a process, of all its threads; empty if it has ended."""
    if not _lists_children():
        return _children_by_scan(pid)
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in os.listdir(f"{_PROC}/{pid}/task"):  # noqa: PTH208 - as above
            with (
                suppress(FileNotFoundError, ProcessLookupError),  # a thread that ended meanwhile
                open(f"{_PROC}/{pid}/task/{task}/children", "rb", buffering=0) as file,  # noqa: PTH123
            ):
                found += map(int, file.read().split())
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
        with open(f"{_PROC}/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 - a third of what Path takes: read often
            text = file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return text.rpartition(b")")[2].decode("ascii", "replace").split()


def name(pid: int) -> str:
    """What the kernel calls the process, in 15 bytes at most (proc(5), comm); anything may stand there.  "?" of none."""
    try:
        return (_PROC / str(pid) / "comm").read_text("utf-8", "replace").removesuffix("\n")
    except OSError:
        return "?"


def has_ended(pid: int) -> bool:
    """Whether there is no such process, or it only waits to be reaped."""
    fields = stat_fields(pid)
    return fields is None or fields[0] in {"Z", "X"}


def descendants(pid: int) -> list[int]:
    """All descendants of a process, parents before their children."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        young = children(waiting.pop())
        found += young
        waiting += young
    return found


def peak_bytes(pid: int) -> int:
    """The process's peak resident set, 0 where it has none any more."""
    with suppress(OSError):
        found = _PEAK.search((_PROC / str(pid) / "status").read_bytes())
        return int(found[1]) * _KIB if found else 0
    return 0

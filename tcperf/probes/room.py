"""What this machine still has room for: memory, tasks (processes and threads), open files of one process.

Sources: proc(5) for /proc/loadavg, /proc/sys/kernel and /proc/<pid>/status; Linux's
Documentation/admin-guide/cgroup-v2.rst for ``memory.max``, ``memory.current``, ``memory.stat``, ``pids.max`` and
``pids.current``; getrlimit(2).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.probes.machine import usable_cpus
from tcperf.system import this_system

_CGROUPS: Final = Path("/sys/fs/cgroup")
_KERNEL: Final = Path("/proc/sys/kernel")


@frozen
class Room:
    """What may still be taken; None where nothing limits it, or this system does not tell.

    ``files`` is of one process, and ``most_files`` what it may raise it to.  ``cores`` are those we may use.
    """

    memory_bytes: int | None = None
    tasks: int | None = None
    files: int | None = None
    most_files: int | None = None
    cores: int = 1


def look() -> Room:
    """The machine now."""
    import psutil

    memory = psutil.virtual_memory().available + psutil.swap_memory().free
    files, most_files = _open_files()
    return Room(
        memory_bytes=_least([memory, *_left_of_groups("memory")]),
        tasks=_least([*_left_of_groups("pids"), *_left_of_kernel(), *_left_of_user()]),
        files=files,
        most_files=most_files,
        cores=usable_cpus() or 1,
    )


def _least(found: Iterable[int]) -> int | None:
    return min(found, default=None)


def _open_files() -> tuple[int | None, int | None]:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None, None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return tuple(None if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard))  # type: ignore[return-value]  # two


def _left_of_groups(
    controller: str, root: Path = _CGROUPS, mine: Path = Path("/proc/self/cgroup")
) -> Iterator[int]:
    """What is left of this process's control groups (v2), each of which limits those below it."""
    with suppress(OSError):
        lines = mine.read_text("utf-8").splitlines()
        path = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
        group = None if path is None else root / path.lstrip("/")
        while group is not None and group.is_relative_to(root):
            yield from _left(group, controller)
            group = group.parent


def _left_of_kernel(kernel: Path = _KERNEL, load: Path = Path("/proc/loadavg")) -> Iterator[int]:
    """What is left of the tasks that the kernel takes: the fourth figure of its load is "running/all"."""
    with suppress(OSError, ValueError, IndexError):
        tasks = int(load.read_text("ascii").split()[3].partition("/")[2])
        for limit in ("threads-max", "pid_max"):
            yield max(0, int((kernel / limit).read_text("ascii")) - tasks)


def _left_of_user() -> Iterator[int]:
    """What is left of the tasks of this process's user; root is not limited (getrlimit(2)).

    On Linux, for elsewhere the limit is one of processes, and not of their threads.
    """
    if not this_system().is_linux:
        return
    import resource

    with suppress(OSError):
        limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
        if limit != resource.RLIM_INFINITY and os.getuid() != 0:
            yield max(0, limit - _tasks_of(os.getuid()))


def _tasks_of(user: int) -> int:
    """How many threads of this user's there are, as far as /proc tells."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.stat().st_uid == user:
                found += sum(1 for _each in (process / "task").iterdir())
    return found


def _left(group: Path, controller: str) -> Iterator[int]:
    """What a group's limit leaves; nothing where it has none ("max"), or the controller is off."""
    with suppress(OSError, ValueError):
        limit = int((group / f"{controller}.max").read_text("ascii"))
        used = int((group / f"{controller}.current").read_text("ascii"))
        yield max(0, limit - used + (_cached(group) if controller == "memory" else 0))


def _cached(group: Path) -> int:
    """The file cache, which counts as used and makes way for what is needed."""
    lines = (line.split() for line in (group / "memory.stat").read_text("ascii").splitlines())
    return sum(int(figure) for name, figure in lines if name in {"active_file", "inactive_file"})

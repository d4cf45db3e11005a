"""A container's control group: what the kernel counts of all its processes together, ended ones included.

Sources: Linux's Documentation/admin-guide/cgroup-v2.rst for the files (``cpu.stat``, ``memory.current``,
``memory.peak``, ``memory.stat``, ``io.stat``, ``pids.current``); cgroups(7) for /proc/<pid>/cgroup; proc(5) for
/proc/self/mountinfo.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import define, frozen

from tcperf.errors import MachineError

_PROC: Final = Path("/proc")
_UNIFIED: Final = "0"
#: Room for the numbers of any of the files; ``memory.stat`` has some 60 lines.
_TEXT_LIMIT: Final = 1 << 16
_V2_CURE: Final = (
    "boot the machine with systemd.unified_cgroup_hierarchy=1, as every distribution does since 2022, "
    "and see that `docker info` says Cgroup Version: 2"
)


def folder_of(pid: int, proc: Path = _PROC) -> Path:
    """The folder of the control group that a process lives in.

    Raises ProcessLookupError where it has ended, and MachineError where its group is not its own or not of version 2.
    """
    try:
        lines = (proc / str(pid) / "cgroup").read_text("utf-8", "replace").splitlines()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(f"process {pid} has ended") from error
    path = _unified_path([line.split(":", 2) for line in lines], pid)
    return _mounted(path, (proc / "self" / "mountinfo").read_text("utf-8", "replace"))


def _unified_path(lines: list[list[str]], pid: int) -> str:
    """The path within the unified hierarchy; version 1 says where the CPU is counted in a line of its own."""
    found = next((line[2] for line in lines if line[0] == _UNIFIED), "/")
    old = next((line[2] for line in lines if line[0] != _UNIFIED and "cpu" in line[1].split(",")), "/")
    if old not in {"/", found}:
        raise MachineError(
            f"process {pid} is counted by cgroup v1 ({old}), which is not supported", cure=_V2_CURE
        )
    if found == "/":
        raise MachineError(f"process {pid} has no cgroup of its own: it lives in the root's", cure=_V2_CURE)
    if found.startswith("/.."):
        raise MachineError(
            f"the cgroup of process {pid} lies outside of what this process sees ({found})",
            cure="run tcperf on the host, or in a container that is started with --cgroupns=host",
        )
    return found


def _mounted(path: str, mountinfo: str) -> Path:
    """Where a path of the unified hierarchy is to be found among this process's mounts."""
    for line in mountinfo.splitlines():
        before, _dash, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            root, point = before.split()[3:5]
            if root in {"/", path} or path.startswith(f"{root}/"):
                return Path(point) / path.removeprefix(root).lstrip("/")
    raise MachineError("no cgroup v2 is mounted here", cure=_V2_CURE)


@frozen
class Usage:
    """What a control group stands at; None where its controller is off, or the file is younger than this kernel."""

    cpu_us: int
    user_us: int
    system_us: int
    read_bytes: int | None = None
    written_bytes: int | None = None
    page_faults: int | None = None
    memory_bytes: int | None = None
    tasks: int | None = None


#: What a group that was made in a stretch had used before.
NOTHING: Final = Usage(0, 0, 0, 0, 0, 0)


def read_usage(folder: Path) -> Usage:
    """The figures now, the CPU's first.  Raises ProcessLookupError where the group is gone."""
    cpu = _numbers(folder / "cpu.stat")
    if cpu is None or "usage_usec" not in cpu:
        raise ProcessLookupError(f"the cgroup {folder.name} is gone")
    disk, memory = _disk(folder), _numbers(folder / "memory.stat") or {}
    return Usage(
        cpu["usage_usec"],
        cpu.get("user_usec", 0),
        cpu.get("system_usec", 0),
        disk.get("rbytes"),
        disk.get("wbytes"),
        memory.get("pgfault"),
        _single(folder / "memory.current"),
        _single(folder / "pids.current"),
    )


def inhabitants(folder: Path) -> list[int]:
    """The processes of a group and of the groups within it, its own first; empty where it is gone."""
    found: list[int] = []
    for path in (folder / "cgroup.procs", *sorted(folder.glob("*/**/cgroup.procs"))):
        with suppress(OSError):
            found += [int(word) for word in path.read_text("ascii").split()]
    return found


def _disk(folder: Path) -> Mapping[str, int]:
    """The sums over devices: a line is ``8:0 rbytes=… wbytes=… rios=…``; nothing where there is no such controller.

    An empty file says that nothing was read nor written so far.
    """
    try:
        text = (folder / "io.stat").read_text("ascii", "replace")
    except OSError:
        return {}
    found = {"rbytes": 0, "wbytes": 0}
    for word in text.split():
        name, _is, number = word.partition("=")
        if name in found and number.isdecimal():
            found[name] += int(number)
    return found


def _numbers(path: Path) -> dict[str, int] | None:
    """The numbers of a file of ``name number`` lines; None where it cannot be read."""
    try:
        text = path.read_text("ascii", "replace")
    except OSError:
        return None
    return dict(_pairs(text))


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        name, _blank, number = line.partition(" ")
        if number.isdecimal():
            yield name, int(number)


def _single(path: Path) -> int | None:
    try:
        text = path.read_text("ascii", "replace").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


@define(eq=False)
class Peak:
    """The most memory that a group had since this was made, where the kernel resets it (Linux 6.12), else ever.

    The reset is one descriptor's own: whoever else watches the group is not disturbed.
    """

    _descriptor: int
    is_reset: bool

    @classmethod
    def watch(cls, folder: Path, *, reset: bool = True) -> Peak | None:
        """Begin; None where the kernel has no such figure.  Without ``reset`` it is that of the whole life."""
        path = folder / "memory.peak"
        if reset:
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    os.write(descriptor, b"reset\n")
                except OSError:  # before 6.12 nobody may write
                    os.close(descriptor)
                else:
                    return cls(descriptor, is_reset=True)
        with suppress(OSError):
            return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC), is_reset=False)
        return None

    def read(self) -> int | None:
        """The peak in bytes; None where the group is gone, and after ``close``."""
        if self._descriptor < 0:
            return None
        with suppress(OSError):
            text = os.pread(self._descriptor, _TEXT_LIMIT, 0).decode("ascii", "replace").strip()
            return int(text) if text.isdecimal() else None
        return None

    def close(self) -> None:
        """Watch no more; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

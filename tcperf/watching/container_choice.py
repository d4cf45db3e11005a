"""Which containers are meant: by a name, by a pattern of names, by a process of theirs, or by their control group.

``NAME`` must run when watching begins; ``NAME*`` are all that are called so, as they come and go, such as a suite's
own; ``pid:NUMBER`` and ``cgroup:FOLDER`` need no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from tcperf.errors import UsageError
from tcperf.quoting import shown
from tcperf.watching import container_group, table
from tcperf.watching.container_engine import Engine, Running
from tcperf.watching.naming import fitting

_PID, _GROUP = "pid:", "cgroup:"
_WILD: Final = frozenset("*?[")

#: The containers that are meant and run now, by their names.  It raises TcperfError where that cannot be told.
Finder = Callable[[], Mapping[str, Running]]


def finder(spec: str, env: Mapping[str, str]) -> Finder:
    """Who is meant by ``spec``.  Raises UsageError where it makes no sense, and what Engine.find raises."""
    if spec.startswith(_PID):
        return _by_pid(spec)
    if spec.startswith(_GROUP):
        return _by_group(spec, Path(spec.removeprefix(_GROUP)))
    engine = Engine.find(env)
    return _by_pattern(engine, spec) if is_pattern(spec) else _by_name(engine, spec)


def is_pattern(spec: str) -> bool:
    """Whether those that are meant may come and go."""
    return not spec.startswith((_PID, _GROUP)) and bool(_WILD & set(spec))


def label_of(spec: str) -> str:
    """What those are called in results that ``spec`` means: a pattern's own words, a folder's name, or the name."""
    words = spec.removeprefix(_GROUP).rpartition("/")[2] if spec.startswith(_GROUP) else spec
    return fitting(words, "container")


def _by_name(engine: Engine, name: str) -> Finder:
    def find() -> dict[str, Running]:
        running = engine.inspect(name)
        return {} if running is None else {name: running}

    return find


def _by_pattern(engine: Engine, pattern: str) -> Finder:
    def find() -> dict[str, Running]:
        found = {name: _if_there(engine, name) for name in engine.names() if fnmatchcase(name, pattern)}
        return {name: running for name, running in found.items() if running is not None}

    return find


def _if_there(engine: Engine, name: str) -> Running | None:
    try:
        return engine.inspect(name)
    except UsageError:  # it was removed since it was listed
        return None


def _by_pid(spec: str) -> Finder:
    digits = spec.removeprefix(_PID)
    if not digits.isdecimal():
        raise UsageError(f"{shown(spec)} names no process", cure="write pid:NUMBER")
    return lambda: {spec: Running(int(digits), "", "")} if table.identity(int(digits)) else {}


def _by_group(spec: str, folder: Path) -> Finder:
    if not (folder / "cgroup.procs").is_file():
        raise UsageError(
            f"{shown(str(folder))} is no folder of cgroup v2",
            cure="write cgroup:/sys/fs/cgroup/…, as /proc/PID/cgroup shows behind 0::",
        )

    def find() -> dict[str, Running]:
        pids = container_group.inhabitants(folder)
        return {spec: Running(pids[0], "", "")} if pids else {}

    return find

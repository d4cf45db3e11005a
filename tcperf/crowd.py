"""Whether a machine has room for the nodes that a plan starts side by side: known before the first one starts.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.plan import Plan
from tcperf.probes.room import Room
from tcperf.units import humanize

#: So many nodes on a core were tried: 50 reference nodes on two.  Beyond, a node mostly waits for its turn.
TRIED_A_CORE: Final = 25
#: So few are started as they are: what is short even for them, the machine tells by itself.
_FEW: Final = 4
#: The share of the memory there is from which on it is worth a word: what is left is the machine's file cache, too.
_MUCH: Final = 0.5
#: What tcperf takes itself: at rest, and for each node.  Files are those of the driver, which has most of them.
_OWN_BYTES, _OWN_TASKS, _OWN_FILES = 80 << 20, 10, 30
#: More lanes than any machine plays.
_MOST_LANES: Final = 1000
_TASKS_A_NODE, _FILES_A_NODE = 4, 10


@frozen
class Weight:
    """What a node takes of its own at the least: memory that it shares with nobody, processes and threads."""

    memory_bytes: int
    tasks: int


@frozen
class _Need:
    """What so many nodes need of something; ``there`` is what there is of it, None where nothing limits it."""

    what: str
    needed: int
    there: int | None
    cure: str | None = None

    @property
    def is_met(self) -> bool:
        return self.there is None or self.needed <= self.there


def check(plans: Iterable[Plan], weight: Weight, room: Room, lanes: int = 1) -> tuple[str, ...]:
    """A warning for each plan whose nodes are many for this machine; ``lanes`` are so many runs side by side.

    Raises UsageError, with how many there is room for, where they cannot all be started.
    """
    return tuple(warning for plan in plans for warning in _check(plan, weight, room, lanes))


def most_lanes(plan: Plan, weight: Weight, room: Room) -> int | None:
    """In how many lanes there is room for the nodes, one at the least; None where few nodes need no looking after."""
    if plan.nodes <= _FEW:
        return None
    lanes = 1
    while lanes < _MOST_LANES and _is_room(plan.nodes, weight, room, lanes + 1):
        lanes += 1
    return lanes


def _is_room(nodes: int, weight: Weight, room: Room, lanes: int) -> bool:
    return all(need.is_met for need in _needs(nodes, weight, room, lanes))


def _check(plan: Plan, weight: Weight, room: Room, lanes: int) -> Iterator[str]:
    nodes = plan.nodes
    if nodes <= _FEW:
        return
    short = next((need for need in _needs(nodes, weight, room, lanes) if not need.is_met), None)
    if short is not None:
        raise UsageError(f"{_told(plan, lanes)} {short.what}", cure=_cure(plan, weight, room, lanes, short))
    memory = _memory_bytes(nodes, weight, lanes)
    is_much = room.memory_bytes is not None and memory > _MUCH * room.memory_bytes
    if nodes * lanes > TRIED_A_CORE * room.cores or is_much:
        yield (
            f"{_told(plan, lanes)} about {humanize(memory, 'bytes')} of memory of their own"
            f"{_of(room.memory_bytes)}, {_tasks(nodes, weight, lanes)} processes and threads, and {_cores(room)} to"
            f" share: where nodes wait for their turn, times say more of the machine than of them"
        )


def _needs(nodes: int, weight: Weight, room: Room, lanes: int) -> Iterator[_Need]:
    memory, tasks, files = _memory_bytes(nodes, weight, lanes), _tasks(nodes, weight, lanes), _files(nodes)
    yield _Need(
        f"at least {humanize(memory, 'bytes')} of memory, and {humanize(room.memory_bytes or 0, 'bytes')} are available",
        memory,
        room.memory_bytes,
    )
    yield _Need(
        f"{tasks} processes and threads, and there may be {room.tasks} more",
        tasks,
        room.tasks,
        "raise the limit (ulimit -u, the container's pids limit, sysctl kernel.threads-max)",
    )
    is_raised = room.most_files is None or files <= room.most_files
    yield _Need(
        f"{files} open files in tcperf's own process, and it may have {room.files}",
        files,
        room.files,
        f"ulimit -n {files}" if is_raised else "raise the limit of open files (ulimit -Hn, as root)",
    )


def _memory_bytes(nodes: int, weight: Weight, lanes: int) -> int:
    return lanes * (nodes * weight.memory_bytes + _OWN_BYTES)


def _tasks(nodes: int, weight: Weight, lanes: int) -> int:
    return lanes * (nodes * (weight.tasks + _TASKS_A_NODE) + _OWN_TASKS)


def _files(nodes: int) -> int:
    """Each lane has a driver of its own."""
    return nodes * _FILES_A_NODE + _OWN_FILES


def _cure(plan: Plan, weight: Weight, room: Room, lanes: int, short: _Need) -> str:
    """What there is room for, and how to have more of it."""
    smaller = (nodes for nodes in range(plan.nodes - 1, 0, -1) if _is_room(nodes, weight, room, lanes))
    fewer = (each for each in range(lanes - 1, 0, -1) if _is_room(plan.nodes, weight, room, each))
    most, fewer_lanes = next(smaller, 0), next(fewer, None)
    size = plan.sized_by
    ways = [f"there is room for {most or 'none'}"]
    if size is not None and most > size.left_out:
        ways = [f"there is room for {most}: -p {plan.scenario.name}.{size.name}={most - size.left_out}"]
    ways += [] if fewer_lanes is None else [f"--lanes {fewer_lanes}"]
    return "; or ".join([*ways, *([] if short.cure is None else [short.cure])])


def _told(plan: Plan, lanes: int) -> str:
    beside = f" in each of {lanes} lanes" if lanes > 1 else ""
    return f"{plan.scenario.name}: {plan.nodes} nodes{beside} need"


def _of(memory_bytes: int | None) -> str:
    return "" if memory_bytes is None else f", of {humanize(memory_bytes, 'bytes')} that are available"


def _cores(room: Room) -> str:
    return "one core" if room.cores == 1 else f"{room.cores} cores"

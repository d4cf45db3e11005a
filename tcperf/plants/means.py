"""By what means a goal is planted: the reference node's own switch, the network, or a companion.  Pure.

The reference node plants by itself (``--plant``).  Into any other program nothing can be put: a Go program heeds no
preloaded library, and what a wrapper does before it becomes the program is over by then.  What can be had from
outside is a link that is late, and a companion: a process that the wrapper leaves behind as the node's own child,
in the node's namespace, process group and figures.  So that nothing but the plant differs, the other side has a
companion, too, that does nothing.
"""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.plants.goal import Goal
from tcperf.plants.kinds import Kind

Network = Literal["private", "loopback", "host"]
#: What each kind needs of a network to be planted into a program from outside.
_NEEDS_PRIVATE: Final = {
    "delay": "only the links of a private network can be made late",
    "bytes": "only on a private network a node's frames are told from others'",
}


@frozen
class Load:
    """What a companion costs: shares of the node's own CPU and of its own traffic, and memory in bytes."""

    cpu_ratio: float = 0.0
    traffic_ratio: float = 0.0
    memory_bytes: int = 0


IDLE: Final = Load()


@frozen
class Means:
    """How a goal is planted: one of a ``switch`` (``--plant``'s value), a ``load`` and a ``delay_ms`` of the links.

    ``text`` says it.
    """

    text: str
    switch: str | None = None
    load: Load | None = None
    delay_ms: float | None = None


def reference_means(goal: Goal, nodes: int) -> Means:
    """The switch of the reference node; ``nodes`` is how many there are in a run: memory is shared out to them."""
    switch = _switch(goal, nodes)
    return Means(f"the reference node's own switch, --plant {switch}", switch=switch)


def _switch(goal: Goal, nodes: int) -> str:
    match goal.kind.name:
        case "cpu" | "bytes":
            return f"{goal.kind.name}={goal.ratio * 100:.4f}%"
        case "memory":
            return f"memory={round(goal.amount / nodes)}B"
        case _:
            return f"delay={goal.amount:.3f}ms"


def check_foreign(kind: Kind, network: Network, *, is_linux: bool = True) -> None:
    """Raise UsageError where a kind cannot be planted into a program from outside, on this network or system."""
    why = "a companion takes Linux" if not is_linux else None
    if network != "private":
        why = _NEEDS_PRIVATE.get(kind.name, why)
    if why is not None:
        raise UsageError(
            f"{kind.name} cannot be planted into the node from outside: {why}",
            cure="leave it away with --plant, drill the reference node, or run on Linux with --network private",
        )


def has_companion(kind: Kind) -> bool:
    """Whether a kind is planted into a program from outside by a companion."""
    return kind.name != "delay"


def foreign_means(goal: Goal, nodes: int) -> Means:
    """What can be done to any program from outside, where ``check_foreign`` allows it."""
    percent = f"{goal.ratio * 100:.1f} %"
    match goal.kind.name:
        case "cpu":
            return Means(
                f"a companion, the node's child, that burns {percent} of the node's own CPU",
                load=Load(cpu_ratio=goal.ratio),
            )
        case "bytes":
            return Means(
                f"a companion on the node's network that sends its peer {percent} of the node's own bytes",
                load=Load(traffic_ratio=goal.ratio),
            )
        case "memory":
            held = round(goal.amount / nodes)
            return Means(
                f"a companion, the node's child, that holds {held} bytes", load=Load(memory_bytes=held)
            )
        case _:
            return Means(
                f"the network: each link is late by {goal.amount:.3g} ms towards its node",
                delay_ms=goal.amount,
            )

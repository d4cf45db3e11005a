"""What keeps two results from being compared: the conditions under which their nodes ran."""

from __future__ import annotations

from tcperf.linkspec import spell
from tcperf.model import Conditions


def unlike(a: Conditions, b: Conditions) -> tuple[str, ...]:
    """What differs between two results' conditions, in words, ``a`` first; empty where they are alike.

    Figures of unlike conditions are never compared.  A network of another kind brings all its conditions
    along: then that alone is told.  The same bad link counts as unlike, too, where something else made it
    (the kernel's netem or a relay): they agree in what they do to frames, not in what they cost the machine.
    """
    if a.network != b.network:
        return (f"the nodes' network: {a.network} against {b.network}",)
    told = [
        ("the links' MTU", _number(a.mtu), _number(b.mtu)),
        ("segmentation offloads", a.offloads, b.offloads),
        ("emulated links", spell(a.link), spell(b.link)),
    ]
    if spell(a.link) == spell(b.link):
        told.append(("what emulates the links", a.emulation or "nothing", b.emulation or "nothing"))
    return tuple(f"{what}: {ours} against {theirs}" for what, ours, theirs in told if ours != theirs)


def _number(value: int | None) -> str:
    return "unknown" if value is None else str(value)

"""Nodes in a line: each connected to its neighbours, and to no other of them."""

from __future__ import annotations

from collections.abc import Sequence

from tcperf.errors import ScenarioError
from tcperf.nodes.interface import Driver

#: What to do where two nodes are connected that should not be, or (True) are not.
_CURE = {
    False: "nodes that look for others themselves can only be measured in pairs",
    True: "see the two nodes' logs",
}


def check(scenario: str, drivers: Sequence[Driver]) -> None:
    """Raise ScenarioError unless the nodes are one, in their order, by what each says now of its peers."""
    ids = [driver.peer_id() for driver in drivers]
    for place, driver in enumerate(drivers):
        peers = driver.peer_ids()
        for far, other in enumerate(drivers):
            near = abs(far - place) == 1
            if far != place and (ids[far] in peers) != near:
                raise _broken(scenario, driver, other, near=near)


def _broken(scenario: str, one: Driver, other: Driver, *, near: bool) -> ScenarioError:
    said = "lost its connection to" if near else "has found, by itself, a connection to"
    return ScenarioError(
        f"{scenario} is no line of nodes: {one.name} {said} {other.name}",
        cure="its bytes would not be those of a line; " + _CURE[near],
    )

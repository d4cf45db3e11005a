"""A private group of nodes, and how one comes to be."""

from __future__ import annotations

from attrs import frozen

from tcperf.errors import ScenarioError
from tcperf.nodes.interface import Driver


@frozen
class Group:
    """Nodes that are in one private group, its founder first; ``id`` is what the nodes call it."""

    id: str
    members: tuple[Driver, ...]

    def others(self, sender: Driver) -> tuple[Driver, ...]:
        """Everybody but the sender.  Raises ScenarioError where that one is no member."""
        if sender not in self.members:
            raise ScenarioError(f"{sender.name} is not in the group that it sends to")
        return tuple(member for member in self.members if member is not sender)


def gather(name: str, founder: Driver, others: tuple[Driver, ...]) -> Group:
    """A new group, when each of the others has been told of it.

    A founder may only take in mutual contacts (status-go): so it becomes one of each first.  Raises NodeError.
    """
    for other in others:
        founder.befriend(other)
    cursors = [other.cursor() for other in others]
    group_id = founder.create_group(name, others)
    for other, cursor in zip(others, cursors, strict=True):
        other.await_group(group_id, cursor)
    return Group(group_id, (founder, *others))

"""The traffic table: what was cut from flows, summed by phase, node, direction, peer, protocol and role."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from tcperf.frames.flows import Group, Totals
from tcperf.traffic import BROADCAST, MULTICAST, Direction, Role, Traffic, TransportProtocol

#: Beyond, ports are given up for the roles that they have by then: short connections use them up by thousands.
_MAX_GROUPS: Final = 20_000
_ALL: Final = (MULTICAST, BROADCAST)


@frozen
class Ports:
    """What the nodes' ports are for; both may be filled while frames are counted.

    ``control`` is the port of a node's driving API, ``listening`` all that a node listens on, or has bound for
    UDP, with the protocol.  Whoever answers connections shows that by itself: ``Flows.listening``.
    """

    control: dict[Hashable, int] = field(factory=dict)
    listening: dict[Hashable, set[tuple[str, int]]] = field(factory=dict)

    def listen(self, name: Hashable, ports: Iterable[tuple[str, int]]) -> None:
        """Add ports that a node was seen to listen on."""
        self.listening.setdefault(name, set()).update(ports)

    def role(self, group: Group) -> Role:
        """What a group's frames were for; "other" where it has no ports, or no known ones.

        So is what goes to all: it asks who is there (SSDP, mDNS), from sockets that live too shortly to be looked at
        in time, and must not be now the one, now the other.  Its copies, seen where they reach each receiver, have no
        ports (``Flows.add``): the destination decides on both sides.
        """
        sender, receiver, protocol, source, target = group
        if (not source and not target) or receiver in _ALL:
            return "other"
        if source == self.control.get(sender) or target == self.control.get(receiver):
            return "control"
        if self._listens(sender, protocol, source) or self._listens(receiver, protocol, target):
            return "p2p"
        return "other"

    def _listens(self, name: Hashable, protocol: str, port: int) -> bool:
        return (protocol, port) in self.listening.get(name, ())


class _Cell(NamedTuple):
    """Where a sum belongs in the end: its row."""

    phase: str
    direction: Direction
    sender: Hashable
    receiver: Hashable
    protocol: TransportProtocol
    role: Role


class Table:
    """Sums what was cut.  Roles are told from ``ports`` as late as can be: when the rows are asked for."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._groups: dict[tuple[str, Direction, Group], Totals] = {}
        self._cells: dict[_Cell, Totals] = {}

    def add(self, phase: str, cut: Iterable[tuple[Group, Totals]], direction: Direction = "sent") -> None:
        """Add a cut to a phase; "received": of frames that were seen where they reach their receiver."""
        groups = self._groups
        for group, totals in cut:
            key = (phase, direction, group)
            known = groups.get(key)
            groups[key] = totals if known is None else known + totals
        if len(groups) > _MAX_GROUPS:
            self._settle()

    def _settle(self) -> None:
        for (phase, direction, group), totals in self._groups.items():
            role = self._ports.role(group)
            cell = _Cell(phase, direction, group.sender, group.receiver, group.protocol, role)
            known = self._cells.get(cell)
            self._cells[cell] = totals if known is None else known + totals
        self._groups = {}

    def rows(self, nodes: Collection[str], *, mirror: bool) -> tuple[Traffic, ...]:
        """The rows of ``nodes``; phases in the order of their first frame, the rest by name.

        ``mirror``: what a node was sent is what it received.  False where frames get lost between the two,
        and received rows come of frames that were seen behind that.
        """
        self._settle()
        rows: dict[tuple[object, ...], Totals] = {}
        for cell, totals in self._cells.items():
            for place in _places(cell, nodes, mirror=mirror):
                rows[place] = rows[place] + totals if place in rows else totals
        order = {cell.phase: number for number, cell in reversed(list(enumerate(self._cells)))}
        made = [_row(place, totals) for place, totals in rows.items()]
        return tuple(sorted(made, key=lambda row: (order[row.phase], *_names(row))))


def _places(cell: _Cell, nodes: Collection[str], *, mirror: bool) -> Iterator[tuple[object, ...]]:
    """The rows that a sum is in: phase, node, direction, peer, protocol and role."""
    phase, direction, sender, receiver, protocol, role = cell
    if direction == "sent" and sender in nodes:
        yield phase, sender, "sent", receiver, protocol, role
    if (direction == "received" or mirror) and receiver in nodes:
        yield phase, receiver, "received", sender, protocol, role


def _row(place: tuple[Any, ...], totals: Totals) -> Traffic:
    return Traffic(*place, **totals._asdict())


def _names(row: Traffic) -> tuple[str, ...]:
    # "sent" before "received": what a node did comes before what was done to it.
    return row.node, "" if row.direction == "sent" else row.direction, row.peer, row.protocol, row.role

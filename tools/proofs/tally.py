"""What a case's traffic comes to, by node, direction, peer and protocol: one column of a comparison."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Self

from tcperf.traffic import Traffic


class Key(NamedTuple):
    """Whose traffic, which way, with whom, over what; the words are those of ``tcperf.traffic.Traffic``."""

    node: str
    direction: str
    peer: str
    protocol: str


class Numbers(NamedTuple):
    """What is counted of a key; the words are those of ``tcperf.traffic.Traffic``."""

    frame_bytes: int = 0
    packets: int = 0
    ip_bytes: int = 0
    payload_bytes: int = 0
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0

    def plus(self, other: Numbers) -> Numbers:
        """The sum, number by number."""
        return Numbers(*map(operator.add, self, other))

    def times(self, count: int) -> Numbers:
        """So many of it."""
        return Numbers(*(count * number for number in self))


class Tally:
    """Numbers by key.  A key without traffic is absent."""

    def __init__(self) -> None:
        self._rows: dict[Key, Numbers] = {}

    @classmethod
    def of(cls, rows: Iterable[Traffic]) -> Self:
        """The tally of rows of traffic, whatever their phase and role."""
        tally = cls()
        for row in rows:
            numbers = Numbers(*(getattr(row, name) for name in Numbers._fields))
            tally.add(Key(row.node, row.direction, row.peer, row.protocol), numbers)
        return tally

    def add(self, key: Key, numbers: Numbers) -> None:
        """Count ``numbers`` for ``key``."""
        total = self._rows.get(key, Numbers()).plus(numbers)
        if any(total):
            self._rows[key] = total

    def unicast(self, sender: str, receiver: str, protocol: str, numbers: Numbers) -> None:
        """Count what ``sender`` sent to ``receiver``, at both ends."""
        self.add(Key(sender, "sent", receiver, protocol), numbers)
        self.add(Key(receiver, "received", sender, protocol), numbers)

    def group(
        self, sender: str, kind: str, receivers: Iterable[str], protocol: str, numbers: Numbers
    ) -> None:
        """Count what ``sender`` sent to a group (``kind``: MULTICAST, BROADCAST), and a copy for each receiver."""
        self.add(Key(sender, "sent", kind, protocol), numbers)
        for receiver in receivers:
            self.add(Key(receiver, "received", sender, protocol), numbers)

    @property
    def keys(self) -> set[Key]:
        """The keys that had traffic."""
        return set(self._rows)

    def __getitem__(self, key: Key) -> Numbers:
        return self._rows.get(key, Numbers())

    def side(self, node: str, direction: str) -> Numbers:
        """A node's total in one direction."""
        its = (key for key in self._rows if key.node == node and key.direction == direction)
        return total(self._rows[key] for key in its)

    def total(self, direction: str = "sent") -> Numbers:
        """All nodes' total in one direction."""
        return total(self._rows[key] for key in self._rows if key.direction == direction)

    def __iter__(self) -> Iterator[tuple[Key, Numbers]]:
        return iter(sorted(self._rows.items()))


def total(numbers: Iterable[Numbers]) -> Numbers:
    """The sum of many numbers."""
    result = Numbers()
    for each in numbers:
        result = result.plus(each)
    return result


def by_phase(rows: Iterable[Traffic]) -> Mapping[str, Tally]:
    """Rows of a whole capture as a tally a phase."""
    found: dict[str, list[Traffic]] = {}
    for row in rows:
        found.setdefault(row.phase, []).append(row)
    return {phase: Tally.of(its) for phase, its in found.items()}

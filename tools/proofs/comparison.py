"""Truth, counters, ring and dpkt side by side: every figure that two of them know must be the same.

Counters know frames and their bytes, by node and direction.  The others know them by peer and protocol too,
and IP bytes, payload, retransmissions and connections beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from proofs.cases import Case
from proofs.tally import Key, Numbers, Tally, total
from tcperf.network.interface import Counters

#: A node's name, and "sent" or "received".
Side = tuple[str, str]
COLUMNS = ("truth", "counters", "ring", "dpkt")
_TITLES = {
    "frame_bytes": "frame bytes",
    "packets": "frames",
    "ip_bytes": "IP bytes",
    "payload_bytes": "payload bytes",
    "retransmissions": "sent again",
    "connections": "connections",
    "short_connections": "short ones",
}
_COUNTED = ("frame_bytes", "packets")
_DIRECTIONS = ("sent", "received")
_WIDTH = 14


@frozen
class Line:
    """One figure as each column has it; None: the column does not know it."""

    what: str
    values: tuple[int | None, ...]

    @property
    def difference(self) -> int:
        """The most that two columns differ by."""
        known = [value for value in self.values if value is not None]
        return max(known) - min(known)

    def __str__(self) -> str:
        cells = "".join(f"{'-' if value is None else f'{value:,}':>{_WIDTH}}" for value in self.values)
        return f"  {self.what:<44}{cells}{self.difference:>{_WIDTH},}"


@frozen
class Outcome:
    """One played case: the truth, and what the counters moved, the ring attributed and dpkt read."""

    case: Case
    truth: Tally
    counters: Mapping[Side, Numbers]
    ring: Tally
    dpkt: Tally | None

    def summary(self) -> Iterator[Line]:
        """What all nodes sent: frames and bytes always, the other figures where there were any."""
        counted = total(numbers for side, numbers in self.counters.items() if side[1] == "sent")
        ring, dpkt = self.ring.total(), self.dpkt.total() if self.dpkt is not None else None
        for name, title in _TITLES.items():
            is_counted = name in _COUNTED
            truth = getattr(self.truth.total(), name) if is_counted or self.case.knows_headers else None
            values = (
                truth,
                getattr(counted, name) if is_counted else None,
                getattr(ring, name),
                getattr(dpkt, name) if dpkt is not None else None,
            )
            if is_counted or any(values):
                yield Line(title, values)

    def figures(self) -> Iterator[Line]:
        """Every figure that can be compared: by node and direction, and by peer and protocol."""
        nodes = {key.node for tally in self._tallies() for key in tally.keys}
        nodes |= {node for node, _direction in self.counters}
        for node in sorted(nodes):
            for direction in _DIRECTIONS:
                yield from self._side(node, direction)
        for key in sorted({key for tally in self._readers() for key in tally.keys}):
            yield from self._row(key)

    def _tallies(self) -> list[Tally]:
        return [self.truth, self.ring, *([self.dpkt] if self.dpkt is not None else [])]

    def _readers(self) -> list[Tally]:
        return self._tallies() if self.case.knows_headers else self._tallies()[1:]

    def _side(self, node: str, direction: str) -> Iterator[Line]:
        counted = self.counters.get((node, direction), Numbers())
        for name in _COUNTED:
            values = (
                getattr(self.truth.side(node, direction), name),
                getattr(counted, name),
                getattr(self.ring.side(node, direction), name),
                getattr(self.dpkt.side(node, direction), name) if self.dpkt is not None else None,
            )
            yield Line(f"{node} {direction}: {_TITLES[name]}", values)

    def _row(self, key: Key) -> Iterator[Line]:
        for name in Numbers._fields:
            values = (
                getattr(self.truth[key], name) if self.case.knows_headers else None,
                None,
                getattr(self.ring[key], name),
                getattr(self.dpkt[key], name) if self.dpkt is not None else None,
            )
            yield Line(f"{key.node} {key.direction} {key.peer} {key.protocol}: {_TITLES[name]}", values)

    def differing(self) -> list[Line]:
        """The figures on which the columns disagree."""
        return [line for line in self.figures() if line.difference]


def moved(before: Mapping[str, Counters], after: Mapping[str, Counters]) -> dict[Side, Numbers]:
    """How far each host's counters moved."""
    found: dict[Side, Numbers] = {}
    for name, start in before.items():
        end = after[name]
        found[name, "sent"] = Numbers(
            end.sent_bytes - start.sent_bytes, end.sent_packets - start.sent_packets
        )
        found[name, "received"] = Numbers(
            end.received_bytes - start.received_bytes, end.received_packets - start.received_packets
        )
    return found


def header() -> str:
    """The heading of the table."""
    return f"{'':46}" + "".join(f"{name:>{_WIDTH}}" for name in (*COLUMNS, "difference"))


def as_text(outcome: Outcome, *, everything: bool = False) -> str:
    """The case with its figures; those that differ below them, or ``everything`` that was compared."""
    details = list(outcome.figures()) if everything else outcome.differing()
    return "\n".join([outcome.case.name, *map(str, outcome.summary()), *map(str, details)])

"""Traffic over time: what was cut from flows in each of many short intervals, for the series of a run."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from tcperf.frames.flows import Flow, Group
from tcperf.frames.rows import Ports
from tcperf.traffic import Direction, Role, TransportProtocol

#: As for the traffic table: beyond, ports are given up for the roles that they have by then.
_MAX_GROUPS: Final = 20_000
#: Frame bytes and frames.
_Amount = tuple[int, int]
_NOTHING: Final[_Amount] = (0, 0)


class _Curve(NamedTuple):
    """Whose traffic a curve is."""

    sender: Hashable
    receiver: Hashable
    protocol: TransportProtocol
    role: Role


class _Bins:
    """The bins in which a group had any traffic, in time order, and the frame bytes and frames in each.

    Nothing is to be added to ``settled`` ones: they have been read.
    """

    __slots__ = ("frame_bytes", "numbers", "packets", "settled")

    def __init__(self) -> None:
        self.settled = False
        self.numbers = array("q")
        self.frame_bytes = array("q")
        self.packets = array("q")

    def add(self, number: int, frame_bytes: int, packets: int) -> None:
        """Add to a bin: the last one, or a later one."""
        if self.numbers and self.numbers[-1] == number:
            self.frame_bytes[-1] += frame_bytes
            self.packets[-1] += packets
        else:
            self.numbers.append(number)
            self.frame_bytes.append(frame_bytes)
            self.packets.append(packets)


class TrafficBins:
    """Frame bytes and frames by sender, receiver, protocol and role in bins of ``interval_ms``; bins count from 0."""

    def __init__(self, interval_ms: int, ports: Ports) -> None:
        self._interval_ms = interval_ms
        self._ports = ports
        self._groups: dict[tuple[Direction, Group], _Bins] = {}
        self._curves: dict[tuple[Direction, _Curve], dict[int, _Amount]] = {}

    def add(self, number: int, drawn: Iterable[tuple[Flow, int, int]], direction: Direction) -> None:
        """Add what flows drew to the bin ``number``, which is not before that of the last call."""
        for flow, frame_bytes, packets in drawn:
            bins = flow.curve
            if not isinstance(bins, _Bins) or bins.settled:
                bins = flow.curve = self._bins(direction, flow.group)
            bins.add(number, frame_bytes, packets)

    def _bins(self, direction: Direction, group: Group) -> _Bins:
        """The bins of a flow; another one's that is the same to us, or new ones."""
        if len(self._groups) > _MAX_GROUPS:
            self._settle()
        return self._groups.setdefault((direction, group), _Bins())

    def _settle(self) -> None:
        for (direction, group), bins in self._groups.items():
            bins.settled = True
            name = _Curve(group.sender, group.receiver, group.protocol, self._ports.role(group))
            curve = self._curves.setdefault((direction, name), {})
            for number, *more in zip(bins.numbers, bins.frame_bytes, bins.packets, strict=True):
                curve[number] = _added(curve.get(number, _NOTHING), more)
        self._groups = {}

    def rows(self, nodes: Collection[str]) -> dict[str, Any]:
        """What the nodes sent, as a series' file has it: sparse, only bins with traffic."""
        self._settle()
        rows = [
            {
                "node": name.sender,
                "peer": name.receiver,
                "protocol": name.protocol,
                "role": name.role,
                "t_ms": [number * self._interval_ms for number in sorted(curve)],
                "bytes": [curve[number][0] for number in sorted(curve)],
            }
            for (direction, name), curve in self._curves.items()
            if direction == "sent" and name.sender in nodes
        ]
        rows.sort(key=lambda row: tuple(str(row[key]) for key in ("node", "peer", "protocol", "role")))
        return {"interval_ms": self._interval_ms, "rows": rows}

    def cumulative(
        self, node: str, direction: Direction, times_ms: Sequence[float], *, mirror: bool
    ) -> tuple[list[int], list[int]]:
        """What a node had sent or received by each of these times, which ascend: in the bins that had ended.

        The frame bytes, and the frames.
        ``mirror`` as for the traffic table: what was sent to a node is what it received.
        """
        self._settle()
        by_bin: dict[int, _Amount] = {}
        for (seen, name), curve in self._curves.items():
            if direction == "sent":
                counts = seen == "sent" and name.sender == node
            else:
                counts = (seen == "received" or mirror) and name.receiver == node
            if counts:
                for number, more in curve.items():
                    by_bin[number] = _added(by_bin.get(number, _NOTHING), more)
        numbers = sorted(by_bin)
        frame_bytes, packets = (
            _summed_up([(number, by_bin[number][place]) for number in numbers], self._interval_ms, times_ms)
            for place in range(len(_NOTHING))
        )
        return frame_bytes, packets


def _added(one: _Amount, other: Sequence[int]) -> _Amount:
    return one[0] + other[0], one[1] + other[1]


def _summed_up(bins: list[tuple[int, int]], interval_ms: int, times_ms: Sequence[float]) -> list[int]:
    made, total, place = [], 0, 0
    for time_ms in times_ms:
        while place < len(bins) and (bins[place][0] + 1) * interval_ms <= time_ms:
            total += bins[place][1]
            place += 1
        made.append(total)
    return made

"""Who got a copy of a frame that the bridge flooded: told by the copy that it made for its own interface.

Nobody looks at what leaves the bridge: the kernel would make a copy of every frame for that.  A bridge floods a frame
to all legs but the one it came in by, and hands one copy more to its own interface: these are numbered here, from 1, as
the interface itself counts them, and each leg says how many of them it has missed (``tcperf.network.copies``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from tcperf.frames.parse import Packet

#: As many are remembered for a leg of which it is told late that it had joined: a second of more than any nodes flood.
_REMEMBERED: Final = 1 << 16
_NOWHERE: Final = 0
_SOURCE: Final = slice(6, 12)
#: Of a hardware address's first byte: it is that of a group, or of all.
_GROUP_BIT: Final = 1


class Flooded(NamedTuple):
    """A frame: its number, its phase, when it was flooded, what was read of it, its length; by which leg it came in.

    That is 0 where nobody knows.
    """

    number: int
    phase: str
    time_ns: int
    leg: int
    packet: Packet
    length: int


class Copy(NamedTuple):
    """A frame that was flooded, and the name of the host that got this copy of it."""

    receiver: str
    frame: Flooded


class _Member(NamedTuple):
    """A leg that has joined, and how many frames it had missed by then."""

    name: str
    missed: int


class Floods:
    """The legs, and the frames that were flooded of late; ``frames`` and ``copies`` count them.

    Frames are told in the order in which the bridge's interface got them, none is left out, and all are in ``phase``
    when they are told.
    """

    def __init__(self, phase: str = "") -> None:
        self.phase = phase
        self.frames = self.copies = 0
        self._members: dict[int, _Member] = {}
        self._addresses: dict[bytes, int] = {}
        self._entered = (_NOWHERE, b"")
        self._recent: deque[Flooded] = deque(maxlen=_REMEMBERED)

    def join(self, leg: int, name: str, address: bytes, missed: int) -> list[Copy]:
        """A leg, and how many frames it has missed; its copies of those that have been told already."""
        self._members[leg] = _Member(name, missed)
        self._addresses[address] = leg
        late = (frame for frame in self._recent if frame.number > missed and frame.leg != leg)
        return self._made(Copy(name, frame) for frame in late)

    def enter(self, leg: int, addresses: bytes) -> None:
        """A frame to a group came in by a leg; ``addresses`` are Ethernet's, target and source."""
        self._entered = (leg, addresses)

    def flood(self, addresses: bytes, time_ns: int, packet: Packet, length: int) -> list[Copy]:
        """The bridge's interface got a frame: the copies of it, none where it is for the bridge alone."""
        self.frames += 1
        if not addresses[0] & _GROUP_BIT:
            return []
        leg, entered = self._entered
        if entered != addresses:  # another processor's came between
            leg = self._addresses.get(addresses[_SOURCE], _NOWHERE)
        frame = Flooded(self.frames, self.phase, time_ns, leg, packet, length)
        self._recent.append(frame)
        others = (member for other, member in self._members.items() if other != leg)
        return self._made(Copy(each.name, frame) for each in others if frame.number > each.missed)

    def _made(self, copies: Iterable[Copy]) -> list[Copy]:
        made = list(copies)
        self.copies += len(made)
        return made

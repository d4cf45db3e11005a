"""Cases of TCP segments made by hand: which of them were sent again, and which connections there were.

The rules are those of ``tcperf.traffic.Traffic``: a retransmission takes up sequence numbers and begins below
the highest that its sender had sent; a keep-alive is none; a connection's first SYN opens it, and the first
FIN or RST of either side ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from proofs import craft
from proofs.cases import Case, Stage
from proofs.craft import ACK, FIN, RST, SYN, Packet, Segment
from proofs.raw_cases import send
from proofs.tally import Tally

End = Literal["alice", "bob"]
Step = tuple[End, Segment]
Wrap = Callable[[str, str, Segment], Packet]
_ENDS4 = (craft.NOWHERE4, craft.ELSEWHERE4)
_ENDS6 = (craft.NOWHERE6, craft.ELSEWHERE6)
_SERVER_PORT = 9000
#: So near to the end of the sequence numbers that the first data segments pass it.
_NEAR_WRAP = 2**32 - 150


class Talk:
    """Segments between one port of alice's and one of bob's."""

    def __init__(self, port: int) -> None:
        self._ports = (port, _SERVER_PORT)

    def alice(self, sequence: int, flags: int, size: int, **counts: Any) -> Step:
        """A segment from alice to bob."""
        return "alice", craft.tcp(self._ports, sequence, flags, size, **counts)

    def bob(self, sequence: int, flags: int, size: int, **counts: Any) -> Step:
        """A segment from bob to alice."""
        return "bob", craft.tcp(self._ports[::-1], sequence, flags, size, **counts)


def repeats(talk: Talk, start: int) -> Iterable[Step]:
    """One connection from its SYN, sent twice, to its FIN, sent twice, with everything between sent again."""
    yield talk.alice(start, SYN, 0, connections=1)
    yield talk.alice(start, SYN, 0, retransmissions=1)
    yield talk.bob(7000, SYN | ACK, 0)
    yield talk.bob(7000, SYN | ACK, 0, retransmissions=1)
    yield talk.alice(start + 1, ACK, 0)
    yield talk.alice(start + 1, ACK, 100)
    yield talk.alice(start + 1, ACK, 100, retransmissions=1)
    yield talk.alice(start + 101, ACK, 100)
    yield talk.alice(start + 151, ACK, 100, retransmissions=1)  # begins below the highest, and ends above it
    yield talk.alice(start + 251, ACK, 0)  # a bare acknowledgement takes up nothing
    yield talk.alice(start + 250, ACK, 0)  # keep-alives: one below the highest, with no byte and with one
    yield talk.alice(start + 250, ACK, 1)
    yield talk.alice(start + 350, ACK, 100)  # leaves a hole, which is then filled from below
    yield talk.alice(start + 251, ACK, 99, retransmissions=1)
    yield talk.bob(7001, ACK, 500)
    yield talk.bob(7001, ACK, 500, retransmissions=1)
    yield talk.alice(start + 450, FIN | ACK, 0, short_connections=1)
    yield talk.alice(start + 450, FIN | ACK, 0, retransmissions=1)
    yield talk.bob(7501, FIN | ACK, 0)
    yield talk.alice(start + 451, ACK, 0)


def reuse(talk: Talk, start: int) -> Iterable[Step]:
    """The same ports again: after its end, a SYN with another number opens a connection of its own."""
    for first in (start, start - 1_000_000):  # the second one lower: that makes it no retransmission
        yield talk.alice(first, SYN, 0, connections=1)
        yield talk.bob(first + 9, SYN | ACK, 0)
        yield talk.alice(first + 1, ACK, 10)
        yield talk.alice(first + 11, FIN | ACK, 0, short_connections=1)
        yield talk.bob(first + 10, FIN | ACK, 0)
        yield talk.alice(first + 12, ACK, 0)


def refused(talk: Talk, start: int) -> Iterable[Step]:
    """Connections that were refused are over at once, each of them a new one.

    The RST is bob's, but the connection that was short is that of its opener: counted with her SYN here.
    """
    for first in (start, start + 1_000_000, start + 500_000):
        yield talk.alice(first, SYN, 0, connections=1, short_connections=1)
        yield talk.bob(0, RST | ACK, 0)


def joined_late(talk: Talk, start: int) -> Iterable[Step]:
    """A connection whose opening nobody saw: what it repeats is known, that it was opened or short is not."""
    yield talk.alice(start, ACK, 100)
    yield talk.alice(start, ACK, 100, retransmissions=1)
    yield talk.alice(start + 100, FIN | ACK, 0)


def _played(
    steps: Callable[[Talk, int], Iterable[Step]], port: int, start: int, wrap: Wrap, ends: tuple[str, str]
) -> Callable[[Stage], Tally]:
    def play(stage: Stage) -> Tally:
        truth = Tally()
        for source, segment in steps(Talk(port), start):
            if source == "alice":
                send(stage.rig, "alice", "bob", [wrap(*ends, segment)], truth)
            else:
                send(stage.rig, "bob", "alice", [wrap(*ends[::-1], segment)], truth)
        return truth

    return play


def _case(name: str, steps: Callable[[Talk, int], Iterable[Step]], port: int, start: int) -> list[Case]:
    return [
        Case(f"tcp over ipv4, {name}", _played(steps, port, start, craft.ipv4, _ENDS4)),
        Case(f"tcp over ipv6, {name}", _played(steps, port, start, craft.ipv6, _ENDS6)),
    ]


TCP_CASES: tuple[Case, ...] = (
    *_case("segments sent again", repeats, 40_001, 1000),
    *_case("sent again where numbers wrap around", repeats, 40_002, _NEAR_WRAP),
    *_case("ports used again", reuse, 40_003, 5_000_000),
    *_case("connections refused", refused, 40_004, 1_000_000),
    *_case("joined late", joined_late, 40_005, 900),
)

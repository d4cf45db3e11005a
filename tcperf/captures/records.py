"""What a capture's records are, whatever its format: frames with the interface they were seen on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from attrs import field, frozen, mutable

from tcperf.captures.links import LinkType

#: The longest frame that capturing programs keep (libpcap's MAXIMUM_SNAPLEN, Wireshark's limit, too): what
#: claims to be longer is no frame, and is not to fill the memory.
LONGEST_FRAME: Final = 262_144


@frozen(eq=False)
class Interface:
    """Where frames were seen.  ``link`` is None for a link type that is not known here.

    ``node`` is the node on whose leg the interface is, in captures that tcperf wrote; ``mac`` is then its MAC.
    ``fcs_bytes`` are at the end of every frame, and part of its length (the frame check sequence).  ``place`` is a
    multiple of 256; frames of interfaces with one place count alike if their bytes are alike.
    """

    link_number: int
    link: LinkType | None
    node: str | None = None
    mac: bytes | None = None
    fcs_bytes: int = 0
    place: int = 0


@frozen
class Cut:
    """Where reading had to stop before the end, and why; ``offset`` is in bytes, decompressed where it was."""

    offset: int
    reason: str


#: The interface, when (ns since the epoch), the frame's length on the link, and what was kept of it.
Record = tuple[Interface, int, int, bytes]


@mutable
class Told:
    """What a capture says beside its frames, complete when all of them are read.

    ``names`` are those of addresses (4 or 16 bytes), ``nodes`` those of MACs in captures that tcperf wrote.
    ``lost`` is how many frames the capturing program did not get; None where it does not say.
    """

    names: dict[bytes, str] = field(factory=dict)
    nodes: dict[bytes, str] = field(factory=dict)
    lost: int | None = None


class Records(Protocol):
    """The records of one capture, in the file's order.

    ``cut`` is known when they end.  ``on_phase`` is called with the phase's name right before its first frame.
    """

    cut: Cut | None
    told: Told
    on_phase: Callable[[str], object]

    def __iter__(self) -> Iterator[Record]: ...


def ignore(_phase: str) -> None:
    """What is called where nobody wants to know of phases."""

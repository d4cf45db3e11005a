"""Counting what a bridge copies: every broadcast and multicast frame that it floods.

Such a frame enters by one leg and leaves by all others: the difference is what must be added to what was sent to get
what was received.  A bridge hands one more copy of whatever it floods to its own interface, after those for the legs
(net/bridge/br_input.c), and nothing else but what is addressed to itself, which no node has to do with.  So the *n*-th
frame that its interface has received is the *n*-th that was flooded, without anybody looking at a frame.  What bridges
keep to themselves (IEEE 802.1D, 7.12.6) is not flooded, and not counted: no node sends that.

A leg that joins while others flood misses the first so many frames of all and gets every one that comes after: their
number is read from counters, and no clock has to do with it.  Who uses this reads the counters.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from attrs import frozen

from tcperf.network.interface import Counters

#: What an interface that receives does not count of a frame: bridges hand it on without (net/ethernet/eth.c).
_ETHERNET_HEADER: Final = 14
#: So many readings of the same are enough, half of them before a rest and half after: a processor that is held up by
#: others (a virtual machine's) may keep a frame on its way for all of the first.
_ENOUGH: Final = 30
#: Where frames are flooded without a pause, most readings are too small, and each takes some ten microseconds.
_MOST: Final = 2000
_REST_S: Final = 0.001

#: The bridge's own interface's counters, and then, not before, a leg's.
Reading = tuple[Counters, Counters]


@frozen
class Copies:
    """What copying added: bytes and frames."""

    copied_bytes: int
    copied_packets: int


@frozen(order=True)
class Joined:
    """Which floods a leg got no copy of: the first so many since the bridge was made, and their bytes."""

    missed_packets: int = 0
    missed_bytes: int = 0


class CopyCounter:
    """The legs of a bridge, and how many copies it has made for them."""

    def __init__(self) -> None:
        self._joined: list[Joined] = []

    def join(self, read: Callable[[], Reading], *, queued: bool = False) -> Joined:
        """A leg is up that nobody knows yet: all that it has sent were copies.

        ``read`` takes a reading.  ``queued``: what leaves by the leg may have to wait in a queue, if only for a moment.
        """
        joined = _most_frequent(read) if queued else _largest(read)
        self._joined.append(joined)
        return joined

    def count(self, bridge: Counters) -> Copies:
        """The copies of all that the bridge has flooded by now.

        Each frame left by every leg that had joined, but for the one by which it had come; and where it was sent, it
        has been counted once.
        """
        flooded, legs = flooded_by(bridge), len(self._joined)
        missed_bytes = sum(joined.missed_bytes for joined in self._joined)
        missed_packets = sum(joined.missed_packets for joined in self._joined)
        return Copies(
            copied_bytes=(legs - 2) * flooded.missed_bytes - missed_bytes,
            copied_packets=(legs - 2) * flooded.missed_packets - missed_packets,
        )


def flooded_by(bridge: Counters) -> Joined:
    """All that a bridge has flooded, by its own interface's counters: who joins now has missed that."""
    frames = bridge.received_packets
    return Joined(frames, bridge.received_bytes + frames * _ETHERNET_HEADER)


def missed(bridge: Counters, leg: Counters) -> Joined:
    """What a leg has missed, or less: frames that had reached it, and not yet the bridge's own interface."""
    flooded = flooded_by(bridge)
    return Joined(flooded.missed_packets - leg.sent_packets, flooded.missed_bytes - leg.sent_bytes)


def _largest(read: Callable[[], Reading]) -> Joined:
    """The largest of many readings: none is too large, for the leg gets its copy first, and is read last."""
    best, seen = missed(*read()), 1
    for _reading in range(_MOST):
        if seen == _ENOUGH:
            break
        if seen == _ENOUGH // 2:
            time.sleep(_REST_S)  # nothing can wake us when the bridge has seen what is under way
        found = missed(*read())
        if found > best:
            best, seen = found, 0
        seen += found == best
    return best


def _most_frequent(read: Callable[[], Reading]) -> Joined:
    """A frame may have reached the bridge and still wait for the leg, or the other way round: both do not last."""
    readings = Counter(missed(*read()) for _reading in range(_ENOUGH))
    time.sleep(_REST_S)
    readings.update(missed(*read()) for _reading in range(_ENOUGH))
    return max(readings, key=lambda found: (readings[found], found))

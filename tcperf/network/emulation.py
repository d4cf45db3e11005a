"""An emulated link, computed: what becomes of each frame on its way to a node.  Pure: no clock, no socket.

The rules are netem's (tc-netem(8), net/sched/sch_netem.c), so that a link is the same whoever makes it: first
chance decides whether a frame is lost; those that are left pass one after another at the link's rate, and each
arrives the delay after its last bit left.  A link that holds as many frames as it can loses the next one.

Chance is a sequence of pseudo-random numbers that begins anew, and equally, with every run: the n-th frame to
a node is lost in each run, or in none.
"""

from __future__ import annotations

import math
import random
from typing import Final, Literal

from tcperf.link import Link

#: What can make a link bad: the kernel's netem; its token bucket (tbf), for a rate alone; a relay of ours.
Emulation = Literal["netem", "tbf", "relay"]

#: The longest frame at MTU 1500: its Ethernet header in, FCS out.
FULL_FRAME: Final = 1514
#: netem's own limit: frames that wait for their turn.
_WAITING: Final = 1000
#: No link between two namespaces is faster: what can be underway where no rate is asked for.
_FASTEST_BITS_PER_S: Final = 10_000_000_000
_BITS: Final = 8
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
#: Nobody waits longer for a full queue to pass: that of a link of 1 Mbit/s takes 12 s.
_LONGEST_QUEUE_S: Final = 15.0


def delay_ns(link: Link) -> int:
    """How long a frame is underway, in nanoseconds."""
    return round((link.delay_ms or 0.0) * _NS_PER_MS)


def frame_limit(link: Link) -> int:
    """How many frames a link holds at most: a queue of 1000, and those that are underway besides.

    netem counts both alike, and with its usual limit would lose frames that nobody meant to be lost.
    """
    rate = link.rate_bits_per_s or _FASTEST_BITS_PER_S
    return _WAITING + math.ceil(delay_ns(link) * rate / (_NS_PER_S * _BITS * FULL_FRAME))


def transit_s(link: Link) -> float:
    """After how many seconds the last frame has arrived: the delay, and a full queue before it (15 s at most)."""
    queue_bits = _WAITING * FULL_FRAME * _BITS
    queue_s = 0.0 if link.rate_bits_per_s is None else queue_bits / link.rate_bits_per_s
    return delay_ns(link) / _NS_PER_S + min(queue_s, _LONGEST_QUEUE_S)


class Path:
    """The way to one node.  ``seed`` begins its sequence of chances."""

    def __init__(self, link: Link, seed: int) -> None:
        self._loss_ratio = link.loss_ratio or 0.0
        self._delay_ns = delay_ns(link)
        self._rate = link.rate_bits_per_s
        self._limit = frame_limit(link)
        self._chance = random.Random(seed).random  # noqa: S311 - chance, not secrecy
        self._free_ns = 0
        self.held = 0
        self.lost_packets = 0
        self.lost_bytes = 0

    def admit(self, now_ns: int, size: int) -> int | None:
        """When a frame of ``size`` bytes that comes now arrives, in the clock of ``now_ns``; None: it is lost.

        A frame that is not lost is held until ``release``.  Arrivals never decrease.
        """
        unlucky = self._loss_ratio and self._chance() < self._loss_ratio
        if unlucky or self.held >= self._limit:
            self.lost_packets += 1
            self.lost_bytes += size
            return None
        self.held += 1
        if self._rate is None:
            return now_ns + self._delay_ns
        begin_ns = max(now_ns, self._free_ns)
        self._free_ns = begin_ns + size * _BITS * _NS_PER_S // self._rate
        return self._free_ns + self._delay_ns

    def release(self) -> None:
        """A frame has arrived."""
        self.held -= 1

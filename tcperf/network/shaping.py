"""Making the links of a hub bad, on the broker's side: lives in the hub's namespace.

A link is good until its node has joined: what is flooded meanwhile either reaches it or does not, at once.

A link is bad one way, from the hub to the node: in one place, whoever sends.  The kernel's netem is taken where
there is one; a token bucket where only a rate is asked for; else a relay carries the frames.
"""

from __future__ import annotations

from typing import Final

from tcperf.link import Link
from tcperf.network.emulation import Emulation
from tcperf.network.qdisc import Qdiscs, netem_options, tbf_options

#: What passes everything at once: netem that is asked for nothing, and a bucket that no link between two namespaces
#: can empty.
_GOOD: Final = Link()
_FAST: Final = Link(rate_bits_per_s=100_000_000_000)


class Shaper:
    """Makes links bad as ``link`` says; by the means ``asked`` for, or the best that this kernel has.

    Raises OSError where the kernel refuses; ENOENT where it has not what was asked for.
    """

    def __init__(self, link: Link, asked: Emulation | None = None) -> None:
        self._link = link
        self._qdiscs = Qdiscs()
        self._legs: list[int] = []
        self.emulation: Emulation = asked or self._best()

    def _best(self) -> Emulation:
        if self._qdiscs.knows("netem", netem_options(self._link, 0)):
            return "netem"
        rate = self._link.rate_bits_per_s
        is_rate_alone = rate is not None and self._link == Link(rate_bits_per_s=rate)
        if is_rate_alone and self._qdiscs.knows("tbf", tbf_options(self._link)):
            return "tbf"
        return "relay"

    def prepare(self, leg: int) -> None:
        """Put what makes links bad behind the leg of this interface index, and let it still pass everything."""
        self._legs.append(leg)
        if self.emulation == "netem":
            self._qdiscs.add(leg, "netem", netem_options(_GOOD, 0))
        elif self.emulation == "tbf":
            self._qdiscs.add(leg, "tbf", tbf_options(_FAST))

    def spoil(self, leg: int, seed: int) -> None:
        """Make the link behind a prepared leg bad; the relay's is so by being the only way."""
        if self.emulation == "netem":
            self._qdiscs.change(leg, "netem", netem_options(self._link, seed))
        elif self.emulation == "tbf":
            self._qdiscs.change(leg, "tbf", tbf_options(self._link))

    def dropped(self) -> int:
        """How many frames the kernel dropped on purpose so far; none where the relay does it."""
        queues = self._qdiscs.read()
        return sum(queues[leg].dropped for leg in self._legs if leg in queues)

    def close(self) -> None:
        """Ask the kernel nothing any more."""
        self._qdiscs.close()

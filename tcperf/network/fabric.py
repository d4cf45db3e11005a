"""What joins the hosts of a private network: the bridge, its links, how bad they are, and the copies it makes.

Lives in the hub's namespace, in the broker.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from tcperf.link import Link
from tcperf.network import wire
from tcperf.network.copies import Copies, CopyCounter, Joined, Reading
from tcperf.network.emulation import Emulation
from tcperf.network.link_counters import LinkCounters
from tcperf.network.links import BRIDGE, Hub, Place
from tcperf.network.netdev import parse
from tcperf.network.shaping import Shaper
from tcperf.network.space import Space
from tcperf.network.steps import link_step, step


class Fabric:
    """A bridge without a leg; ``link`` are the fields of a Link: how bad all are, by ``emulation`` or the best means.

    Raises Refused where the host refuses a step, here and in every method.
    """

    def __init__(self, link: dict[str, Any] | None, emulation: Emulation | None) -> None:
        with link_step("make the bridge"):
            self._hub = Hub()
        with step("watch the bridge's copies"):
            self._counters = LinkCounters()
        self._copies = CopyCounter()
        self._shaper: Shaper | None = None
        if link is not None:
            with step(wire.MAKE_BAD_LINKS):
                self._shaper = Shaper(Link(**link), emulation)

    @property
    def bridge(self) -> int:
        """The interface index of the bridge."""
        return self._hub.bridge

    @property
    def emulation(self) -> Emulation | None:
        """What makes the links bad; None where nothing does."""
        return None if self._shaper is None else self._shaper.emulation

    def attach(self, name: str, space: Space, where: Place) -> dict[str, object]:
        """Join a host's namespace to the others: what is to be told of that.

        It has its address when all is in place, and its link is bad from then on.
        """
        with link_step(f"make the link of {name}"):
            leg = self._hub.plug_in(where, space.namespace)
        with link_step(wire.MAKE_BAD_LINKS):
            self._prepare(leg)
        with link_step(f"configure the network of {name}"):
            space.settle(where)
            self._hub.await_up(leg)
            joined = self._join(leg)
        with link_step(wire.MAKE_BAD_LINKS):
            if self._shaper is not None:
                self._shaper.spoil(leg, where.index)
        with link_step(f"configure the network of {name}"):
            space.take_address()
        return {
            "address": where.address,
            "leg": leg,
            "hardware_address": where.hardware_address,
            "joined": attrs.asdict(joined),
        }

    def _prepare(self, leg: int) -> None:
        if self._shaper is None:
            return
        self._shaper.prepare(leg)
        if self._shaper.emulation == "relay":
            self._hub.isolate(leg)

    def _join(self, leg: int) -> Joined:
        def read() -> Reading:
            bridge, its = self._counters.read(self._hub.bridge, leg)
            return bridge, its

        return self._copies.join(read, queued=self._shaper is not None)

    def closing(self, legs: Iterable[str]) -> dict[str, int]:
        """What the bridge copied, and what the legs of these names dropped."""
        text = Path("/proc/thread-self/net/dev").read_text("ascii")
        copies = Copies(0, 0)
        if self.emulation != "relay":  # it copies by itself, and counts
            copies = self._copies.count(parse(text, BRIDGE))
        return {
            "copies_bytes": copies.copied_bytes,
            "copies_packets": copies.copied_packets,
            "lost_packets": self._shaper.dropped() if self._shaper is not None else 0,
            "dropped_packets": sum(parse(text, leg).dropped_packets for leg in legs),
        }

    def close(self) -> None:
        """Ask the kernel nothing any more; the links vanish with their namespaces."""
        self._counters.close()
        if self._shaper is not None:
            self._shaper.close()

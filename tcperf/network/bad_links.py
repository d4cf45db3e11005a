"""The emulated links of one run, as the driver holds them: who makes them bad, and what they lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from tcperf.link import Link
from tcperf.network import wire
from tcperf.network.client import BrokerClient
from tcperf.network.emulation import Emulation, transit_s
from tcperf.network.hosts import BrokeredHost
from tcperf.network.relay import Carried, Relay
from tcperf.traffic import Closing


class BadLinks:
    """``emulation`` is what the broker makes links bad by; the relay, if any, is started here."""

    def __init__(self, broker: BrokerClient, link: Link, emulation: Emulation) -> None:
        self.link = link
        self.emulation = emulation
        self._broker = broker
        self._hosts = 0
        self._relay: Relay | None = None
        if emulation == "relay":
            with self._passed("tap") as (answer, ring):
                self._relay = Relay(link, ring, answer["bridge"])

    def attach(self, host: BrokeredHost) -> None:
        """Carry frames to a host that was just added."""
        seed, self._hosts = self._hosts, self._hosts + 1
        if self._relay is not None and host.leg is not None and host.hardware_address is not None:
            with self._passed("leg_socket", host=host.name) as (_answer, out):
                self._relay.add(out, host.leg, host.hardware_address, seed)

    @contextmanager
    def _passed(self, operation: str, **arguments: Any) -> Iterator[tuple[dict[str, Any], int]]:
        """The broker's answer and the descriptor that came with it, which is closed afterwards."""
        answer, descriptors = self._broker.call(operation, **arguments)
        try:
            yield answer, descriptors[0]
        finally:
            wire.close_all(descriptors)

    @property
    def transit_s(self) -> float:
        """After how many seconds a frame has arrived at the latest."""
        return transit_s(self.link)

    @property
    def relay_pid(self) -> int | None:
        """The relay's process id; None where the kernel does it."""
        return None if self._relay is None else self._relay.pid

    def account(self, closing: Closing, dropped_on_purpose: int) -> Closing:
        """``closing`` with what was lost; ``dropped_on_purpose`` are frames, counted by the kernel.

        The relay counts frames and bytes, and the copies that it makes in the bridge's stead.  The kernel does not
        count a dropped frame's bytes: where all frames are accounted for, the lost ones' bytes are those that were
        sent and not received.
        """
        if self._relay is not None:
            return _with(closing, self._relay.carried())
        counted = attrs.evolve(closing, lost_packets=dropped_on_purpose)
        missing_packets = closing.sent_packets + closing.copies_packets - closing.received_packets
        if missing_packets != dropped_on_purpose:
            return counted
        return attrs.evolve(
            counted, lost_bytes=closing.sent_bytes + closing.copies_bytes - closing.received_bytes
        )

    def close(self) -> None:
        """End the relay; safe to call twice."""
        if self._relay is not None:
            self._relay.close()


def _with(closing: Closing, carried: Carried) -> Closing:
    return attrs.evolve(
        closing,
        copies_bytes=carried.copies_bytes,
        copies_packets=carried.copies_packets,
        lost_bytes=carried.lost_bytes,
        lost_packets=carried.lost_packets,
        dropped_packets=closing.dropped_packets + carried.dropped_packets,
    )

"""A flood while the meter cannot read: what does not fit into its ring must be owned to as lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from proofs.cases import TCP_PORT, UDP_PORT
from proofs.recording import Recording
from proofs.rig import Rig
from tcperf.network.run_network import RunNetwork
from tcperf.traffic import Capture

#: More than any ring of the meter's has room for.
FRAMES = 400_000


@frozen
class Flood:
    """How many frames the interfaces counted, and what the capture says of itself."""

    counted: int
    capture: Capture

    @property
    def is_owned_to(self) -> bool:
        """Whether frames were lost, all of them are owned to, and the capture does not call itself exact."""
        told = self.capture.packets + self.capture.lost_packets
        return bool(self.capture.lost_packets) and told == self.counted and not self.capture.is_exact

    def __str__(self) -> str:
        captured, lost = self.capture.packets, self.capture.lost_packets
        return (
            f"  {self.counted:,} frames counted = {captured:,} captured + {lost:,} lost"
            f" {'' if captured + lost == self.counted else '(NO: they do not add up) '}"
            f"- the capture calls itself {'exact: WRONG' if self.capture.is_exact else 'inexact'}"
        )


def play(frames: int, folder: Path) -> Flood:
    """Send so many datagrams while the meter is stopped, and let it go on."""
    with Rig(RunNetwork("private")) as rig, Recording(rig.network, folder, capture=None) as recording:
        for name in ("alice", "bob"):
            recording.host(rig.add(name).host)
        rig.serve("bob", "sink", udp_port=UDP_PORT, tcp_port=TCP_PORT)
        recording.cut("flood")
        with _stopped(recording.pid):
            address = rig["bob"].address
            rig.start("alice", "udp", address=address, port=UDP_PORT, size=0, count=frames).finish()
        counters = rig.counters()
        return Flood(counters["alice"].sent_packets, recording.end(counters).capture)


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)

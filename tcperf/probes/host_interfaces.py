"""What all interfaces of this machine have counted: the upper bound of what its programs exchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import evolve

from tcperf.measurement import Measurement, measured
from tcperf.network import netdev
from tcperf.network.interface import Counters

SOURCE: Final = "host interfaces"
_COUNTERS: Final = Path("/proc/self/net/dev")
_LOOPBACK: Final = "lo"
#: The loopback interface counts IP packets alone: the Ethernet header that every frame has elsewhere is added.
_ETHERNET_HEADER: Final = 14
_TITLE_LINES: Final = 2


def counters() -> Counters:
    """The sum over the interfaces of our network namespace.  Raises OSError where the system has no such file.

    A frame that passes two interfaces (a bridge and its port, a tunnel and its link) counts for both.
    """
    return parse(_COUNTERS.read_text("ascii", "replace"))


def parse(text: str) -> Counters:
    """The sum over all interfaces in a text of /proc/net/dev."""
    total = Counters(0, 0, 0, 0, 0)
    for line in text.splitlines()[_TITLE_LINES:]:
        name = line.partition(":")[0].strip()
        found = netdev.parse(line, name)
        total += _framed(found) if name == _LOOPBACK else found
    return total


def bounds(begin: Counters, end: Counters) -> dict[str, Measurement]:
    """What passed between two readings, by metric key; nothing where an interface was taken away meanwhile."""
    grown = end - begin
    differences = {
        "sent_bytes": grown.sent_bytes,
        "received_bytes": grown.received_bytes,
        "packets_count": grown.sent_packets,
        "received_packets_count": grown.received_packets,
    }
    return {
        key: measured(key, value, "bound", SOURCE)
        for key, value in differences.items()
        if min(differences.values()) >= 0
    }


def _framed(found: Counters) -> Counters:
    return evolve(
        found,
        sent_bytes=found.sent_bytes + _ETHERNET_HEADER * found.sent_packets,
        received_bytes=found.received_bytes + _ETHERNET_HEADER * found.received_packets,
    )

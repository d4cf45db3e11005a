"""Interfaces' counters over rtnetlink(7), several of them at nearly one instant.

The requests go to the kernel as one packet, and it answers them in their order within one system call: two interfaces
are read some hundred nanoseconds apart.  /proc/net/dev tells of all interfaces, in an order of its own, and takes its
time with each.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

from tcperf.network.interface import Counters
from tcperf.network.rtnetlink import ACKNOWLEDGE, REQUEST, Rtnetlink, attributes, request

_RTM_GETSTATS: Final = 94
#: struct if_stats_msg: family, interface, which statistics are asked for (<linux/if_link.h>, Linux 4.7).
_MESSAGE: Final = struct.Struct("=B3xII")
_IFLA_STATS_LINK_64: Final = 1
_LINK_64_MASK: Final = 1 << (_IFLA_STATS_LINK_64 - 1)
#: struct rtnl_link_stats64: packets received and sent, their bytes, errors, and what was dropped; and more.
_STATISTICS: Final = struct.Struct("=4Q16x2Q")


class LinkCounters:
    """The counters of interfaces of the network namespace in which this is made."""

    def __init__(self) -> None:
        self._netlink = Rtnetlink()

    def read(self, *interfaces: int) -> list[Counters]:
        """The counters of these, by their numbers, read in this order.  Raises OSError with the kernel's reason."""
        last = interfaces[-1]
        asked = (_asked(each, REQUEST) for each in interfaces[:-1])
        bodies = self._netlink.exchange(b"".join(asked) + _asked(last, REQUEST | ACKNOWLEDGE))
        return [_counters(body) for body in bodies]

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()


def _asked(interface: int, flags: int) -> bytes:
    return request(_RTM_GETSTATS, flags, _MESSAGE.pack(socket.AF_UNSPEC, interface, _LINK_64_MASK))


def _counters(body: bytes) -> Counters:
    found = dict(attributes(body[_MESSAGE.size :]))[_IFLA_STATS_LINK_64]
    received, sent, received_bytes, sent_bytes, received_drop, sent_drop = _STATISTICS.unpack_from(found)
    return Counters(
        sent_bytes=sent_bytes,
        received_bytes=received_bytes,
        sent_packets=sent,
        received_packets=received,
        dropped_packets=received_drop + sent_drop,
    )

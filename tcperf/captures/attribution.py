"""Who sent a captured frame, and to whom.

In a capture that tcperf wrote, the sender is the node on whose interface the frame was seen, and the receiver
is told by the hardware address, as in the run.  In any other, ends are addresses: IP's, also those that ARP
asks for and tells, or the link's where there are none.  A group address is MULTICAST or BROADCAST, by the link
where it tells, else by IP; OUTSIDE is who cannot be told.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from tcperf.captures.links import Located
from tcperf.captures.names import address_text
from tcperf.captures.records import Interface, Told
from tcperf.frames.parse import Packet
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE

#: Who came too late to be told apart, see MOST_PAIRS.
OTHERS: Final = "(others)"
#: A scan of a network, or a capture that is out to fill memory, has millions of pairs; nobody reads as many.
MOST_PAIRS: Final = 20_000
_MOST_TEXTS: Final = 100_000
_IPV4_BROADCAST: Final = b"\xff" * 4
#: ARP for IPv4 over Ethernet (RFC 826): how it begins, and where both IP addresses are.
_ARP_BYTES: Final = 28
_ARP_HEAD: Final = bytes.fromhex("0001 0800 06 04")
_ARP_SENDER, _ARP_TARGET = slice(14, 18), slice(24, 28)


class Attribution:
    """Tells the ends of frames of one capture, as texts; ``told`` is what the capture says of itself."""

    def __init__(self, told: Told) -> None:
        self.senders: set[str] = set()
        self._told = told
        self._texts: dict[bytes, str] = {}
        self._pairs: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        """How many pairs of sender and receiver there are."""
        return len(self._pairs)

    def ends(self, interface: Interface, located: Located, packet: Packet, frame: bytes) -> tuple[str, str]:
        """Sender and receiver of a frame."""
        if interface.node is not None:
            receiver = self._told.nodes.get(located.target) or located.group or OUTSIDE
            return self._bounded((interface.node, receiver))
        source, target = packet.source, packet.target
        if packet.protocol == "arp":
            source, target = _arp_ends(frame[max(0, packet.header_end - _ARP_BYTES) : packet.header_end])
        group = _ip_group(target) if located.group is None else located.group
        return self._bounded(
            (self._text(source or located.source), group or self._text(target or located.target))
        )

    def _text(self, address: bytes) -> str:
        if not address:
            return OUTSIDE
        known = self._texts.get(address)
        if known is None:
            known = address_text(address)
            if len(self._texts) < _MOST_TEXTS:
                self._texts[address] = known
        return known

    def _bounded(self, pair: tuple[str, str]) -> tuple[str, str]:
        if pair not in self._pairs:
            if len(self._pairs) >= MOST_PAIRS:
                pair = OTHERS, OTHERS
            self._pairs.add(pair)
            self.senders.add(pair[0])
        return pair


def _arp_ends(packet: bytes) -> tuple[bytes, bytes]:
    if len(packet) < _ARP_BYTES or not packet.startswith(_ARP_HEAD):
        return b"", b""
    return packet[_ARP_SENDER], packet[_ARP_TARGET]


def _ip_group(target: bytes) -> str:
    if target == _IPV4_BROADCAST:
        return BROADCAST
    return MULTICAST if target and ipaddress.ip_address(target).is_multicast else ""

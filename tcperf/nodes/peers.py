"""Where a node can be dialled: libp2p multiaddresses such as ``/ip4/10.77.0.2/tcp/34161/p2p/16Uiu2HAm…``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

#: Plain TCP only: a WebSocket address goes on with ``/ws`` before the peer's id.
_TCP = re.compile(r"/ip4/(?P<ip>[\d.]+)/tcp/\d+/p2p/(?P<peer>[A-Za-z0-9]+)\Z")
_LOOPBACK = "127.0.0.1"


@frozen
class PeerAddress:
    """A multiaddress over TCP: its text, its IPv4 address and its peer's id."""

    text: str
    ip: str
    peer_id: str


def tcp_addresses(addresses: Iterable[Any]) -> tuple[PeerAddress, ...]:
    """The plain TCP addresses among what a node says it listens on, in their order."""
    found = ((text, _TCP.match(text)) for text in addresses if isinstance(text, str))
    return tuple(PeerAddress(text, match["ip"], match["peer"]) for text, match in found if match)


def dialable(addresses: Sequence[PeerAddress], ip: str) -> PeerAddress | None:
    """The address on the host's own ``ip``; the loopback where that is all there is; else None."""
    for address in addresses:
        if address.ip == ip:
            return address
    alone = bool(addresses) and all(address.ip == _LOOPBACK for address in addresses)
    return addresses[0] if alone else None

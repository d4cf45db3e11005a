"""The addresses nodes give each other: ``/ip4/<ip>/tcp/<port>/p2p/<peer id>``.

Source: https://github.com/multiformats/multiaddr.  Only this one form is spoken here.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from attrs import frozen

from tcperf.nodes.reference.peer_id import public_key_of

_FORM = re.compile(r"/ip4/([0-9.]+)/tcp/([0-9]{1,5})/p2p/(\w+)", re.ASCII)
_LAST_PORT = 0xFFFF
LOOPBACK = "127.0.0.1"


@frozen
class Multiaddr:
    """Where a node listens and who it is."""

    ip: str
    port: int
    peer_id: str

    def __str__(self) -> str:
        return f"/ip4/{self.ip}/tcp/{self.port}/p2p/{self.peer_id}"

    @classmethod
    def parse(cls, text: str) -> Multiaddr:
        """The address that ``text`` is; ValueError for another form, address, port or peer id."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f'failed to parse multiaddr "{text}": it is not /ip4/…/tcp/…/p2p/…')
        ip, port, peer = str(ipaddress.IPv4Address(match[1])), int(match[2]), match[3]
        if not 0 < port <= _LAST_PORT:
            raise ValueError(f'failed to parse multiaddr "{text}": no such port')
        public_key_of(peer)
        return cls(ip, port, peer)


def interface_addresses() -> list[str]:
    """The IPv4 address of each interface that is up, the loopback's last; 127.0.0.1 where there is none."""
    import psutil

    up = {name for name, status in psutil.net_if_stats().items() if status.isup}
    found = {
        address.address
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if name in up and address.family == socket.AF_INET
    }
    return sorted(found, key=lambda ip: (ipaddress.IPv4Address(ip).is_loopback, ip)) or [LOOPBACK]

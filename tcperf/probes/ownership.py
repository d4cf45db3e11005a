"""Whose socket it is, on a machine whose interfaces the nodes share with all other programs.

A socket that lives is its holder's, found by inode.  One that has ended has no inode any more: it is known by
its cookie if a dump had it; else it belongs to whom its local port belongs: a port that a node listens on is
the node's, and a connection that it accepted, or dialled from there, has that local port.  What is left has a
port that nobody listens on.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from ipaddress import ip_address
from typing import Final

from attrs import frozen

from tcperf.probes.inet_diag import LISTEN, Endpoint, TcpSocket

#: The owner of what is no node's.  A node's name is never empty.
FOREIGN: Final = ""
#: What listens on all addresses: IPv4 alone, and (with IPv6) both.
_ANY_4, _ANY_6 = bytes(4), bytes(16)


@frozen
class _Known:
    """A socket that a dump had: whose it is, and since when we know it."""

    owner: str
    since_ns: int


class Ownership:
    """What is known of sockets and their owners; it grows with each dump."""

    def __init__(self) -> None:
        self._controls: dict[str, int] = {}
        self._listeners: dict[Endpoint, str] = {}
        self._known: dict[int, _Known] = {}
        self._addresses: set[bytes] = set()

    def add(self, name: str, control_port: int) -> None:
        """A node, and the port at which it is driven."""
        self._controls[name] = control_port

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes, in the order they came."""
        return tuple(self._controls)

    def learn(self, sockets: Iterable[TcpSocket], inodes: Mapping[str, set[int]], at_ns: int) -> None:
        """Take in a dump, and which inodes each node's processes held around it."""
        holders = {inode: name for name, held in inodes.items() for inode in held}
        for each in sockets:
            self._addresses.add(each.local[0])
            owner = holders.get(each.inode, FOREIGN)
            if each.state == LISTEN:
                self._listeners[each.local] = owner
            elif each.inode and (owner or each.cookie not in self._known):
                self._known[each.cookie] = _Known(owner, self.known_since_ns(each.cookie, at_ns))

    def retain(self, cookies: Container[int]) -> None:
        """Forget all sockets but these."""
        self._known = {cookie: known for cookie, known in self._known.items() if cookie in cookies}

    def known_since_ns(self, cookie: int, at_ns: int) -> int:
        """When a dump had the socket first; ``at_ns`` where none had."""
        known = self._known.get(cookie)
        return known.since_ns if known else at_ns

    def owner(self, cookie: int, local: Endpoint) -> str | None:
        """The node's name, FOREIGN where it is surely no node's, None where nobody knows."""
        known = self._known.get(cookie)
        return known.owner if known else self.listener(local)

    def listener(self, endpoint: Endpoint) -> str | None:
        """Who listens there: a node's name, FOREIGN, or None where nobody does."""
        address, port = endpoint
        for candidate in (address, _ANY_4 if len(address) == len(_ANY_4) else _ANY_6, _ANY_6):
            found = self._listeners.get((candidate, port))
            if found is not None:
                return found
        return None

    def is_control(self, endpoint: Endpoint) -> bool:
        """Whether a node is driven there."""
        name = self.listener(endpoint)
        return bool(name) and self._controls.get(name or FOREIGN) == endpoint[1]

    def is_local(self, endpoint: Endpoint) -> bool:
        """Whether the address is this machine's, as far as its sockets tell."""
        return endpoint[0] in self._addresses or ip_address(endpoint[0]).is_loopback

    def only_caller(self, endpoint: Endpoint) -> str | None:
        """Who alone of the nodes can have called the one that listens there; None where that is open."""
        called = self.listener(endpoint)
        callers = [name for name in self._controls if name != called]
        return callers[0] if called and len(callers) == 1 else None

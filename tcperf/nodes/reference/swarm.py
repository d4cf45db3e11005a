"""The node's place in the network: it listens, dials, and keeps one connection to each peer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from tcperf.nodes.reference.connection import Connection
from tcperf.nodes.reference.handshake import HandshakeError, dial, listen
from tcperf.nodes.reference.multiaddr import Multiaddr, interface_addresses
from tcperf.nodes.reference.peer_id import peer_id, public_key_of

if TYPE_CHECKING:
    from tcperf.nodes.reference.keypair import KeyPair

_DIAL_TIMEOUT_S = 10.0
EVERYWHERE = "0.0.0.0"  # noqa: S104 - peers come from other machines: that is the purpose


class DialError(Exception):
    """The peer cannot be reached, or another answers."""


class Listener(Protocol):
    """Who is told about peers."""

    def joined(self, peer: str) -> None:
        """A peer is connected, or connected anew."""

    def received(self, peer: str, frame: bytes) -> None:
        """A peer sent a frame."""

    def left(self, peer: str) -> None:
        """A peer's connection has ended."""


class Swarm:
    """All connections of a node, by peer id."""

    def __init__(self, identity: KeyPair, listener: Listener) -> None:
        self.peer_id = peer_id(identity.public)
        self._identity = identity
        self._listener = listener
        self._connections: dict[str, Connection] = {}
        self._pending: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._ip = EVERYWHERE

    async def listen(self, ip: str = EVERYWHERE) -> None:
        """Accept peers on a random TCP port of ``ip``, of every interface without one."""
        self._ip = ip
        self._server = await asyncio.get_running_loop().create_server(self._accepted, ip, 0)

    def _accepted(self) -> Connection:
        return self._track(Connection(listen(self._identity), self, dialled=False))

    def _track(self, connection: Connection) -> Connection:
        self._pending.add(connection)
        connection.ready.add_done_callback(lambda _future: self._pending.discard(connection))
        return connection

    @property
    def addresses(self) -> list[Multiaddr]:
        """Where to dial this node, one address for each interface; empty unless it listens."""
        if self._server is None:
            return []
        port = self._server.sockets[0].getsockname()[1]
        ips = interface_addresses() if self._ip == EVERYWHERE else [self._ip]
        return [Multiaddr(ip, port, self.peer_id) for ip in ips]

    @property
    def peers(self) -> dict[str, Multiaddr]:
        """The connected peers and the remote end of their connections."""
        return {peer: Multiaddr(*connection.remote, peer) for peer, connection in self._connections.items()}

    def has(self, peer: str) -> bool:
        """Whether a peer is connected."""
        return peer in self._connections

    async def dial(self, address: Multiaddr) -> None:
        """Connect to a peer; nothing happens where it is connected already.

        Returns when the peer has proven its id.  Raises DialError.
        """
        if address.peer_id == self.peer_id:
            raise DialError("dial to self attempted")
        if self.has(address.peer_id):
            return
        try:
            async with asyncio.timeout(_DIAL_TIMEOUT_S):
                await self._connect(address)
        except TimeoutError as error:
            raise DialError(f"failed to dial {address}: no answer in {_DIAL_TIMEOUT_S:.0f} s") from error
        except (OSError, HandshakeError) as error:
            raise DialError(f"failed to dial {address}: {error}") from error

    async def _connect(self, address: Multiaddr) -> None:
        expected = public_key_of(address.peer_id)
        _transport, connection = await asyncio.get_running_loop().create_connection(
            lambda: self._track(Connection(dial(self._identity, expected), self, dialled=True)),
            address.ip,
            address.port,
        )
        try:
            await connection.ready
        except asyncio.CancelledError:
            connection.close()
            raise

    def send(self, peer: str, frame: bytes) -> None:
        """Send a frame to a connected peer."""
        self._connections[peer].send(frame)

    def connected(self, connection: Connection) -> None:
        """A handshake is done (the connection calls this)."""
        old = self._connections.get(connection.peer_id)
        if old is not None and not self._supersedes(connection, old):
            connection.close()
            return
        self._connections[connection.peer_id] = connection
        if old is not None:
            old.close()
        self._listener.joined(connection.peer_id)

    def _supersedes(self, new: Connection, old: Connection) -> bool:
        """Whether a second connection to the same peer takes the first one's place.

        From the same side a new one means that the old one is dead.  Where both sides dialled at once,
        both keep the connection that the smaller peer id dialled: so they agree without a word.
        """
        return new.dialled in {old.dialled, self.peer_id < new.peer_id}

    def received(self, connection: Connection, payload: bytes) -> None:
        """A frame came (the connection calls this)."""
        if self._connections.get(connection.peer_id) is connection:
            self._listener.received(connection.peer_id, payload)

    def disconnected(self, connection: Connection) -> None:
        """A connection has ended (the connection calls this)."""
        if self._connections.get(connection.peer_id) is connection:
            del self._connections[connection.peer_id]
            self._listener.left(connection.peer_id)

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for connection in (*self._connections.values(), *self._pending):
            connection.close()

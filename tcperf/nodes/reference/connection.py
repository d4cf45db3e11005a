"""One TCP connection to a peer: a secure channel on asyncio's transport.

Each frame is one write, sent at once (TCP_NODELAY), and what came is acknowledged to the sender's kernel at
once (TCP_QUICKACK), so that the packets of a message depend on the message and not on the kernel's timers.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol, cast

from tcperf.nodes.reference.channel import Channel, ChannelError, Frame, Reply
from tcperf.nodes.reference.handshake import Established, Handshake, HandshakeError
from tcperf.nodes.reference.peer_id import peer_id

if TYPE_CHECKING:
    from collections.abc import Callable

#: Unacknowledged bytes older than this mean a dead peer (milliseconds).
_USER_TIMEOUT_MS = 30_000
#: A peer that lets so many bytes queue up here does not read any more.
_MOST_QUEUED_BYTES = 8 * 1024 * 1024


class ProtocolViolation(Exception):  # noqa: N818 - the name of the thing
    """A peer sent a frame that means nothing; whoever handles a frame raises it to end the connection."""


class Owner(Protocol):
    """Who is told what happens on a connection."""

    def connected(self, connection: Connection) -> None:
        """The handshake is done: ``peer_id`` is known and proven."""

    def received(self, connection: Connection, payload: bytes) -> None:
        """A frame came."""

    def disconnected(self, connection: Connection) -> None:
        """An established connection has ended."""


class Connection(asyncio.Protocol):
    """A connection from its first byte to its end.  ``ready`` resolves, or fails, with the handshake."""

    def __init__(self, handshake: Handshake, owner: Owner, *, dialled: bool) -> None:
        self.dialled = dialled
        self.peer_id = ""
        self.remote = ("", 0)
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._channel = Channel(handshake)
        self._owner = owner
        self._failure: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake (asyncio calls this)."""
        self._transport = cast("asyncio.Transport", transport)
        self.remote = transport.get_extra_info("peername")
        self._acknowledge = _tune(transport.get_extra_info("socket"))
        self._transport.write(self._channel.open())

    def data_received(self, data: bytes) -> None:
        """Handle what came (asyncio calls this)."""
        self._acknowledge()
        try:
            for event in self._channel.feed(data):
                self._handle(event)
                if self._transport.is_closing():
                    return
        except (HandshakeError, ChannelError, ProtocolViolation) as error:
            self._failure = error
            self._transport.abort()

    def _handle(self, event: Reply | Established | Frame) -> None:
        match event:
            case Reply(data):
                self._transport.write(data)
            case Established(peer=public):
                self.peer_id = peer_id(public)
                self._owner.connected(self)
                if not self.ready.done():
                    self.ready.set_result(None)
            case Frame(payload):
                self._owner.received(self, payload)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the owner (asyncio calls this)."""
        if self.peer_id:
            self._owner.disconnected(self)
        if not self.ready.done():
            self.ready.set_exception(self._failure or error or ConnectionResetError("the other end hung up"))
            self.ready.exception()  # looked at: nobody may be waiting, as at a listener

    def send(self, payload: bytes) -> None:
        """Write one frame; a peer that has stopped reading is given up instead."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _MOST_QUEUED_BYTES:
            self._transport.abort()
            return
        self._transport.write(self._channel.seal(payload))

    def close(self) -> None:
        """Close after what was written has gone out."""
        self._transport.close()


def _tune(connected: socket.socket) -> Callable[[], None]:
    """Set the socket's options; returns what acknowledges received bytes at once, where the system can."""
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
    if not hasattr(socket, "TCP_QUICKACK"):
        return lambda: None
    # The kernel falls back to delayed acknowledgements by itself, so the option is set again each time.
    return lambda: connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

"""A secure channel over a byte stream, without the stream: bytes in, events out.

Every message is a frame: its length in two bytes, then so many bytes.  The first frames are the handshake;
the later ones are sealed with ChaCha20-Poly1305, a key for each direction, the frame's number as the nonce,
so a frame cannot be changed, dropped, repeated or moved unnoticed.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tcperf.nodes.reference.handshake import Established, Handshake

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct(">H")
_TAG_BYTES = 16
#: The longest payload of one frame: what two bytes of length can say, less the tag.
LONGEST_PAYLOAD = 0xFFFF - _TAG_BYTES
_NONCE = struct.Struct(">4xQ")


class ChannelError(Exception):
    """The other end breaks the protocol: the connection is to be closed."""


@frozen
class Reply:
    """Bytes of the handshake that must be written now."""

    data: bytes


@frozen
class Frame:
    """A payload that came through the established channel."""

    payload: bytes


Event = Reply | Established | Frame


class _Sealer:
    """One direction: numbers its frames from 0."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._number = 0

    def _nonce(self) -> bytes:
        nonce = _NONCE.pack(self._number)
        self._number += 1
        return nonce

    def seal(self, payload: bytes) -> bytes:
        header = _LENGTH.pack(len(payload) + _TAG_BYTES)
        return header + self._cipher.encrypt(self._nonce(), payload, header)

    def unseal(self, sealed: bytes) -> bytes:
        return self._cipher.decrypt(self._nonce(), sealed, _LENGTH.pack(len(sealed)))


class Channel:
    """One end of a channel.  ``open`` first; then feed what comes and write what the events say."""

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake
        self._buffer = bytearray()
        self._sender: _Sealer | None = None
        self._receiver: _Sealer | None = None

    def open(self) -> bytes:
        """The first bytes to write; empty at the listener."""
        return _framed(next(self._handshake))

    def seal(self, payload: bytes) -> bytes:
        """The bytes to write for ``payload``; ChannelError before the handshake or above LONGEST_PAYLOAD."""
        if self._sender is None:
            raise ChannelError("the channel is not established yet")
        if len(payload) > LONGEST_PAYLOAD:
            raise ChannelError(f"a payload of {len(payload)} bytes: {LONGEST_PAYLOAD} is the most")
        return self._sender.seal(payload)

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that ``data`` completes, in order.

        Raises HandshakeError or ChannelError where the other end is wrong; the channel is then unusable.
        """
        self._buffer += data
        while (body := self._next_body()) is not None:
            if self._receiver is None:
                yield from self._shake(body)
            else:
                yield self._unseal(self._receiver, body)

    def _next_body(self) -> bytes | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return body

    def _shake(self, body: bytes) -> Iterator[Event]:
        try:
            yield Reply(_framed(self._handshake.send(body)))
        except StopIteration as done:
            last, established = done.value
            self._sender, self._receiver = _Sealer(established.send_key), _Sealer(established.receive_key)
            if last:
                yield Reply(_framed(last))
            yield established

    @staticmethod
    def _unseal(receiver: _Sealer, body: bytes) -> Frame:
        try:
            return Frame(receiver.unseal(body))
        except InvalidTag as error:
            raise ChannelError("a frame does not open: changed, repeated or lost on the way") from error


def _framed(message: bytes) -> bytes:
    return _LENGTH.pack(len(message)) + message if message else b""

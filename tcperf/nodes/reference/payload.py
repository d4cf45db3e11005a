"""What two messengers say to each other: a text, or the acknowledgement of one, or what makes contacts and groups.

Layout, big-endian: kind (1 byte), clock (8), timestamp in milliseconds (8), length of the body (4), body,
zeros up to a multiple of BLOCK_BYTES.  The padding hides a text's exact length and keeps a message's size
from depending on the number of digits in it.
"""

from __future__ import annotations

import enum
import hashlib
import struct

from attrs import frozen

BLOCK_BYTES = 128
_HEADER = struct.Struct(">BqqI")


class Kind(enum.IntEnum):
    """What a payload is, and its body.

    ``TEXT`` and ``CONTACT_REQUEST``: UTF-8.  ``ACK``: the 32-byte id of what arrived.  ``CONTACT_ACCEPTED``: the
    32-byte id of the request.  ``GROUP``: a group's description, ``GROUP_TEXT``: a group's id and a text, as
    ``tcperf.nodes.reference.groups`` writes them.
    """

    TEXT = 1
    ACK = 2
    CONTACT_REQUEST = 3
    CONTACT_ACCEPTED = 4
    GROUP = 5
    GROUP_TEXT = 6


@frozen
class Payload:
    """One payload.  ``clock`` orders a sender's messages; ``timestamp`` is its wall clock, Unix ms."""

    kind: Kind
    clock: int
    timestamp: int
    body: bytes

    def encode(self) -> bytes:
        """The padded bytes."""
        raw = self._unpadded()
        return raw + bytes(-len(raw) % BLOCK_BYTES)

    def _unpadded(self) -> bytes:
        return _HEADER.pack(self.kind, self.clock, self.timestamp, len(self.body)) + self.body

    def id_from(self, sender: bytes) -> bytes:
        """The 32-byte id that both ends compute alike: SHA-256 of the sender's key and the payload."""
        return hashlib.sha256(sender + self._unpadded()).digest()


def decode(data: bytes) -> Payload:
    """The payload in ``data``; ValueError where it is none."""
    if len(data) < _HEADER.size:
        raise ValueError("a payload is shorter than its header")
    kind, clock, timestamp, length = _HEADER.unpack_from(data)
    body = data[_HEADER.size : _HEADER.size + length]
    if len(body) != length:
        raise ValueError("a payload is shorter than it says")
    if clock <= 0 or timestamp <= 0:
        raise ValueError("a clock and a timestamp are greater than 0")
    return Payload(Kind(kind), clock, timestamp, body)

"""End-to-end encryption of one payload: pure functions, bytes in and bytes out.

An envelope is ``header || sealed``.  The header is version (1 byte), partition (2) and an ephemeral public
key (33).  ECDH of the ephemeral key with the recipient's, through HKDF-SHA256, gives the key that
ChaCha20-Poly1305 uses once, the header authenticated with it.  Inside are the sender's public key (33), its
signature (64) over header, recipient and payload, and the payload: so who sent what is seen by the recipient
alone, and nobody can forward a payload to a third person as if meant for them.

The partition says roughly whom it is for, one of PARTITIONS, as status-go's contact topics do: relays learn
little, and a recipient need not try every envelope.
"""

from __future__ import annotations

import struct

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tcperf.nodes.reference.keypair import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, KeyPair, verify

#: As many partitions as status-go's partitioned contact topics have.
PARTITIONS = 5000
_VERSION = 1
_PREFIX = struct.Struct(">BH")
_HEADER_BYTES = _PREFIX.size + PUBLIC_KEY_BYTES
_INNER_BYTES = PUBLIC_KEY_BYTES + SIGNATURE_BYTES
_TAG_BYTES = 16
#: What an envelope adds to its payload, always.
OVERHEAD_BYTES = _HEADER_BYTES + _INNER_BYTES + _TAG_BYTES
_NONCE = bytes(12)  # each key seals exactly one message
_LABEL = b"tcperf reference envelope 1"


class EnvelopeError(Exception):
    """Not an envelope, not for this key, or tampered with."""


@frozen
class Opened:
    """An envelope's content: ``sender`` is the compressed public key whose signature was verified."""

    sender: bytes
    payload: bytes


def partition_of(public: bytes) -> int:
    """The partition of a recipient: its key as a number, modulo PARTITIONS."""
    return int.from_bytes(public, "big") % PARTITIONS


def seal(payload: bytes, sender: KeyPair, recipient: bytes) -> bytes:
    """An envelope that only the owner of ``recipient`` (33 bytes) can open.  Never the same bytes twice."""
    ephemeral = KeyPair.generate()
    header = _PREFIX.pack(_VERSION, partition_of(recipient)) + ephemeral.public
    cipher = _cipher(ephemeral.exchange(recipient), header, recipient)
    signature = sender.sign(_signed(header, recipient, payload))
    return header + cipher.encrypt(_NONCE, sender.public + signature + payload, header)


def is_for(envelope: bytes, public: bytes) -> bool:
    """Whether ``public`` is worth a try; the wrong answer yes comes once in PARTITIONS."""
    return envelope[: _PREFIX.size] == _PREFIX.pack(_VERSION, partition_of(public))


def unseal(envelope: bytes, recipient: KeyPair) -> Opened:
    """Open an envelope; EnvelopeError where it is not for ``recipient``, damaged, or wrongly signed."""
    header, sealed = envelope[:_HEADER_BYTES], envelope[_HEADER_BYTES:]
    try:
        secret = recipient.exchange(header[_PREFIX.size :])
        inner = _cipher(secret, header, recipient.public).decrypt(_NONCE, sealed, header)
    except (ValueError, InvalidTag) as error:
        raise EnvelopeError("the envelope does not open with this key") from error
    sender, signature = inner[:PUBLIC_KEY_BYTES], inner[PUBLIC_KEY_BYTES:_INNER_BYTES]
    payload = inner[_INNER_BYTES:]
    if not verify(sender, signature, _signed(header, recipient.public, payload)):
        raise EnvelopeError("the envelope is not signed by its sender")
    return Opened(sender, payload)


def _cipher(secret: bytes, header: bytes, recipient: bytes) -> ChaCha20Poly1305:
    kdf = HKDF(hashes.SHA256(), length=32, salt=header, info=_LABEL + recipient)
    return ChaCha20Poly1305(kdf.derive(secret))


def _signed(header: bytes, recipient: bytes, payload: bytes) -> bytes:
    return _LABEL + header + recipient + payload

"""The handshake of two nodes: who is at the other end, and the keys for the frames.

Modelled on Noise XX (https://noiseprotocol.org/noise.html): ephemeral X25519 keys first, then each side
proves its identity inside the encryption.  Three messages, of fixed size:

1. dialler → listener: PROTOCOL, ephemeral key
2. listener → dialler: ephemeral key, sealed(identity key, signature)
3. dialler → listener: sealed(identity key, signature)

The signatures cover a role and the hash of messages 1 and 2's ephemeral keys, so they are worth nothing
elsewhere.  Each side is a generator that yields what to send and is sent what came: no I/O here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tcperf.nodes.reference.keypair import PUBLIC_KEY_BYTES, KeyPair, verify

PROTOCOL = b"/tcperf/reference/1"
_KEY_BYTES = 32
_NONCE = bytes(12)  # each proof's key seals exactly one proof
_DIALLER = b"dialler"
_LISTENER = b"listener"


class HandshakeError(Exception):
    """The other end speaks another protocol or is not who it should be."""


@frozen
class Established:
    """A finished handshake: the other end's compressed public key and the frame keys of each direction."""

    peer: bytes
    send_key: bytes
    receive_key: bytes


@frozen
class _Keys:
    transcript: bytes
    listener_proof: bytes
    dialler_proof: bytes
    to_listener: bytes
    to_dialler: bytes


#: Yields messages to send, is sent those that came; returns the last message to send and the result.
Handshake = Generator[bytes, bytes, tuple[bytes, Established]]


def dial(identity: KeyPair, expected: bytes) -> Handshake:
    """The dialler's side.  Raises HandshakeError unless the listener owns the public key ``expected``."""
    ephemeral = X25519PrivateKey.generate()
    hello = PROTOCOL + ephemeral.public_key().public_bytes_raw()
    answer = yield hello
    theirs, proof = answer[:_KEY_BYTES], answer[_KEY_BYTES:]
    keys = _derive(ephemeral, theirs, hello + theirs)
    peer = _check(proof, keys.listener_proof, _LISTENER, keys.transcript)
    if peer != expected:
        raise HandshakeError("another peer answers at this address")
    return _prove(identity, keys.dialler_proof, _DIALLER, keys.transcript), Established(
        peer, keys.to_listener, keys.to_dialler
    )


def listen(identity: KeyPair) -> Handshake:
    """The listener's side: anybody may come who proves a key."""
    hello = yield b""
    theirs = hello.removeprefix(PROTOCOL)
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    keys = _derive(ephemeral, theirs, hello + own)
    proof = yield own + _prove(identity, keys.listener_proof, _LISTENER, keys.transcript)
    peer = _check(proof, keys.dialler_proof, _DIALLER, keys.transcript)
    return b"", Established(peer, keys.to_dialler, keys.to_listener)


def _derive(own: X25519PrivateKey, theirs: bytes, transcript: bytes) -> _Keys:
    digest = hashlib.sha256(transcript).digest()
    try:
        secret = own.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError as error:  # not 32 bytes, or a point of small order
        raise HandshakeError("the other end does not speak this protocol") from error
    raw = HKDF(hashes.SHA256(), length=4 * _KEY_BYTES, salt=digest, info=PROTOCOL).derive(secret)
    return _Keys(digest, *(raw[start : start + _KEY_BYTES] for start in range(0, len(raw), _KEY_BYTES)))


def _prove(identity: KeyPair, key: bytes, role: bytes, transcript: bytes) -> bytes:
    proof = identity.public + identity.sign(PROTOCOL + role + transcript)
    return ChaCha20Poly1305(key).encrypt(_NONCE, proof, transcript)


def _check(sealed: bytes, key: bytes, role: bytes, transcript: bytes) -> bytes:
    try:
        proof = ChaCha20Poly1305(key).decrypt(_NONCE, sealed, transcript)
    except InvalidTag as error:
        raise HandshakeError("the other end's proof does not open") from error
    peer, signature = proof[:PUBLIC_KEY_BYTES], proof[PUBLIC_KEY_BYTES:]
    if not verify(peer, signature, PROTOCOL + role + transcript):
        raise HandshakeError("the other end's signature is wrong")
    return peer

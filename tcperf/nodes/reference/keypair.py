"""secp256k1 key pairs: they sign, agree on secrets, and name people and nodes.

Public keys travel compressed (33 bytes); signatures are raw ``r || s`` (64 bytes), never DER, because DER's
length depends on luck and a message's size must not.
"""

from __future__ import annotations

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

PUBLIC_KEY_BYTES = 33
SIGNATURE_BYTES = 64
_CURVE = ec.SECP256K1()
_HALF = SIGNATURE_BYTES // 2
#: The order of the curve's group (SEC 2, section 2.4.1).
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_CHAT_KEY_CHARACTERS = 132


@frozen
class KeyPair:
    """A private key and its compressed public key."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    public: bytes

    @classmethod
    def generate(cls) -> KeyPair:
        """A fresh random pair."""
        return cls._of(ec.generate_private_key(_CURVE))

    @classmethod
    def from_scalar(cls, scalar: int) -> KeyPair:
        """The pair of a private scalar; ValueError outside 1 … ORDER - 1."""
        if not 0 < scalar < ORDER:
            raise ValueError("a private key lies between 1 and the order of the curve")
        return cls._of(ec.derive_private_key(scalar, _CURVE))

    @classmethod
    def _of(cls, private: ec.EllipticCurvePrivateKey) -> KeyPair:
        return cls(private, _encode(private.public_key(), compressed=True))

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of ``data``: 64 bytes."""
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")

    def exchange(self, public: bytes) -> bytes:
        """The Diffie-Hellman secret shared with the owner of ``public``; ValueError for no curve point."""
        return self.private.exchange(ec.ECDH(), _decode(public))


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` is that of ``public`` over ``data``; False for a malformed key or signature."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
    try:
        key = _decode(public)
        key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def chat_key(public: bytes) -> str:
    """A public key as a chat id: ``0x04`` and 128 hex digits."""
    return "0x" + _encode(_decode(public), compressed=False).hex()


def parse_chat_key(text: str) -> bytes:
    """The compressed public key of a chat id; ValueError for anything else."""
    if len(text) != _CHAT_KEY_CHARACTERS or not text.startswith("0x04"):
        raise ValueError("a chat id is 0x04 and 128 hex digits")
    return _encode(_decode(bytes.fromhex(text[2:])), compressed=True)


def _decode(public: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public)


def _encode(public: ec.EllipticCurvePublicKey, *, compressed: bool) -> bytes:
    point = serialization.PublicFormat
    form = point.CompressedPoint if compressed else point.UncompressedPoint
    return public.public_bytes(serialization.Encoding.X962, form)

"""Peer ids as libp2p writes them: base58 of the public key itself, wrapped in an identity multihash.

Source: https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md.  A key of at most 42 bytes is not
hashed, so the id holds the whole secp256k1 key and whoever dials an id knows which key must answer.
"""

from __future__ import annotations

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}
_BASE = len(_ALPHABET)

#: Identity multihash (code 0, length 37) of the protobuf PublicKey{Type: Secp256k1 (2), Data: 33 bytes}.
_PREFIX = bytes((0x00, 0x25, 0x08, 0x02, 0x12, 0x21))
_COMPRESSED_KEY_BYTES = 33


def encode58(data: bytes) -> str:
    """``data`` in base58 with Bitcoin's alphabet: one leading ``1`` for each leading zero byte."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, rest = divmod(number, _BASE)
        digits.append(_ALPHABET[rest])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _ALPHABET[0] * zeros + "".join(reversed(digits))


def decode58(text: str) -> bytes:
    """The bytes whose base58 is ``text``; ValueError for a character outside the alphabet."""
    number = 0
    for character in text:
        if character not in _DIGITS:
            raise ValueError(f"{character!r} is no base58 character")
        number = number * _BASE + _DIGITS[character]
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def peer_id(public: bytes) -> str:
    """The peer id (``16Uiu2HA…``) of a compressed secp256k1 public key of 33 bytes."""
    if len(public) != _COMPRESSED_KEY_BYTES:
        raise ValueError(f"a compressed public key has {_COMPRESSED_KEY_BYTES} bytes, not {len(public)}")
    return encode58(_PREFIX + public)


def public_key_of(peer: str) -> bytes:
    """The compressed public key inside a peer id; ValueError where it holds no secp256k1 key."""
    raw = decode58(peer)
    if not raw.startswith(_PREFIX) or len(raw) != len(_PREFIX) + _COMPRESSED_KEY_BYTES:
        raise ValueError(f"{peer!r} is no peer id of a secp256k1 key")
    return raw[len(_PREFIX) :]

"""An account's secret: a phrase of twelve words, from which all of its keys follow.

The words are proquints, 16 bits each (https://arxiv.org/abs/0901.4016), so no word list is shipped; twelve
make 192 bits.  From phrase to seed it is BIP-39's PBKDF2, so any sentence of 12 to 24 words restores.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

from attrs import frozen
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tcperf.nodes.reference.keypair import ORDER, KeyPair

WORDS = 12
_MOST_WORDS = 24
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"
#: BIP-39: https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
_SEED_ROUNDS = 2048
_SEED_SALT = b"mnemonic"
#: 128 bits more than the order of the curve, so that the remainder is as good as uniform.
_SCALAR_BYTES = 48


@frozen
class AccountKeys:
    """The keys of an account: ``key_uid`` names the account on this device, ``chat`` is its public face."""

    key_uid: str
    chat: KeyPair


def new_phrase() -> str:
    """A fresh random phrase of twelve words."""
    return " ".join(_word(secrets.randbits(16)) for _ in range(WORDS))


def normalized(phrase: str) -> str:
    """The phrase with single blanks, in Unicode form NFKD; ValueError unless it has 12 to 24 words."""
    words = unicodedata.normalize("NFKD", phrase).split()
    if not WORDS <= len(words) <= _MOST_WORDS:
        raise ValueError(f"a recovery phrase has {WORDS} to {_MOST_WORDS} words, not {len(words)}")
    return " ".join(words)


def keys_of(phrase: str) -> AccountKeys:
    """All keys of the account that ``phrase`` stands for; ValueError as ``normalized`` raises it."""
    seed = hashlib.pbkdf2_hmac("sha512", normalized(phrase).encode(), _SEED_SALT, _SEED_ROUNDS)
    master = _derive(seed, b"master")
    return AccountKeys("0x" + hashlib.sha256(master.public).hexdigest(), _derive(seed, b"chat"))


def _derive(seed: bytes, purpose: bytes) -> KeyPair:
    raw = HKDFExpand(hashes.SHA512(), _SCALAR_BYTES, b"tcperf reference account: " + purpose).derive(seed)
    return KeyPair.from_scalar(int.from_bytes(raw, "big") % (ORDER - 1) + 1)


def _word(bits: int) -> str:
    parts = (
        (_CONSONANTS, 12, 15),
        (_VOWELS, 10, 3),
        (_CONSONANTS, 6, 15),
        (_VOWELS, 4, 3),
        (_CONSONANTS, 0, 15),
    )
    return "".join(letters[bits >> shift & mask] for letters, shift, mask in parts)

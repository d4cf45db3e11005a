"""The key file: an account's recovery phrase, encrypted with a key made from the password.

PBKDF2-HMAC-SHA512 makes the key, AES-256-GCM encrypts; the account's id is authenticated with it, so a file
cannot be passed off as another account's.  Without the password there is no login.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from pathlib import Path

#: What status-go takes where a request names no number (its ReducedKDFIterationsNumber).
DEFAULT_ITERATIONS = 3200
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32
_FOLDER = "keystore"


class KeystoreError(Exception):
    """The key file is missing, damaged, or of another password."""


def save(data_dir: Path, key_uid: str, phrase: str, password: str, iterations: int) -> None:
    """Write the key file of ``key_uid``, readable by its owner alone; whole or not at all.

    ``iterations`` below 1 means DEFAULT_ITERATIONS.  Takes as long as the key derivation does.
    """
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    cipher = AESGCM(_key(password, salt, iterations))
    sealed = cipher.encrypt(nonce, phrase.encode(), key_uid.encode())
    path = _path(data_dir, key_uid)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, json.dumps({"salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}))


def load(data_dir: Path, key_uid: str, password: str, iterations: int) -> str:
    """The phrase in the key file of ``key_uid``; KeystoreError where there is none or it does not open.

    ``iterations`` must be those of ``save``: another number makes another key.
    """
    try:
        content = json.loads(_path(data_dir, key_uid).read_text(encoding="ascii"))
        salt, nonce, sealed = (bytes.fromhex(content[name]) for name in ("salt", "nonce", "sealed"))
        plain = AESGCM(_key(password, salt, iterations)).decrypt(nonce, sealed, key_uid.encode())
    except OSError as error:
        raise KeystoreError("unable to open database file") from error
    except (InvalidTag, ValueError, KeyError, TypeError) as error:
        raise KeystoreError("file is not a database") from error
    return plain.decode()


def _key(password: str, salt: bytes, iterations: int) -> bytes:
    rounds = iterations if iterations > 0 else DEFAULT_ITERATIONS
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, _KEY_BYTES)


def _path(data_dir: Path, key_uid: str) -> Path:
    # The id comes from a request: its hash as the name keeps it inside the folder.
    return data_dir / _FOLDER / hashlib.sha256(key_uid.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    draft.replace(path)

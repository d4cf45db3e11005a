"""Accounts of status-go: the bodies that make and open one, and what its log-in tells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from attrs import frozen

from tcperf.nodes.inbox import Signal

#: status-go's own default for SQLCipher's key derivation.
_KDF_ITERATIONS = 256_000
_PASSWORD = "1234567890"  # noqa: S105 - of an account that is thrown away
#: status-go: 5-24 of letters, digits, ``_``, ``-`` and space.
_NAME_LIMIT = 24
_NAME_END = "-node"
_PUBLIC_KEY = re.compile(r"0x04[0-9a-f]{128}\Z")


@frozen
class Account:
    """An account: ``public_key`` is its chat key, ``0x04`` and 128 hex digits; ``key_uid`` opens it again."""

    public_key: str
    key_uid: str


def account_of(signal: Signal) -> Account | None:
    """The account that a ``node.login`` tells of, or None where its keys are not what they should be."""
    key, uid = signal.get("settings", "public-key"), signal.get("account", "key-uid")
    if isinstance(key, str) and isinstance(uid, str) and _PUBLIC_KEY.match(key) and uid:
        return Account(key, uid)
    return None


def creation(name: str, data: Path, *, logs: bool) -> dict[str, Any]:
    """The body of ``CreateAccountAndLogin``; with ``logs`` the node writes a geth.log into ``data``.

    Any log level switches the log on, whatever ``logEnabled`` says (status-go, api/defaults.go).
    """
    return {
        "rootDataDir": str(data),
        "kdfIterations": _KDF_ITERATIONS,
        "displayName": display_name(name),
        "password": _PASSWORD,
        "customizationColor": "primary",
        "logEnabled": logs,
        **({"logLevel": "INFO"} if logs else {}),
        "logFilePath": str(data),
    }


def opening(account: Account) -> dict[str, Any]:
    """The body of ``LoginAccount``."""
    return {"keyUid": account.key_uid, "password": _PASSWORD, "kdfIterations": _KDF_ITERATIONS}


def display_name(name: str) -> str:
    """A display name that status-go takes, for a node's name."""
    kept = re.sub(r"[^A-Za-z0-9_-]", "-", name)[: _NAME_LIMIT - len(_NAME_END)]
    return f"{kept}{_NAME_END}"

"""The accounts that exist in a data folder: what can be shown of them before anybody logs in."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import attrs
from attrs import astuple, frozen

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "accounts.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    key_uid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    color TEXT NOT NULL,
    kdf_iterations INTEGER NOT NULL,
    accepted_terms INTEGER NOT NULL
) STRICT
"""


@frozen
class Account:
    """A known account.  ``timestamp`` is its creation or last login, Unix seconds."""

    key_uid: str
    name: str
    timestamp: int
    color: str
    kdf_iterations: int
    accepted_terms: bool


class AccountBook:
    """The list of accounts, in one SQLite file of the data folder.  Raises OSError, sqlite3.Error."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(data_dir / _FILE, isolation_level=None)
        try:
            self._db.execute(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def all(self) -> list[Account]:
        """Every account, the latest used first."""
        rows = self._db.execute("SELECT * FROM accounts ORDER BY timestamp DESC, key_uid")
        return [attrs.evolve(Account(*row), accepted_terms=bool(row[-1])) for row in rows]

    def get(self, key_uid: str) -> Account | None:
        """The account called ``key_uid``, or None."""
        return next((account for account in self.all() if account.key_uid == key_uid), None)

    def save(self, account: Account) -> None:
        """Add an account, or replace it."""
        self._db.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?)", astuple(account))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

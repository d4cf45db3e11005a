"""What is on its way and not acknowledged yet: one row for each payload and recipient, in the account's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_SCHEMA = """
CREATE TABLE IF NOT EXISTS parcels (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    recipient BLOB NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (id, recipient)
) STRICT;
"""


@frozen
class Parcel:
    """An encoded payload for one recipient (33 bytes of key); ``id`` is the payload's, in hex."""

    id: str
    recipient: bytes
    payload: bytes


class Parcels:
    """All of an account's.  Raises sqlite3.Error where the disk is full."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def add(self, parcel: Parcel) -> None:
        """Keep it until it is acknowledged."""
        self._db.execute(
            "INSERT INTO parcels (id, recipient, payload) VALUES (?, ?, ?)",
            (parcel.id, parcel.recipient, parcel.payload),
        )

    def remove(self, parcel_id: str, recipient: bytes) -> bool:
        """Forget it; False where there is none."""
        cursor = self._db.execute(
            "DELETE FROM parcels WHERE id = ? AND recipient = ?", (parcel_id, recipient)
        )
        return cursor.rowcount == 1

    def __iter__(self) -> Iterator[Parcel]:
        """Oldest first."""
        rows = self._db.execute("SELECT id, recipient, payload FROM parcels ORDER BY number").fetchall()
        return (Parcel(*row) for row in rows)

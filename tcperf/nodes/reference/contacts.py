"""Who has asked whom to be a contact: both must have, until one may put the other into a group (as in status-go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    import sqlite3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (
    id TEXT PRIMARY KEY,
    added INTEGER NOT NULL DEFAULT 0,
    has_added_us INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


@frozen
class Contact:
    """``id`` is the chat key.  ``added``: we have asked, or accepted; ``has_added_us``: the other has."""

    id: str
    added: bool
    has_added_us: bool

    @property
    def mutual(self) -> bool:
        """Whether both have."""
        return self.added and self.has_added_us


class Contacts:
    """All of an account's, in its file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def __getitem__(self, contact_id: str) -> Contact:
        """The contact, a stranger too."""
        row = self._db.execute(
            "SELECT added, has_added_us FROM contacts WHERE id = ?", (contact_id,)
        ).fetchone()
        added, has_added_us = row or (0, 0)
        return Contact(contact_id, bool(added), bool(has_added_us))

    def add(self, contact_id: str) -> Contact:
        """Note that we have asked or accepted; what the contact is now."""
        self._db.execute(
            "INSERT INTO contacts (id, added) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET added = 1",
            (contact_id,),
        )
        return self[contact_id]

    def added_by(self, contact_id: str) -> Contact:
        """Note that the other has; what the contact is now."""
        self._db.execute(
            "INSERT INTO contacts (id, has_added_us) VALUES (?, 1)"
            " ON CONFLICT (id) DO UPDATE SET has_added_us = 1",
            (contact_id,),
        )
        return self[contact_id]

"""The messages of one account, in one SQLite file.

It is used from the event loop's thread: each call is a few tens of microseconds (write-ahead log, no
synchronous commit), far less than handing it to another thread would cost.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Literal

from attrs import astuple, fields, frozen

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY,
    chat_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    clock INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    outgoing_status TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_chat ON messages (chat_id, clock, id);
CREATE INDEX IF NOT EXISTS sending ON messages (clock) WHERE outgoing_status = 'sending';
"""
OutgoingStatus = Literal["", "sending", "delivered"]
#: Digits of the clock in a cursor, so that cursors sort as text.
_CLOCK_DIGITS = 20


@frozen
class Message:
    """A text message.  ``outgoing_status`` is empty for received ones; ``timestamp`` is Unix ms."""

    id: str
    chat_id: str
    sender: str
    text: str
    clock: int
    timestamp: int
    outgoing_status: OutgoingStatus = ""

    @property
    def cursor(self) -> str:
        """Its place among the messages of its chat: greater is newer."""
        return f"{self.clock:0{_CLOCK_DIGITS}}{self.id}"


_COLUMNS = ", ".join(attribute.name for attribute in fields(Message))


class MessageStore:
    """All messages of an account.  Raises sqlite3.Error where the file is no database or the disk is full."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def add(self, message: Message) -> bool:
        """Keep a message; False, and nothing is changed, where it is known already."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(message)
        )
        return cursor.rowcount == 1

    def delivered(self, message_id: str, chat_id: str) -> bool:
        """Mark an own message of a chat as delivered; False where there is none that is still being sent."""
        cursor = self._db.execute(
            "UPDATE messages SET outgoing_status = 'delivered'"
            " WHERE id = ? AND chat_id = ? AND outgoing_status = 'sending'",
            (message_id, chat_id),
        )
        return cursor.rowcount == 1

    def sending(self) -> list[Message]:
        """The own messages that nobody has acknowledged, oldest first."""
        return self._select("WHERE outgoing_status = 'sending' ORDER BY clock")

    def has_chat(self, chat_id: str) -> bool:
        """Whether a message was ever exchanged in the chat."""
        return bool(self._select("WHERE chat_id = ? LIMIT 1", chat_id))

    def page(self, chat_id: str, cursor: str, limit: int) -> tuple[list[Message], str]:
        """Up to ``limit`` messages of a chat, newest first, from ``cursor`` on (empty: from the newest).

        The second value is the cursor of the next page, empty at the end.  ValueError for no cursor.
        """
        clock, message_id = _parse_cursor(cursor)
        found = self._select(
            "WHERE chat_id = ? AND (clock, id) <= (?, ?) ORDER BY clock DESC, id DESC LIMIT ?",
            *(chat_id, clock, message_id, limit + 1),
        )
        return found[:limit], found[limit].cursor if len(found) > limit else ""

    def last_clock(self) -> int:
        """The greatest clock of any message; 0 where there is none."""
        row: tuple[int] = self._db.execute("SELECT coalesce(max(clock), 0) FROM messages").fetchone()
        return row[0]

    def _select(self, condition: str, *parameters: object) -> list[Message]:
        query = f"SELECT {_COLUMNS} FROM messages {condition}"  # noqa: S608 - both parts are our constants
        return [Message(*row) for row in self._db.execute(query, parameters)]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


_LAST_CLOCK = 2**63 - 1


def _parse_cursor(cursor: str) -> tuple[int, str]:
    if not cursor:
        return _LAST_CLOCK, "~"  # sorts after every hex id
    clock, message_id = cursor[:_CLOCK_DIGITS], cursor[_CLOCK_DIGITS:]
    if not (clock.isascii() and clock.isdigit()) or not message_id:
        raise ValueError(f"invalid cursor {cursor!r}")
    return min(int(clock), _LAST_CLOCK), message_id

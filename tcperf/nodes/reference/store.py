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
    outgoing_status TEXT NOT NULL,
    content_type INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_chat ON messages (chat_id, clock, id);
"""
#: ChatMessage_TEXT_PLAIN and ChatMessage_CONTACT_REQUEST of status-go.
TEXT_PLAIN, CONTACT_REQUEST = 1, 11
OutgoingStatus = Literal["", "sending", "delivered"]
#: Digits of the clock in a cursor, so that cursors sort as text.
_CLOCK_DIGITS = 20


@frozen
class Message:
    """A text message.  ``outgoing_status`` is empty for received ones; ``timestamp`` is Unix ms.

    ``chat_id`` is the other's chat key, or a group's id; ``content_type`` is one of TEXT_PLAIN and CONTACT_REQUEST.
    """

    id: str
    chat_id: str
    sender: str
    text: str
    clock: int
    timestamp: int
    outgoing_status: OutgoingStatus = ""
    content_type: int = TEXT_PLAIN

    @property
    def cursor(self) -> str:
        """Its place among the messages of its chat: greater is newer."""
        return f"{self.clock:0{_CLOCK_DIGITS}}{self.id}"


_COLUMNS = ", ".join(attribute.name for attribute in fields(Message))


class MessageStore:
    """All messages of an account.  Raises sqlite3.Error where the file is no database or the disk is full.

    ``db`` is the open file, for what else an account keeps in it.
    """

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        try:
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.executescript(_SCHEMA)
        except sqlite3.Error:
            self.db.close()
            raise

    def add(self, message: Message) -> bool:
        """Keep a message; False, and nothing is changed, where it is known already."""
        cursor = self.db.execute(
            "INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(message)
        )
        return cursor.rowcount == 1

    def delivered(self, message_id: str) -> None:
        """Mark an own message as delivered."""
        self.db.execute(
            "UPDATE messages SET outgoing_status = 'delivered' WHERE id = ? AND outgoing_status = 'sending'",
            (message_id,),
        )

    def get(self, message_id: str) -> Message | None:
        """The message, or None where there is none of that id."""
        return next(iter(self._select("WHERE id = ?", message_id)), None)

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
        row: tuple[int] = self.db.execute("SELECT coalesce(max(clock), 0) FROM messages").fetchone()
        return row[0]

    def _select(self, condition: str, *parameters: object) -> list[Message]:
        query = f"SELECT {_COLUMNS} FROM messages {condition}"  # noqa: S608 - both parts are our constants
        return [Message(*row) for row in self.db.execute(query, parameters)]

    def close(self) -> None:
        """Close the file."""
        self.db.close()


_LAST_CLOCK = 2**63 - 1


def _parse_cursor(cursor: str) -> tuple[int, str]:
    if not cursor:
        return _LAST_CLOCK, "~"  # sorts after every hex id
    clock, message_id = cursor[:_CLOCK_DIGITS], cursor[_CLOCK_DIGITS:]
    if not (clock.isascii() and clock.isdigit()) or not message_id:
        raise ValueError(f"invalid cursor {cursor!r}")
    return min(int(clock), _LAST_CLOCK), message_id

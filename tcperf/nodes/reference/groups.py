"""Private groups: who is in them, and how they are described to their members.

A group's id is status-go's: a UUID, a hyphen, and the chat key of its admin, so that nobody can describe another's
group.  Everybody who is described in it may write to it.
"""

from __future__ import annotations

import json
import struct
import uuid
from typing import TYPE_CHECKING

from attrs import frozen

from tcperf.nodes.reference.keypair import PUBLIC_KEY_BYTES, chat_key, parse_chat_key

if TYPE_CHECKING:
    import sqlite3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    clock INTEGER NOT NULL
) STRICT;
"""
_LENGTH = struct.Struct(">H")


@frozen
class Group:
    """A group; ``members`` are chat keys, the admin's first; ``clock`` is its making's."""

    id: str
    name: str
    members: tuple[str, ...]
    clock: int

    @classmethod
    def make(cls, name: str, admin: str, others: tuple[str, ...], clock: int) -> Group:
        """A new one with its admin and others, each once."""
        return cls(f"{uuid.uuid4()}-{admin}", name, tuple(dict.fromkeys((admin, *others))), clock)

    def describe(self) -> bytes:
        """The body of a payload that tells of it: the id, the name, the members' keys."""
        keys = (parse_chat_key(member) for member in self.members)
        return _text(self.id) + _text(self.name) + b"".join(keys)

    def recipients(self, sender: str) -> list[bytes]:
        """The keys of everybody but the sender."""
        return [parse_chat_key(member) for member in self.members if member != sender]


def described(body: bytes, admin: str, clock: int) -> Group:
    """The group that ``admin`` describes; ValueError where that is none of the admin's."""
    group_id, rest = _split(body)
    name, keys = _split(rest)
    if len(keys) % PUBLIC_KEY_BYTES:
        raise ValueError("a member's key is cut off")
    starts = range(0, len(keys), PUBLIC_KEY_BYTES)
    members = tuple(chat_key(keys[start : start + PUBLIC_KEY_BYTES]) for start in starts)
    if not group_id.endswith(f"-{admin}") or members[:1] != (admin,):
        raise ValueError("a group is described by its admin")
    return Group(group_id, name, tuple(dict.fromkeys(members)), clock)


def address(group_id: str, text: str) -> bytes:
    """The body of a text to a group.  UnicodeEncodeError for what is no text."""
    return _text(group_id) + text.encode()


def addressed(body: bytes) -> tuple[str, str]:
    """The group's id and the text; ValueError where it is no such body."""
    group_id, text = _split(body)
    return group_id, text.decode()


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _split(data: bytes) -> tuple[str, bytes]:
    """The text at the front, and what follows it."""
    if len(data) < _LENGTH.size:
        raise ValueError("a text's length is missing")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    if len(data) < end:
        raise ValueError("a text is shorter than it says")
    return data[_LENGTH.size : end].decode(), data[end:]


class Groups:
    """All groups that an account is in, in its file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def add(self, group: Group) -> bool:
        """Keep a group; False, and nothing is changed, where it is known already."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO groups VALUES (?, ?, ?, ?)",
            (group.id, group.name, json.dumps(group.members), group.clock),
        )
        return cursor.rowcount == 1

    def get(self, group_id: str) -> Group | None:
        """The group, or None where the account is in none of that id."""
        row = self._db.execute(
            "SELECT id, name, members, clock FROM groups WHERE id = ?", (group_id,)
        ).fetchone()
        return None if row is None else Group(row[0], row[1], tuple(json.loads(row[2])), row[3])

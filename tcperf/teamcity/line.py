"""One service message as one line: named, escaped, and short enough to be written in one piece.

A line stays below 4096 bytes, PIPE_BUF on Linux: a pipe never splits or interleaves such a write, and the
byte that is left lets an unfinished line before it be ended in the same write.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from tcperf.teamcity.errors import ServiceMessageError
from tcperf.teamcity.escaping import ELLIPSIS, START, escape, escape_within
from tcperf.teamcity.notation import plain_notation
from tcperf.teamcity.rules import apply_rules

#: Bytes of a line, its newline included.
LIMIT = 4095
#: Attributes that people read: shortened where the line would be too long.  All others are names.
FREE_TEXT = frozenset(
    ("actual", "description", "details", "errorDetails", "expected", "message", "out", "text")
)
#: Messages of the single-value form whose value people read.
FREE_VALUE = frozenset(("progressFinish", "progressMessage", "progressStart"))

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
#: Java's parser takes Java identifiers, and its own attributes after ``tc:``.
_ATTRIBUTE = re.compile(r"(?:tc:)?[A-Za-z_$][A-Za-z0-9_$]*")
_OPENING = ("Opened", "Started", "Start")
#: What opens must be able to close: the closing message has a longer name, or a duration.
_CLOSING_RESERVE = 64
#: The same for a start and its finish, whose texts must be equal.
_VALUE_LIMIT = 4000
_END = "]\n"


def as_text(name: str, value: object) -> str:
    """An attribute's value as text.

    bytes are UTF-8 (undecodable ones become U+FFFD), paths are their text, flags ``true`` or ``false``,
    numbers are in plain notation.  Raises ServiceMessageError, naming the attribute, for anything else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, os.PathLike):
        return as_text(name, os.fspath(value))
    return _number(name, value)


def message_line(message: str, attributes: Mapping[str, str]) -> str:
    """The line of ``message`` with its attributes, in their order.

    Free text is shortened to fit, the longest first.  Raises ServiceMessageError for a name that is no
    identifier, for what the message's own rules forbid, and where the names alone are too long.
    """
    _check_names(message, attributes)
    kept = apply_rules(message, dict(attributes))
    fixed = {name: escape(value) for name, value in kept.items() if name not in FREE_TEXT}
    free = {name: value for name, value in kept.items() if name in FREE_TEXT}
    room = _room(message, kept) - sum(map(len, fixed.values()))
    if room < len(ELLIPSIS) * len(free) or (room < 0 and not free):
        raise _too_long(message, fixed)
    written = fixed | _fitted(free, room)
    return "".join((START, message, *(f" {name}='{written[name]}'" for name in kept), _END))


def value_line(message: str, value: str) -> str:
    """The line of a message of the single-value form, ``##teamcity[message 'value']``.

    Progress texts are shortened; any other value that is too long or empty raises ServiceMessageError.
    """
    _check_names(message, ())
    if message in FREE_VALUE:
        return f"{START}{message} '{escape_within(value, _VALUE_LIMIT)}'{_END}"
    if not value:
        raise ServiceMessageError(f"{message} needs a value that is not empty")
    line = f"{START}{message} '{escape(value)}'{_END}"
    if len(line) > LIMIT:
        raise _too_long(message, {"value": value})
    return line


def _number(name: str, value: object) -> str:
    try:
        return plain_notation(value)  # type: ignore[arg-type]  # what is no number is refused there
    except ValueError as refusal:
        raise ServiceMessageError(f"the attribute {name} cannot be written: {refusal}") from None


def _check_names(message: str, attributes: Mapping[str, str] | tuple[()]) -> None:
    if _NAME.fullmatch(message) is None:
        raise ServiceMessageError(f"{message!a} cannot name a message", cure="a name is a Java identifier")
    for name in attributes:
        if _ATTRIBUTE.fullmatch(name) is None:
            raise ServiceMessageError(
                f"{name!a} cannot name an attribute of {message}", cure="a name is a Java identifier"
            )


def _room(message: str, names: Mapping[str, str]) -> int:
    """Bytes left for values."""
    frame = len(START) + len(message) + len(_END) + sum(len(f" {name}=''") for name in names)
    return LIMIT - frame - (_CLOSING_RESERVE if message.endswith(_OPENING) else 0)


def _fitted(free: Mapping[str, str], room: int) -> dict[str, str]:
    """Free texts escaped into ``room`` bytes: short ones whole, the longer ones share what is left equally."""
    fitted: dict[str, str] = {}
    by_length = sorted(free, key=lambda name: len(free[name]))
    for done, name in enumerate(by_length):
        fitted[name] = escape_within(free[name], room // (len(by_length) - done))
        room -= len(fitted[name])
    return fitted


def _too_long(message: str, values: Mapping[str, str]) -> ServiceMessageError:
    longest = max(values, key=lambda name: len(values[name]), default="")
    return ServiceMessageError(
        f"the message {message} would be longer than {LIMIT} bytes",
        cure=f"shorten {longest}, which names something and is never cut"
        if longest
        else "use fewer attributes",
    )

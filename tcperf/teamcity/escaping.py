"""Text inside a service message: ASCII only, escaped as TeamCity's own parser unescapes it.

====================================  ============================================
``'`` ``|`` ``[`` ``]``               ``|`` before it
newline, carriage return              ``|n`` ``|r``
U+0085, U+2028, U+2029                ``|x`` ``|l`` ``|p``
any other non-printable or non-ASCII  ``|0xNNNN``, four hexadecimal digits
beyond U+FFFF                         its two UTF-16 code units, each ``|0xNNNN``
====================================  ============================================

ASCII survives every agent's and console's charset, which raw UTF-8 does not.  A lone surrogate (Python
makes them of undecodable file names) becomes U+FFFD, the replacement character: the parser would take it,
but it is no text and cannot be stored as UTF-8 behind the parser.
"""

from __future__ import annotations

import re

#: What starts a message, wherever it stands in a line.
START = "##teamcity["
#: The same made harmless, and still readable.
NEUTRAL = "##_teamcity["
#: U+2026, escaped.
ELLIPSIS = "|0x2026"

_SPECIAL = re.compile(r"[^ -&(-Z\\^-{}~]")
_SHORT = {
    "'": "|'",
    "|": "||",
    "[": "|[",
    "]": "|]",
    "\n": "|n",
    "\r": "|r",
    "\x85": "|x",
    "\u2028": "|l",
    "\u2029": "|p",
}
_REPLACEMENT = 0xFFFD
_SURROGATES = range(0xD800, 0xE000)
_ASTRAL = 0x10000


def escape(text: str) -> str:
    """``text`` as it stands between the quotes of a service message: printable ASCII."""
    return _SPECIAL.sub(_escaped, text)


def escape_within(text: str, limit: int) -> str:
    """``escape(text)`` in at most ``limit`` bytes; what is cut off is replaced by an ellipsis.

    Never cuts inside an escape sequence or between the two code units of one character.  Raises ValueError
    if ``limit`` leaves no room even for the ellipsis.
    """
    if len(text) <= limit:  # no character takes less than a byte
        whole = escape(text)
        if len(whole) <= limit:
            return whole
    return escape(text[: _fitting(text, limit - len(ELLIPSIS))]) + ELLIPSIS


def truncate(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters; what is cut off is replaced by an ellipsis.

    Counted as Java counts, in UTF-16 code units: a character beyond U+FFFF is two.
    """
    if _units(text) <= limit:
        return text
    room = limit - 1
    for index, character in enumerate(text):
        room -= _units(character)
        if room < 0:
            return f"{text[:index]}\u2026"
    raise AssertionError("unreachable: the text is longer than the limit")  # pragma: no cover


def neutralise(text: str) -> str:
    """``text`` with every ``##teamcity[`` written ``##_teamcity[``: for text that is not ours."""
    return text.replace(START, NEUTRAL)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or "".join(f"|0x{unit:04X}" for unit in utf16_units(ord(character)))


def utf16_units(code: int) -> tuple[int, ...]:
    """A character's units in UTF-16, one or two; of a surrogate that stands alone those of U+FFFD."""
    if code in _SURROGATES:
        return (_REPLACEMENT,)
    if code < _ASTRAL:
        return (code,)
    high, low = divmod(code - _ASTRAL, 0x400)
    return 0xD800 + high, 0xDC00 + low


def _fitting(text: str, room: int) -> int:
    """How many characters of ``text``, which is too long, fit into ``room`` bytes when escaped."""
    if room < 0:
        raise ValueError(f"no room for an ellipsis: {-room} bytes are missing")
    for index, character in enumerate(text):
        room -= len(escape(character))
        if room < 0:
            return index
    raise AssertionError("unreachable: the text is longer than its room")  # pragma: no cover


def _units(text: str) -> int:
    """The length of ``text`` in UTF-16 code units."""
    return (
        len(text) + sum(ord(character) >= _ASTRAL for character in text) if not text.isascii() else len(text)
    )

"""How many cells of a terminal a text takes: letters of the East take two, marks above a letter none."""

from __future__ import annotations

import unicodedata
from typing import Final

#: Unicode's annex 11: wide, and full-width.
_WIDE: Final = frozenset("WF")
#: Marks that stand on the letter before.
_NONE: Final = frozenset(("Mn", "Me"))


def width(text: str) -> int:
    """The cells that ``text`` takes, which holds no control character."""
    return len(text) if text.isascii() else sum(map(_width, text))


def has_wide(text: str) -> bool:
    """Whether a letter of it takes two."""
    return not text.isascii() and any(_width(letter) > 1 for letter in text)


def beginning(text: str, room: int) -> str:
    """As much of ``text`` as takes at most ``room`` cells."""
    if text.isascii():
        return text[:room]
    for place, letter in enumerate(text):
        room -= _width(letter)
        if room < 0:
            return text[:place]
    return text


def _width(letter: str) -> int:
    if letter.isascii():
        return 1
    if unicodedata.category(letter) in _NONE:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1

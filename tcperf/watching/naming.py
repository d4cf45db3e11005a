"""What a watched thing is called in results: its own name, made to fit the rule of names (``tcperf.keys.NAME_RULE``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

#: A name has at most 24 characters; the rest is for a number.
_LENGTH: Final = 20


def fitting(text: str, otherwise: str) -> str:
    """``text`` in lower-case letters, digits and ``_``; behind ``otherwise`` where it would begin with no letter."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    name = plain if plain and plain[0].isalpha() else f"{otherwise}_{plain}"
    return name[:_LENGTH].rstrip("_")


def different(name: str, taken: Iterable[str]) -> str:
    """``name``, or with the first number from 2 on that makes it none of those that are taken."""
    others = set(taken)
    number, found = 1, name
    while found in others:
        number += 1
        found = f"{name}_{number}"
    return found

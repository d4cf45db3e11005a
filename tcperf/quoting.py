"""How an error quotes what others wrote: on one line, printable, short."""

from __future__ import annotations

from typing import Final

from tcperf.units import HUGE

#: An error quotes at most this many characters of a value.
_SHOWN: Final = 60


def shown(value: object) -> str:
    """A value of the command line or of a TOML file: texts in quotes, cut where long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) >= HUGE:
        return "a huge number"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def printable(name: object) -> str:
    """A name or a path as it is, or, where it holds control characters or broken text, escaped in quotes."""
    text = str(name)
    return text if text.isprintable() else repr(text)

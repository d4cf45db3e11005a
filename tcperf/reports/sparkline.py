"""A curve in a line of text: a block a value, as high as the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tcperf.reports.span import span

BLOCKS: Final = "▁▂▃▄▅▆▇█"
#: For streams whose encoding has no blocks.
ASCII: Final = "_.,-~=*#"


def levels(encoding: str | None) -> str:
    """The characters for a stream of this encoding, the lowest first; None is UTF-8."""
    try:
        BLOCKS.encode(encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return BLOCKS


def sparkline(values: Sequence[float], unit: str, characters: str = BLOCKS) -> str:
    """A character a value, in their order; like a chart's, its axis need not begin at 0, and holds the last one.  Empty for no values."""
    if not values:
        return ""
    axis = span(values, unit, values[-1:])
    top = len(characters) - 1
    return "".join(characters[round(axis.share(value) * top)] for value in values)

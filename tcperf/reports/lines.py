"""Lines of text for a terminal, each with how it may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from attrs import frozen

from tcperf.reports import cells
from tcperf.reports.text import ELLIPSIS
from tcperf.teamcity.escaping import neutralise

Style = Literal["", "loud", "heading", "dim", "warning", "bad", "good"]
#: In rich's terms.
STYLES: Final[dict[Style, str]] = {
    "": "",
    "loud": "bold yellow",
    "heading": "bold",
    "dim": "dim",
    "warning": "yellow",
    "bad": "bold red",
    "good": "green",
}


@frozen
class Line:
    """One line of a table and how a terminal may show it."""

    text: str
    style: Style = ""


def wrapped(text: str, width: int, style: Style = "", indent: str = "  ") -> Iterator[Line]:
    """A long text on several lines, the further ones behind ``indent``; a word longer than a line is broken."""
    import textwrap

    safe = neutralise(text)
    # Of letters that take two cells a line has half as many: textwrap counts letters.
    letters = width // 2 if cells.has_wide(safe) else width
    for line in textwrap.wrap(safe, letters, subsequent_indent=indent, break_on_hyphens=False):
        yield Line(line, style)


def cut(text: str, width: int, style: Style = "") -> Line:
    """A text on one line, the last character an ellipsis where it is longer."""
    safe = neutralise(text.rstrip())
    if cells.width(safe) <= width:
        return Line(safe, style)
    return Line(f"{cells.beginning(safe, width - 1)}{ELLIPSIS}", style)

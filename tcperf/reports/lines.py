"""Lines of text for a terminal, each with how it may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from attrs import frozen

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

    for line in textwrap.wrap(neutralise(text), width, subsequent_indent=indent, break_on_hyphens=False):
        yield Line(line, style)


def cut(text: str, width: int, style: Style = "") -> Line:
    """A text on one line, the last character an ellipsis where it is longer."""
    safe = neutralise(text.rstrip())
    return Line(safe if len(safe) <= width else f"{safe[: width - 1]}{ELLIPSIS}", style)

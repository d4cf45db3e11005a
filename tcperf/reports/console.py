"""The table on a terminal: what was measured, the verdict, the published figures, where the traffic went.

``render`` is plain text for any width; ``show`` prints the same lines, coloured where the stream is a
terminal (rich decides, and heeds NO_COLOR).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcperf.columns import BASE
from tcperf.model import Conditions, Result
from tcperf.reports import console_tables, console_verdict, verdicts
from tcperf.reports.cautions import cautions, other_warnings
from tcperf.reports.lines import STYLES, Line, wrapped
from tcperf.reports.link import link_text
from tcperf.reports.tests_named import unmeasured
from tcperf.reports.text import clean, encodable, shorten
from tcperf.subject import Subject
from tcperf.summary import HEAD
from tcperf.teamcity.escaping import neutralise

if TYPE_CHECKING:
    from typing import TextIO

WIDTH = 80
_NARROWEST = 40
_DIGEST_SHOWN = 12
_WARNING_LIMIT = 400
#: Of a list of tests' ids.
_TESTS_LIMIT = 1000
_NETWORKS: Final = {
    "private": "private network",
    "loopback": "a private loopback, packets counted by port",
    "host": "HOST network, no frame counted",
}


def render(result: Result, width: int = WIDTH, report: Path | None = None) -> str:
    """The table as plain text, no line longer than ``width`` (at least 40) but that with the path ``report``.

    Ends with a newline.  Nothing in it steers a terminal or TeamCity, whatever the result's texts are.
    """
    return "".join(f"{line.text}\n" for line in _lines(result, max(width, _NARROWEST), report))


def show(
    result: Result,
    stream: TextIO,
    width: int = WIDTH,
    report: Path | None = None,
    *,
    coloured: bool = True,
) -> None:
    """Print the table; in colour where ``stream`` is a terminal, unless ``coloured`` is false.

    What the stream's encoding lacks is written as ``?``.
    """
    if not coloured or not stream.isatty():
        stream.write(encodable(render(result, width, report), stream))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=max(width, _NARROWEST), highlight=False, emoji=False)
    for line in _lines(result, max(width, _NARROWEST), report):
        text = Text(encodable(line.text, stream), style=STYLES[line.style])
        console.print(text, no_wrap=True, overflow="ignore", crop=False)


def _lines(result: Result, width: int, report: Path | None) -> Iterator[Line]:
    told = other_warnings(result)
    yield from _head(result, width, report)
    yield from _cautions(result, width)
    yield from console_verdict.lines(result, width, has_report=report is not None)
    if verdicts.has_verdict(result) and told:
        yield Line("")
    for warning in told:
        yield from wrapped(f"warning: {shorten(warning, _WARNING_LIMIT)}", width, "warning")
    for each in result.unsupported:
        yield from wrapped(shorten(each.reason, _WARNING_LIMIT), width, "loud")
    for text in unmeasured(result):
        yield from wrapped(shorten(text, _TESTS_LIMIT), width, "warning")
    yield from console_tables.lines(result, width)


def _head(result: Result, width: int, report: Path | None) -> Iterator[Line]:
    subject = result.subjects.get(HEAD)
    if subject is not None and subject.reference:
        yield from wrapped("REFERENCE NODE measured, the bundled one: not a node of yours", width, "loud")
    sides = {name: found for name in (BASE, HEAD) if (found := result.subjects.get(name)) is not None}
    for name, side in sides.items():
        lead = f"{name}: " if len(sides) > 1 else ""
        yield from wrapped(f"{lead}{_measured(side)}", width, "heading")
    told = [f"tcperf {shorten(result.tool.version, 40)}", *_network(result.conditions)]
    yield from wrapped(", ".join(told), width, "dim")
    if report is not None:
        # Whole, for it is copied; a terminal wraps it by itself.
        yield Line(neutralise(f"report: {clean(str(report))}"))


def _cautions(result: Result, width: int) -> Iterator[Line]:
    """What the verdict means less for; it stands before it."""
    for each in cautions(result):
        yield Line("")
        yield from wrapped(f"before you read on: {shorten(each.text, _WARNING_LIMIT)}", width, "loud")


def _network(conditions: Conditions) -> Iterator[str]:
    yield _NETWORKS[conditions.network]
    link = link_text(conditions)
    if link is not None:
        by = f" ({shorten(conditions.emulation, 40)})" if conditions.emulation else ""
        yield f"{link}{by}"


def _measured(subject: Subject) -> str:
    version, digest = shorten(subject.version, 60), shorten(subject.sha256, _DIGEST_SHOWN + 1)
    command = "" if subject.command is None else f"{shorten(subject.command, 240)}: "
    known = f", version {version}, sha256 {digest.rstrip('…')[:_DIGEST_SHOWN]}" if digest else ""
    return f"{command}{shorten(subject.path, 240)}{known}"

"""``tcperf analyze``: where the traffic of a capture went."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tcperf import clock
from tcperf.captures.analysis import Analysis, analyze
from tcperf.captures.counting import GivenPorts
from tcperf.captures.names import parse_name
from tcperf.captures.render import render_console, render_csv, render_json
from tcperf.cli.terminal import Terminal
from tcperf.event_lines import duration
from tcperf.teamcity.escaping import neutralise
from tcperf.units import BYTES, humanize

if TYPE_CHECKING:
    from tcperf.captures.source import Source

_RENDERERS: Final[dict[str, Callable[[Analysis], str]]] = {
    "console": render_console,
    "json": render_json,
    "csv": render_csv,
}
#: A log gets a line so often; a live line is redrawn more often.
_PLAIN_S, _LIVE_S = 5.0, 0.25


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Analyse the capture and print its tables."""
    ports = GivenPorts(given_control=frozenset(arguments.control), given_p2p=frozenset(arguments.p2p))
    names = dict(parse_name(text) for text in arguments.name)
    with _progress(terminal) as show:
        found = analyze(arguments.file, ports=ports, names=names, on_read=show)
    if arguments.format != "console":  # where the notes are part of the table
        for note in found.notes:
            terminal.warn(note)
    # Names in a capture are anybody's text.
    terminal.data(neutralise(_RENDERERS[arguments.format](found)))
    return 0


class _Pace:
    """Tells how far reading got, at most every ``interval_s``."""

    def __init__(self, show: Callable[[str], object], interval_s: float) -> None:
        self._show = show
        self._interval_ns = round(interval_s * clock.NS_PER_S)
        self._begin_ns = self._next_ns = clock.monotonic_ns()
        self._next_ns += self._interval_ns

    def __call__(self, source: Source) -> None:
        """Called before each read."""
        now = clock.monotonic_ns()
        if now >= self._next_ns:
            self._next_ns = now + self._interval_ns
            self._show(describe(source.done_bytes, source.size, (now - self._begin_ns) / clock.NS_PER_S))


def describe(done: int, size: int | None, seconds: float) -> str:
    """``read 120 MiB of 1.00 GiB (12 %) in 5.00 s, about 36.7 s left``."""
    read = f"read {humanize(done, BYTES.symbol)}"
    if size and done <= size:
        read += f" of {humanize(size, BYTES.symbol)} ({100 * done // size} %)"
    left = f", about {duration(seconds * (size - done) / done)} left" if size and 0 < done <= size else ""
    return f"{read} in {duration(seconds)}{left}"


@contextmanager
def _progress(terminal: Terminal) -> Iterator[_Pace]:
    """A line that is redrawn on a terminal, else one now and then."""
    if not terminal.live:
        yield _Pace(terminal.say, _PLAIN_S)
        return
    from rich.console import Console
    from rich.status import Status

    with Status("reading", console=Console(file=terminal.stderr, stderr=True)) as status:
        yield _Pace(status.update, _LIVE_S)

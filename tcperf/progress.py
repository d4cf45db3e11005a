"""Progress, for three kinds of readers: a person at a terminal, a log file, TeamCity.

Each is an observer of ``tcperf.events`` and a context manager.  Talk goes to standard error, for data goes to
standard output; under TeamCity both are service messages on standard output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, TextIO

from tcperf import clock, events
from tcperf.estimate import Remaining
from tcperf.units import humanize

_MS_PER_S = 1000.0
#: A live line is redrawn by a thread of its own; twice a second is seldom enough not to disturb the driver.
_REDRAWS_PER_S = 2


def duration(seconds: float) -> str:
    """A duration for people: "1.90 s", "3 min 20 s"."""
    return humanize(seconds * _MS_PER_S, "ms")


class Progress(Protocol):
    """Shows events while the block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...

    def __call__(self, event: events.Event) -> None:
        """Show one event."""


class State:
    """What a reader wants to know at a glance, gathered from the events."""

    def __init__(self, remaining: Remaining) -> None:
        self._remaining = remaining
        self._begin_ns = clock.monotonic_ns()
        self._run_begin_ns = self._begin_ns
        self._where = ""
        self._phase = ""
        self._operations = 0

    def __call__(self, event: events.Event) -> None:
        """Take note of an event."""
        self._remaining(event)
        match event:
            case events.RunStarted():
                self._where = f"{event.scenario}, run {event.number} of {event.runs}"
                self._run_begin_ns = clock.monotonic_ns()
                self._phase, self._operations = "starting nodes", 0
            case events.PhaseStarted():
                self._phase = event.phase
            case events.OperationDone():
                self._operations = event.count
            case events.PhaseEnded():
                self._phase = f"after {event.phase}"
            case _:
                pass

    def line(self) -> str:
        """``one_to_one, run 1 of 3: messages (42 done), 12.0 s, about 3 min 20 s left``."""
        now = clock.monotonic_ns()
        done = f" ({self._operations} done)" if self._operations else ""
        left = self._remaining.seconds((now - self._run_begin_ns) / clock.NS_PER_S)
        rest = "" if left is None else f", about {duration(left)} left"
        return (
            f"{self._where}: {self._phase}{done}, {duration((now - self._begin_ns) / clock.NS_PER_S)}{rest}"
        )


class PlainProgress:
    """One line for each run and phase, for a log: no cursor tricks, no colours."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing was begun that needs an end."""

    def __call__(self, event: events.Event) -> None:
        """Print the event's line, if it has one."""
        line = describe(event)
        if line is not None:
            self._write(line)


def describe(event: events.Event) -> str | None:
    """An event in one line of a log; None for those that would only fill it."""
    match event:
        case events.ScenarioStarted(scenario, runs, estimate_s):
            estimate = "" if estimate_s is None else f", about {duration(estimate_s)}"
            return f"{scenario}: {runs} {'run' if runs == 1 else 'runs'}{estimate}"
        case events.RunStarted(scenario, number, runs) if runs > 1:
            return f"{scenario}: run {number} of {runs}"
        case events.PhaseEnded(scenario, phase, seconds):
            return f"{scenario}: {phase} took {duration(seconds)}"
        case events.RunEnded(scenario, number, seconds):
            return f"{scenario}: run {number} is over after {duration(seconds)}"
        case events.ScenarioFailed(scenario, _error):
            return f"{scenario}: failed"
        case _:
            return None


class LiveProgress:
    """One line on a terminal, redrawn in place, and gone at the end."""

    def __init__(self, stream: TextIO, state: State) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        self._state = state
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._draw,
            console=Console(file=stream, stderr=True),
            refresh_per_second=_REDRAWS_PER_S,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._live.stop()

    def __call__(self, event: events.Event) -> None:
        """Take note; the next redraw shows it."""
        self._state(event)

    def _draw(self) -> Any:
        from rich.text import Text

        self._spinner.update(text=Text(self._state.line(), no_wrap=True, overflow="ellipsis"))
        return self._spinner


class TeamCityProgress:
    """Progress messages, which TeamCity shows beside a running build, and a line in its log for each phase."""

    def __init__(self, announce: Callable[[str], object], log: Callable[[str], object]) -> None:
        self._announce = announce
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing was begun that needs an end."""

    def __call__(self, event: events.Event) -> None:
        """Announce what begins, log what ended."""
        match event:
            case events.RunStarted(scenario, number, runs):
                self._announce(f"tcperf: {scenario}, run {number} of {runs}")
            case events.PhaseStarted(scenario, phase):
                self._announce(f"tcperf: {scenario}, {phase}")
            case _:
                line = describe(event)
                if line is not None:
                    self._log(line)

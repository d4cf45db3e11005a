"""Progress, for three kinds of readers: a person at a terminal, a log file, TeamCity.

Each is an observer of ``tcperf.events`` and a context manager.  Talk goes to standard error, for data goes to
standard output; under TeamCity both are service messages on standard output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, TextIO

from tcperf import clock, events
from tcperf.estimate import Remaining
from tcperf.event_lines import counted, describe, duration, finding, pairs_done, time_left
from tcperf.turns import Turns

#: A live line is redrawn by a thread of its own; twice a second is seldom enough not to disturb the driver.
_REDRAWS_PER_S = 2


class Progress(Protocol):
    """Shows events while the block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...

    def __call__(self, event: events.Event) -> None:
        """Show one event."""


class State:
    """What a reader wants to know at a glance, gathered from the events.

    ``budget_s`` is for everything; None: there is none.
    """

    def __init__(self, remaining: Remaining, budget_s: float | None = None) -> None:
        self._remaining = remaining
        self._budget_s = budget_s
        self._begin_ns = clock.monotonic_ns()
        self._run_begin_ns = self._begin_ns
        self._turns = Turns()
        self._phase = ""
        self._operations = 0
        self._pairs = ""

    def __call__(self, event: events.Event) -> None:
        """Take note of an event; of runs side by side only the first lane's phases are followed."""
        self._turns(event)
        self._follow(event)

    def _follow(self, event: events.Event) -> None:
        self._remaining(event)
        match event:
            case events.InLane(0, inner):
                self._follow(inner)
            case events.ScenarioStarted():
                self._pairs = ""
            case events.RunStarted():
                self._run_begin_ns = clock.monotonic_ns()
                self._phase, self._operations = "starting nodes", 0
            case events.PhaseStarted():
                self._phase = event.phase
            case events.OperationDone():
                self._operations = event.count
            case events.PhaseEnded():
                self._phase = f"after {event.phase}"
            case events.PairsDone():
                self._pairs = f"{counted(event.pairs, 'pair')} done{finding(event)}; "
            case _:
                pass

    def line(self) -> str:
        """``one_to_one, run 1 of 3: messages (42 done), 12.0 s, about 3 min 20 s left``.

        In pairs: ``7 pairs done, sent_bytes +6.2 % (4.9 … 7.6); one_to_one, pair 8 of at most 30, head: messages …``.
        """
        now = clock.monotonic_ns()
        done = f" ({self._operations} done)" if self._operations else ""
        elapsed_s = (now - self._begin_ns) / clock.NS_PER_S
        rest = self._rest((now - self._run_begin_ns) / clock.NS_PER_S, elapsed_s)
        return f"{self._pairs}{self._turns}: {self._phase}{done}, {duration(elapsed_s)}{rest}"

    def _rest(self, of_run_s: float, elapsed_s: float) -> str:
        left = self._remaining.seconds(of_run_s)
        if self._budget_s is not None:
            within = self._budget_s - elapsed_s
            if within <= 0:
                return ", the budget is over"
            left = within if left is None else min(left, within)
        if left is None:
            return ""
        return f", {'at most' if self._remaining.is_bound else 'about'} {duration(left)} left"


class PlainProgress:
    """One line for each run and phase, for a log: no cursor tricks, no colours."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._log = Log(write)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing was begun that needs an end."""

    def __call__(self, event: events.Event) -> None:
        """Print the event's line, if it has one."""
        self._log(event)


class Log:
    """Writes a line for what matters: in pairs their standing, else each run and phase."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._is_in_pairs = False

    def __call__(self, event: events.Event) -> None:
        """Write the event's line, if it has one here."""
        if isinstance(event, events.ScenarioStarted):
            self._is_in_pairs = event.pairs is not None
        if self._is_in_pairs and isinstance(event, events.RunEvent):
            return
        line = describe(event)
        if line is not None:
            self._write(line)


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
        self._log = Log(log)
        self._is_in_pairs = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing was begun that needs an end."""

    def __call__(self, event: events.Event) -> None:
        """Announce what begins, log what ended."""
        match event:
            case events.PairsDone(scenario):
                self._announce(f"tcperf: {scenario}, {pairs_done(event)}{time_left(event)}")
                self._log(event)
            case events.RunStarted(scenario, _number, title) if not self._is_in_pairs:
                self._announce(f"tcperf: {scenario}, {title}")
            case events.PhaseStarted(scenario, phase) if not self._is_in_pairs:
                self._announce(f"tcperf: {scenario}, {phase}")
            case events.ScenarioStarted():
                self._is_in_pairs = event.pairs is not None
                self._log(event)
            case _:
                self._log(event)

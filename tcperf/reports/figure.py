"""One figure of past builds, oldest first, and what there is to say of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.gate import Criterion
from tcperf.history import PastBuild
from tcperf.reports.keyname import KeyName
from tcperf.reports.text import shorten
from tcperf.thresholds import DEFAULTS
from tcperf.units import UNITS, humanize

#: A build's number is short, unless it is not ours.
NUMBER_LIMIT: Final = 24
#: A finish is told to the minute, or to the day.
_TO_THE_MINUTE: Final = 16
_TO_THE_DAY: Final = 10


@frozen
class Figure:
    """What is drawn: the values of those builds that published it, by the builds' places, and this build's.

    The last ``window`` builds say what is usual, all where it is None.  ``criterion`` says from where on a change
    is too much, None where nobody knows that of this metric.
    """

    name: KeyName
    builds: Sequence[PastBuild]
    values: tuple[tuple[int, float], ...]
    this: float | None
    window: int | None = None
    criterion: Criterion | None = None

    @property
    def columns(self) -> int:
        """As many as there are builds, and one for this build."""
        return len(self.builds) + (self.this is not None)

    @property
    def last(self) -> float:
        """This build's value, the newest one's where there is no such build."""
        return self.values[-1][1] if self.this is None else self.this

    def amount(self, value: float) -> str:
        """A value for people."""
        return humanize(value, self.name.unit).rstrip()

    @property
    def first(self) -> int:
        """The place of the first build that says what is usual."""
        return 0 if self.window is None else max(0, len(self.builds) - self.window)

    @property
    def recent(self) -> list[float]:
        """The values that say what is usual."""
        return [value for place, value in self.values if place >= self.first]


def figure(
    builds: Sequence[PastBuild],
    name: KeyName,
    this: float | None,
    window: int | None = None,
    criterion: Criterion | None = None,
) -> Figure | None:
    """The figure; None where no build published it.  Without a ``criterion`` that of its metric holds."""
    values = tuple(
        (place, value)
        for place, build in enumerate(builds)
        if (value := build.statistics.get(name.key)) is not None
    )
    return Figure(name, builds, values, this, window, criterion or _default(name)) if values else None


def _default(name: KeyName) -> Criterion | None:
    known = DEFAULTS.get(name.metric)
    return None if known is None else Criterion(known.worse_by, known.floor)


def when(build: PastBuild) -> str:
    """The minute in which it finished."""
    return shorten(build.finished[:_TO_THE_MINUTE].replace("T", " "), _TO_THE_MINUTE)


def number(build: PastBuild) -> str:
    """The number that people see: ``#1234``."""
    return f"#{shorten(build.number, NUMBER_LIMIT)}"


def day(build: PastBuild) -> str:
    """The day on which it finished."""
    return when(build)[:_TO_THE_DAY]


def is_worse(name: KeyName, change: float) -> bool | None:
    """Whether a change is one for the worse; None where the unit says of no direction that it is."""
    unit = UNITS.get(name.unit)
    return None if unit is None else (change > 0) == (unit.better == "lower")

"""What is watched: it was there before us, or comes and goes by itself, and is read at the edges of stretches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tcperf.measurement import Measurement

#: The measurements of whatever was watched, by its name (``tcperf.keys.NAME_RULE``) and by metric key.
Measured = Mapping[str, Mapping[str, Measurement]]


class Stretch(Protocol):
    """A stretch of time that has begun: a test, a phase, a program's life."""

    def end(self) -> Measured:
        """What was measured since it began, to be called once.

        What cannot be had is absent, never 0, and each figure says how exact it is: "exact" where nothing of the
        stretch can be missing, "sampled" where something that was not seen in time may be, "bound" where it may be
        more than it was.  What did not live in the stretch has no name here.
        """

    totals: Mapping[str, Measurement]
    """The totals that are no sums over the names, by metric key; known when it has ended."""


class Watched(Protocol):
    """One thing or several, watched.  Not thread-safe; nothing that a stretch could fail by is raised."""

    def begin(self) -> Stretch:
        """A stretch begins when this returns.  Stretches may lie in one another, and overlap."""

    def look(self) -> None:
        """See who came, and note the figures of those that may end before the next edge.

        To be called every LOOK_S or so while a stretch lasts; where it is not, what ends within a stretch is missing.
        """

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be, each thing once."""

    def close(self) -> None:
        """Watch no more; safe to call twice."""


#: Seconds between two looks: what lives shorter may be missed.  A look takes some 0.2 ms a process.
LOOK_S = 0.025

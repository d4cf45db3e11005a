"""The time that the pairs of a scenario may take, and what it leaves room for.  It reads no clock but the one given."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Final

from tcperf import schedule
from tcperf.reasons import MORE_TIME
from tcperf.schedule import Heat
from tcperf.units import humanize

_MS_PER_S: Final = 1000.0


class Allowance:
    """``budget_s`` seconds from now on, None: as long as it takes.  ``now_s`` is the clock.

    Until there are ``first_look`` pairs nothing is said of any metric.
    """

    def __init__(self, budget_s: float | None, first_look: int, now_s: Callable[[], float]) -> None:
        self._budget_s = budget_s
        self._first_look = first_look
        self._now_s = now_s
        self._begin_s = now_s()
        self._rounds_s: list[float] = []

    @property
    def left_s(self) -> float | None:
        """The seconds that are left, below 0 where it is over; None where there is no budget."""
        return None if self._budget_s is None else self._begin_s + self._budget_s - self._now_s()

    @property
    def round_s(self) -> float:
        """How long a round takes, in seconds; 0 where none was played."""
        return statistics.fmean(self._rounds_s) if self._rounds_s else 0.0

    def took(self, seconds: float) -> None:
        """A round took so long."""
        self._rounds_s.append(seconds)

    def fits(self, heat: Heat, pairs: int) -> bool:
        """Whether a heat may begin where there are so many pairs."""
        heat_s = self.round_s * len(heat)
        is_first = not self._rounds_s
        return schedule.fits(heat_s, self.left_s, pairs, self._first_look, is_first=is_first)

    def rounds(self, wanted: int, pairs: int) -> int:
        """How many of the rounds that are wanted there is time for, at most; there are so many pairs.

        What is begun in time is played to its end.
        """
        left_s = self.left_s
        if left_s is None or self.round_s <= 0:
            return wanted
        within = left_s / self.round_s
        return max(0, min(wanted, math.ceil(within) if pairs < self._first_look else int(within)))

    def problem(self, pairs: int, most: int, redone: int) -> str | None:
        """Why the pairs that it left room for, of at most ``most``, are no comparison; None where they may be one."""
        least = max(1, min(self._first_look, most))
        if self._budget_s is None or pairs >= least:
            return None
        again = f" ({redone} {'was' if redone == 1 else 'were'} made again)" if redone else ""
        budget = humanize(max(0.0, self._budget_s) * _MS_PER_S, "ms")
        return f"its budget of {budget} was over after {pairs} of at least {least} pairs{again}: {MORE_TIME}"

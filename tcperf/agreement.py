"""Whether a metric is in several lanes what it is in one: runs side by side may disturb each other.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

from tcperf import stats
from tcperf.columns import Column

#: What lanes are asked about: of all that they may disturb, the one that is no time on a clock.
METRIC: Final = "cpu_ms"


@frozen
class Agreement:
    """A metric's values in several lanes against those in one; ``shift`` is relative to one lane's.

    ``agrees``: the 95 % interval of the shift is within the threshold; False: it is all beyond; None: neither.
    """

    tail: str
    lanes: int
    one_median: float
    lanes_median: float
    shift: stats.Estimate
    worse_by: float

    @property
    def agrees(self) -> bool | None:
        """Whether it may be gated in so many lanes."""
        low, high = self.shift.low, self.shift.high
        if -self.worse_by < low and high < self.worse_by:
            return True
        return False if low >= self.worse_by or high <= -self.worse_by else None


def agreements(
    several: Iterable[Column], one: Iterable[Column], lanes: int, worse_by: Mapping[str, float]
) -> Iterator[Agreement]:
    """Of the metric that is asked about, wherever both have it; ``worse_by`` has its threshold by its tail."""
    before = {column.tail: column for column in one if column.metric == METRIC}
    for column in several:
        if column.tail in before and column.tail in worse_by:
            found = _agreement(before[column.tail], column, lanes, worse_by[column.tail])
            if found is not None:
                yield found


def _agreement(one: Column, several: Column, lanes: int, worse_by: float) -> Agreement | None:
    """None where one lane's median is 0: nothing is said in terms of that."""
    before, after = [*one.base, *one.head], [*several.base, *several.head]
    scale = stats.median(before)
    if scale <= 0:
        return None
    shift = stats.shift([value / scale for value in before], [value / scale for value in after])
    return Agreement(one.tail, lanes, scale, stats.median(after), shift, worse_by)

"""Where a series of values goes over to another level and stays there.  Pure, but for the library it leads to.

The library is the optional extra ``changepoints`` (ruptures: Truong, Oudre and Vayatis, "Selective review of offline
change point detection methods", Signal Processing 167, 2020).  It finds where the means of pieces differ (exact
optimum by PELT, Killick and others 2012); which of those are worth telling is decided here.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import statistics
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf.stats import median

#: What to do where the library is missing.
CURE: Final = "pip install 'tcperf[changepoints]'"
#: A normal distribution's standard deviation is so many times the median of the absolute values around its middle.
_MAD: Final = 1.4826
#: And its quartiles are so many of them apart.
_QUARTILES: Final = 1.349
#: The price of one more piece, in log N of the values' variance: two parameters (its level, its place) would cost 2 by
#: Schwarz's criterion, and builds are autocorrelated.
_PENALTY: Final = 3.0


@frozen
class Rules:
    """Which changes of level are told.  JetBrains' own performance tests tell those of the defaults.

    ``builds`` are the least of a level, ``shift`` its least difference as a ratio, ``change`` in the values' unit, and
    ``effect`` in standard deviations within the levels.
    """

    builds: int = 5
    shift: float = 0.10
    change: float = 10.0
    effect: float = 2.0


@frozen
class ChangePoint:
    """From the value at ``place`` on the level is another: the medians ``before`` and ``after`` it.

    The level before begins at ``begin``, the one after ends before ``end``.
    """

    place: int
    before: float
    after: float
    begin: int
    end: int

    @property
    def percent(self) -> float | None:
        """The change in percent of the level before; None where that is 0."""
        return 100 * (self.after / self.before - 1) if self.before else None


def is_available() -> bool:
    """Whether the library is installed."""
    return importlib.util.find_spec("ruptures") is not None


def find(values: Sequence[float], rules: Rules | None = None) -> tuple[ChangePoint, ...]:
    """The changes of level, in their order; ``values`` are in the order of time.

    Raises ModuleNotFoundError where the library is not installed.
    """
    known = rules or Rules()
    if len(values) < 2 * known.builds or max(values) - min(values) < _least(values, known):
        return ()  # without the library, which takes a second to load
    scale = _scale(values, known)
    if not math.isfinite(scale):
        return ()
    return _told(values, _candidates([value / scale for value in values]), known)


def _least(values: Sequence[float], rules: Rules) -> float:
    """What any two levels of the values differ by at least."""
    return max(rules.change, rules.shift * min(map(abs, values)))


def _scale(values: Sequence[float], rules: Rules) -> float:
    """How much neighbours stray: changes of level are few, so that they hardly show in the differences.

    It is at least a tenth of what is worth telling: whoever publishes the same number again and again has no noise.
    """
    steps = [abs(later - earlier) for earlier, later in itertools.pairwise(values)]
    least = max(abs(median(values)) * rules.shift, rules.change) / 10
    return max(_MAD * median(steps) / math.sqrt(2), least) or 1.0


def _candidates(values: list[float]) -> list[int]:
    """Where pieces begin, but for the first one; ``values`` have a variance of about 1.

    A stray value is a piece of its own: were pieces as long as levels have to be, it would bring neighbours with it.
    """
    import numpy as np
    import ruptures

    signal = np.array(values) - median(values)
    search = ruptures.KernelCPD(kernel="linear", min_size=1).fit(signal.reshape(-1, 1))
    *places, _end = search.predict(pen=_PENALTY * math.log(len(values)))
    return [int(place) for place in places]


def _told(values: Sequence[float], places: list[int], rules: Rules) -> tuple[ChangePoint, ...]:
    """Those that are worth telling; pieces that are not become one, the most alike first."""
    while True:
        changes = _changes(values, places)
        dropped = [change for change in changes if not _is_told(values, change, rules)]
        if not dropped:
            break
        places = [place for place in places if place != min(dropped, key=_size).place]
    settled = _changes(values, _settled(values, changes, rules))
    return settled if all(_is_told(values, change, rules) for change in settled) else changes


def _changes(values: Sequence[float], places: list[int]) -> tuple[ChangePoint, ...]:
    edges = [0, *places, len(values)]
    levels = [median(values[begin:end]) for begin, end in itertools.pairwise(edges)] if places else []
    return tuple(
        ChangePoint(place, before, after, begin, end)
        for place, (before, after), begin, end in zip(
            places, itertools.pairwise(levels), edges, edges[2:], strict=False
        )
    )


def _settled(values: Sequence[float], changes: Sequence[ChangePoint], rules: Rules) -> list[int]:
    """Where the values are nearest to their levels: a stray one close by may have drawn a change to itself."""
    places = [0]
    for change in changes:
        first = max(places[-1] + rules.builds, change.place - rules.builds)
        last = min(change.end - rules.builds, change.place + rules.builds)
        near = values[first:last]
        places.append(
            min(
                range(first, last + 1),
                key=lambda place: (_misfit(near, place - first, change), abs(place - change.place)),
            )
        )
    return places[1:]


def _misfit(values: Sequence[float], place: int, change: ChangePoint) -> float:
    """The squares of how far the values before ``place`` are from the one level, and the others from the other.

    What is beyond both fits neither, wherever the change is.
    """
    before = (abs(value - change.before) for value in values[:place])
    after = (abs(value - change.after) for value in values[place:])
    return math.fsum(min(apart / _size(change), 1.0) ** 2 for apart in itertools.chain(before, after))


def _size(change: ChangePoint) -> float:
    return abs(change.after - change.before)


def _is_told(values: Sequence[float], change: ChangePoint, rules: Rules) -> bool:
    enough = min(change.place - change.begin, change.end - change.place) >= rules.builds
    large = _size(change) >= max(rules.shift * abs(change.before), rules.change) and _size(change) > 0
    return enough and large and _size(change) >= rules.effect * _spread(values, change)


def _spread(values: Sequence[float], change: ChangePoint) -> float:
    """The standard deviation within both levels, from the quartiles: a few stray values do not move it."""
    before = [value - change.before for value in values[change.begin : change.place]]
    after = [value - change.after for value in values[change.place : change.end]]
    low, _middle, high = statistics.quantiles([*before, *after], n=4, method="inclusive")
    return (high - low) / _QUARTILES

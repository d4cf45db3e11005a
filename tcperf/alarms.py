"""How often the gate is red where nothing differs: pairs of one binary with itself, judged as builds.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from tcperf import gate
from tcperf.gate import Criterion
from tcperf.rates import upper_rate

#: A clean build takes so many pairs.
WINDOW: Final = 10

#: The (base, head) values of pairs, by the metric's key.
_Series = Mapping[str, Sequence[tuple[float, float]]]


@frozen
class Alarms:
    """Comparisons of a scenario with itself, each of WINDOW pairs; ``red`` has the tails of each that had any.

    Each window is judged twice, either side being the head.
    """

    comparisons: int
    red: tuple[tuple[str, ...], ...] = ()

    @property
    def upper_rate(self) -> float:
        """How often a clean build may fail, if so few of so many did (95 %).

        A window cannot be red both ways; to take its two comparisons for independent ones claims less than is known.
        """
        return upper_rate(len(self.red), self.comparisons)


def count_alarms(series: _Series, criteria: Mapping[str, Criterion], window: int = WINDOW) -> Alarms:
    """Judge every ``window`` of pairs as a build, all looks taken, one way and the other.

    Windows follow each other, and share no pair.  Only keys with a criterion are judged.
    """
    judged = [
        _red(way, criteria)
        for pairs in (_windows(series, criteria, window) if criteria else ())
        for way in (pairs, _exchanged(pairs))
    ]
    return Alarms(len(judged), tuple(red for red in judged if red))


def _windows(series: _Series, keys: Mapping[str, object], window: int) -> Iterator[_Series]:
    whole = min(len(series[key]) for key in keys) // window
    for number in range(whole):
        yield {key: series[key][number * window : (number + 1) * window] for key in keys}


def _exchanged(series: _Series) -> _Series:
    return {key: [(after, before) for before, after in pairs] for key, pairs in series.items()}


def _red(series: _Series, criteria: Mapping[str, Criterion]) -> tuple[str, ...]:
    judged = gate.decide(series, criteria)
    return tuple(key for key, found in judged.items() if found.gated and found.change == "worse")

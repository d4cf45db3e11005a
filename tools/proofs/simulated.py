"""Simulated builds: pairs of values of known noise, judged by the gate itself, looks and stopping included."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Final

from attrs import astuple, evolve, frozen

from tcperf.gate import CARRIES, LOOKS, Criterion, Judgement, decide, may_end
from tcperf.schedule import looks_of, rounds_of

#: What is measured where nothing changes.
_BASE: Final = 1000.0

Values = list[tuple[float, float]]


@frozen
class Metric:
    """How much one run's value varies, as a ratio, and the threshold it is gated at."""

    cv: float
    worse_by: float


@frozen
class Case:
    """Builds of one kind.

    ``change`` is of every metric, in thresholds, or of the one at the place ``only``.  ``together`` is the
    correlation of a run's metrics; ``drift`` by how much the last of 60 runs is slower than the first, ``first`` by
    how much the first of a pair is slower.  ``lanes`` is how many runs are played at once.  Of several
    ``scenarios``, each with these metrics, the first is the one that changes; the pairs of one end before those of
    the next one begin.
    """

    name: str
    metrics: tuple[Metric, ...]
    change: float = 0.0
    together: float = 0.0
    drift: float = 0.0
    first: float = 0.0
    lanes: int = 1
    scenarios: int = 1
    only: int | None = None

    @property
    def family(self) -> int:
        """How many gated metrics the build has."""
        return self.scenarios * len(self.metrics)

    @property
    def changes(self) -> list[float]:
        """The change of each metric, in thresholds."""
        return [self.change if self.only in {None, place} else 0.0 for place in range(len(self.metrics))]

    @property
    def parts(self) -> Iterator[Case]:
        """The scenarios, one by one: nothing changes but in the first."""
        yield self
        for _number in range(1, self.scenarios):
            yield evolve(self, change=0.0)

    @property
    def looks(self) -> tuple[int, ...]:
        """How many pairs there are at each look; no more are played than the last one takes."""
        return tuple(min(pairs, LOOKS[-1]) for pairs in looks_of(self.lanes, LOOKS))

    @property
    def ends(self) -> tuple[int, ...]:
        """How many pairs there are where a heat ends from the first look on, those of looks among them."""
        step = self.lanes if self.lanes % 2 else self.lanes // 2
        heats = range(step, LOOKS[-1], step)
        return tuple(sorted({*self.looks, *(pairs for pairs in heats if pairs > self.looks[0])}))

    @property
    def is_carried(self) -> bool:
        """Whether the thresholds are ones that are promised to work."""
        return all(metric.worse_by >= CARRIES * metric.cv for metric in self.metrics)


@frozen
class Tally:
    """What became of builds: how many there were, failed, were left undecided, passed as OK, and their pairs and rounds.

    What turned out too noisy to be gated is none of these.
    """

    builds: int = 0
    failed: int = 0
    undecided: int = 0
    pairs: int = 0
    rounds: int = 0
    passed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def failed_ratio(self) -> float:
        """The share that failed."""
        return self.failed / self.builds

    @property
    def error(self) -> float:
        """Its standard error."""
        return standard_error(self.failed, self.builds)


def standard_error(found: int, tries: int) -> float:
    """The standard error of a share; of none and of all that of one more or less."""
    share = min(max(found, 1), tries - 1) / tries if tries > 1 else 0.5
    return math.sqrt(share * (1 - share) / tries)


def build(case: Case, chance: random.Random) -> tuple[dict[int, Judgement], int]:
    """Play one scenario of a build until it is decided: what its metrics are judged, and its pairs."""
    criteria = {number: Criterion(metric.worse_by) for number, metric in enumerate(case.metrics)}
    series: dict[int, Values] = {number: [] for number in criteria}
    judged: dict[int, Judgement] = {}
    before: dict[int, Judgement] = {}
    for pairs in case.ends:
        for number in range(len(series[0]), pairs):
            for values, value in zip(series.values(), pair(case, number, chance), strict=True):
                values.append(value)
        judged = decide(series, criteria, case.looks, family=case.family)
        before = judged if pairs in case.looks else before
        if _is_over(before, judged):
            break
    return judged, len(series[0])


def _is_over(before: dict[int, Judgement], now: dict[int, Judgement]) -> bool:
    """Whether all is decided at a look, where both are the same, or pairs may end between two."""
    if before is now:
        return all(judgement.is_decided for judgement in now.values())
    return may_end(before, now)


def pair(case: Case, number: int, chance: random.Random) -> Values:
    """(base, head) of each metric: A B in one pair, B A in the next one."""
    first, second = (run(case, 2 * number + turn, chance) for turn in (0, 1))
    first = [value * (1 + case.first) for value in first]
    base, head = (first, second) if number % 2 == 0 else (second, first)
    changes = zip(case.changes, case.metrics, strict=True)
    sizes = [1 + change * metric.worse_by for change, metric in changes]
    return [(before, size * after) for before, after, size in zip(base, head, sizes, strict=True)]


def run(case: Case, number: int, chance: random.Random) -> list[float]:
    """The value of each metric in one run, none of which has changed."""
    slowness = _BASE * (1 + case.drift * number / (2 * LOOKS[-1] - 1))
    common, own = chance.gauss() * math.sqrt(case.together), math.sqrt(1 - case.together)
    spreads = [math.sqrt(math.log1p(metric.cv**2)) for metric in case.metrics]
    return [slowness * math.exp(spread * (common + own * chance.gauss())) for spread in spreads]


def play(case: Case, builds: int, seed: str) -> Tally:
    """Play so many builds; the seed and the case make them what they are."""
    chance = random.Random(f"{seed} {case}")
    tally = Tally()
    for _number in range(builds):
        played = [build(part, chance) for part in case.parts]
        found = [judgement for judged, _pairs in played for judgement in judged.values()]
        gated = [judgement.change for judgement in found if judgement.gated]
        pairs = sum(pairs for _judged, pairs in played)
        rounds = sum(rounds_of(2 * pairs, case.lanes) for _judged, pairs in played)
        is_fine = bool(gated) and {*gated} <= {"ok", "better"}
        tally += Tally(1, "worse" in gated, "cannot_tell" in gated, pairs, rounds, is_fine)
    return tally

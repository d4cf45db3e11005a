#!/usr/bin/env python3
"""How often the gate is wrong: simulated builds, judged by the gate itself, looks and stopping included.

Values are lognormal, of the coefficient of variation (CV) given; a run takes its turn in the order A B B A, and the
machine may drift meanwhile.  A build's pairs end as those of a real one do: at the first look at which every gated
metric is decided, or after the last look.  A build has failed when a gated metric is WORSE.

  one metric    each kind of metric with its CV and threshold δ: clean builds, and changes of 0.5, 1, 1.5 and 2 δ
  many metrics  clean builds of several gated metrics, which vary together: the whole build's false alarms
  unsteady      the same on a machine that slows down by a fifth meanwhile, or whose first run of two is slower
  too noisy     clean builds at thresholds that the noise does not carry: they are taken out of the gate

Every share stands with its standard error.  The exit status is 1 where, at a threshold of 1.4 CV or more, more than
1 % of the clean builds fail, or less than 95 % of those with a change of 1.5 δ.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import math
import os
import random
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve, frozen

from tcperf.gate import CARRIES, LOOKS, Criterion, Judgement, decide

#: No more of the clean builds may fail than this, and no less of those with a change of 1.5 thresholds.
MOST_FALSE: Final = 0.01
LEAST_FOUND: Final = 0.95
#: Sizes of changes, in thresholds.
CHANGES: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
PROMISED: Final = 1.5
#: So many builds are simulated at a time: what one process is given.
_PORTION: Final = 250

Values = list[tuple[float, float]]


@frozen
class Metric:
    """How much one run's value varies, as a ratio, and the threshold it is gated at."""

    cv: float
    worse_by: float


@frozen
class Case:
    """Builds of one kind.

    ``change`` is of every metric, in thresholds.  ``together`` is the correlation of a run's metrics; ``drift`` by how
    much the last of 60 runs is slower than the first, ``first`` by how much the first of a pair is slower.
    """

    name: str
    metrics: tuple[Metric, ...]
    change: float = 0.0
    together: float = 0.0
    drift: float = 0.0
    first: float = 0.0

    @property
    def is_carried(self) -> bool:
        """Whether the thresholds are ones that are promised to work."""
        return all(metric.worse_by >= CARRIES * metric.cv for metric in self.metrics)


BYTES: Final = Metric(0.01, 0.03)
MEMORY: Final = Metric(0.02, 0.05)
CPU: Final = Metric(0.05, 0.08)
TIME: Final = Metric(0.07, 0.10)
EDGE: Final = Metric(0.05, 0.07)
KINDS: Final = (
    Case("bytes, messages", (BYTES,)),
    Case("memory", (MEMORY,)),
    Case("CPU", (CPU,)),
    Case("time", (TIME,)),
)
#: What a scenario publishes: sent bytes, packets, IP bytes, memory, CPU, time, latency, send time.
SCENARIO: Final = (*[BYTES] * 3, MEMORY, CPU, *[TIME] * 3)
MANY: Final = (
    Case("a scenario, apart", SCENARIO),
    Case("a scenario, together", SCENARIO, together=0.6),
    Case("3 scenarios, together", SCENARIO * 3, together=0.6),
    Case("8 metrics, δ = 1.4 CV", (EDGE,) * 8, together=0.3),
)
UNSTEADY: Final = (
    Case("drift of 20 %", SCENARIO, together=0.6, drift=0.2),
    Case("drift of 20 %, 1.5 δ", SCENARIO, change=PROMISED, together=0.6, drift=0.2),
    Case("first run 8 % slower", SCENARIO, together=0.6, first=0.08),
)
#: Too noisy on purpose: nothing is promised, and still clean builds must not fail for it.
NOISY: Final = (Case("δ = CV", (Metric(0.10, 0.10),)), Case("δ = CV / 3", (Metric(0.09, 0.03),)))


@frozen
class Tally:
    """What became of builds: how many there were, failed, were left undecided, and their pairs in all."""

    builds: int = 0
    failed: int = 0
    undecided: int = 0
    pairs: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.builds + other.builds,
            self.failed + other.failed,
            self.undecided + other.undecided,
            self.pairs + other.pairs,
        )

    @property
    def failed_ratio(self) -> float:
        """The share that failed."""
        return self.failed / self.builds

    @property
    def error(self) -> float:
        """Its standard error; of none and of all that of one build more or less."""
        found = min(max(self.failed, 1), self.builds - 1) / self.builds if self.builds > 1 else 0.5
        return math.sqrt(found * (1 - found) / self.builds)


def build(case: Case, chance: random.Random) -> tuple[dict[int, Judgement], int]:
    """Play one build until it is decided: what its metrics are judged, and its pairs."""
    criteria = {number: Criterion(metric.worse_by) for number, metric in enumerate(case.metrics)}
    series: dict[int, Values] = {number: [] for number in criteria}
    judged: dict[int, Judgement] = {}
    for look in LOOKS:
        for pair in range(len(series[0]), look):
            for number, values in enumerate(_pair(case, pair, chance)):
                series[number].append(values)
        judged = decide(series, criteria)
        if all(judgement.is_decided for judgement in judged.values()):
            break
    return judged, len(series[0])


def _pair(case: Case, pair: int, chance: random.Random) -> Values:
    """(base, head) of each metric: A B in one pair, B A in the next one."""
    first, second = (_run(case, 2 * pair + turn, chance) for turn in (0, 1))
    first = [value * (1 + case.first) for value in first]
    base, head = (first, second) if pair % 2 == 0 else (second, first)
    sizes = [1 + case.change * metric.worse_by for metric in case.metrics]
    return [(before, size * after) for before, after, size in zip(base, head, sizes, strict=True)]


def _run(case: Case, number: int, chance: random.Random) -> list[float]:
    slowness = 1000 * (1 + case.drift * number / (2 * LOOKS[-1] - 1))
    common, own = chance.gauss() * math.sqrt(case.together), math.sqrt(1 - case.together)
    spreads = [math.sqrt(math.log1p(metric.cv**2)) for metric in case.metrics]
    return [slowness * math.exp(spread * (common + own * chance.gauss())) for spread in spreads]


def play(case: Case, builds: int, seed: str) -> Tally:
    """Play so many builds; the seed and the case make them what they are."""
    chance = random.Random(f"{seed} {case}")
    tally = Tally()
    for _number in range(builds):
        judged, pairs = build(case, chance)
        gated = [judgement.change for judgement in judged.values() if judgement.gated]
        tally += Tally(1, "worse" in gated, "cannot_tell" in gated, pairs)
    return tally


def play_all(cases: Sequence[Case], builds: int, seed: int, workers: int) -> list[Tally]:
    """The tally of each case, in portions by several processes; their number makes no difference."""
    portions = [
        (number, case, min(_PORTION, builds - start), f"{seed} {start}")
        for number, case in enumerate(cases)
        for start in range(0, builds, _PORTION)
    ]
    tallies = [Tally() for _case in cases]
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        numbers, *arguments = zip(*portions, strict=True)
        for number, tally in zip(numbers, pool.map(play, *arguments), strict=True):
            tallies[number] += tally
    return tallies


def broken(cases: Iterable[Case], tallies: Iterable[Tally]) -> list[str]:
    """The promises that were not kept."""
    found = []
    for case, tally in zip(cases, tallies, strict=True):
        if case.is_carried and not case.change and tally.failed_ratio > MOST_FALSE:
            found.append(f"{case.name}: {tally.failed_ratio:.2%} of the clean builds failed")
        if case.is_carried and case.change == PROMISED and tally.failed_ratio < LEAST_FOUND:
            found.append(
                f"{case.name}: only {tally.failed_ratio:.1%} of the changes of {PROMISED} δ were found"
            )
    return found


def kinds_table(tallies: Sequence[Tally]) -> str:
    """The table of the kinds of metrics: clean builds, then the changes."""
    head = "  ".join(f"{f'{change} δ':>13}" for change in CHANGES[1:])
    lines = [f"{'one metric':<22} {'CV':>4} {'δ':>5}  {'clean: failed':>15} {'pairs':>5}  {head}"]
    for number, kind in enumerate(KINDS):
        clean, *changed = tallies[number * len(CHANGES) : (number + 1) * len(CHANGES)]
        shares = "  ".join(f"{_share(tally, 1):>13}" for tally in changed)
        limits = f"{kind.metrics[0].cv:>4.0%} {kind.metrics[0].worse_by:>5.0%}"
        lines.append(f"{kind.name:<22} {limits}  {_share(clean, 2):>15} {_pairs(clean)}  {shares}")
    return "\n".join(lines)


def cases_table(title: str, cases: Sequence[Case], tallies: Sequence[Tally]) -> str:
    """A table of whole builds, one kind a line."""
    lines = [f"{title:<22} {'metrics':>7}  {'failed':>16} {'pairs':>5} {'undecided':>10}"]
    lines += [
        f"{case.name:<22} {len(case.metrics):>7}  {_share(tally, 2):>16} {_pairs(tally)}"
        f" {tally.undecided / tally.builds:>10.1%}"
        for case, tally in zip(cases, tallies, strict=True)
    ]
    return "\n".join(lines)


def _share(tally: Tally, digits: int) -> str:
    return f"{100 * tally.failed_ratio:.{digits}f} ± {100 * tally.error:.{digits}f} %"


def _pairs(tally: Tally) -> str:
    return f"{tally.pairs / tally.builds:>5.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--builds", type=_positive, default=4000, help="of each case (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="another one makes other builds (default: %(default)s)"
    )
    parser.add_argument(
        "--workers", type=_positive, default=os.cpu_count(), help="processes (default: one a core)"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate and print the tables; 0 if the promises are kept."""
    options = _parser().parse_args(argv)
    start = time.monotonic()
    changed = [evolve(kind, change=change) for kind in KINDS for change in CHANGES]
    cases = [*changed, *MANY, *UNSTEADY, *NOISY]
    tallies = play_all(cases, options.builds, options.seed, options.workers)
    print(f"{options.builds:,} builds of each case, looks at {', '.join(map(str, LOOKS))} pairs\n")
    print(kinds_table(tallies))
    rest = iter(tallies[len(changed) :])
    for title, kind in (("many metrics", MANY), ("unsteady", UNSTEADY), ("too noisy", NOISY)):
        print(f"\n{cases_table(title, kind, [next(rest) for _case in kind])}")
    print(f"\n{time.monotonic() - start:.0f} s")
    for text in (complaints := broken(cases, tallies)):
        print(text, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How long a verdict takes: 60 gated metrics over 30 pairs, all looks taken, by the gate itself.

  unchanged   every metric is OK at the last look, which is the end of it
  worse       every metric is worse, and is held against all the others
  undecided   every look is taken of every metric, for none decides: the worst case

Beside them, interleaved round by round, stands what does not depend on our code: a loop of plain arithmetic, and
scipy's signed-rank test of as many samples where scipy is installed.  The table shows medians, and their ratio to the
loop's: a slow moment of the machine moves both.  Times are the processor's.  The exit status is 1 where a verdict
takes 50 ms or more.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from proofs.options import positive

from tcperf.gate import LOOKS, Criterion, decide

LIMIT_MS: Final = 50.0
PAIRS: Final = LOOKS[-1]
METRICS: Final = 60
THRESHOLD: Final = 0.03
#: The change of each kind of build, and how much a run varies.
KINDS: Final = {"unchanged": (0.0, 0.01), "worse": (0.10, 0.01), "undecided": (0.03, 0.10)}
LOOP: Final = "loop of arithmetic"
SCIPY: Final = "scipy's test alone"

Series = dict[int, list[tuple[float, float]]]


def series(change: float, cv: float) -> Series:
    """The pairs of all metrics: always the same ones."""
    chance = random.Random(1)
    return {
        metric: [
            (1000 * chance.lognormvariate(0, cv), 1000 * (1 + change) * chance.lognormvariate(0, cv))
            for _pair in range(PAIRS)
        ]
        for metric in range(METRICS)
    }


def contestants() -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    criteria = dict.fromkeys(range(METRICS), Criterion(THRESHOLD))
    timed: dict[str, Callable[[], object]] = {
        kind: _verdict(series(*figures), criteria) for kind, figures in KINDS.items()
    }
    timed[LOOP] = _loop
    if importlib.util.find_spec("scipy"):
        timed[SCIPY] = _scipy(series(*KINDS["unchanged"]))
    return timed


def _verdict(pairs: Series, criteria: dict[int, Criterion]) -> Callable[[], object]:
    return lambda: decide(pairs, criteria)


def _loop() -> float:
    total = 0.0
    for number in range(100_000):
        total += number * 0.5
    return total


def _scipy(pairs: Series) -> Callable[[], object]:
    from scipy.stats import wilcoxon  # type: ignore[import-untyped,unused-ignore]

    differences = [[after - before for before, after in values] for values in pairs.values()]
    return lambda: [wilcoxon(sample, alternative="greater", method="exact") for sample in differences]


def compete(timed: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Each contestant's milliseconds, round by round; every other round runs in reverse order."""
    times: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(rounds):
        for name in list(timed) if number % 2 == 0 else list(reversed(timed)):
            start = time.thread_time()
            timed[name]()
            times[name].append(1000 * (time.thread_time() - start))
    return times


def table(times: dict[str, list[float]]) -> str:
    """Median and least milliseconds of each contestant, and the median's ratio to the loop's."""
    unit = statistics.median(times[LOOP])
    lines = [f"{'':<20} {'median ms':>10} {'least ms':>10} {'ratio':>7}"]
    lines += [
        f"{name:<20} {statistics.median(each):>10.1f} {min(each):>10.1f} {statistics.median(each) / unit:>7.2f}"
        for name, each in times.items()
    ]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 where a verdict's median is at the limit or above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=positive, default=21, help="rounds of each (default: %(default)s)")
    parser.add_argument(
        "--limit", type=float, default=LIMIT_MS, metavar="MS", help="fail from here on (default: %(default)s)"
    )
    options = parser.parse_args(argv)
    times = compete(contestants(), options.rounds)
    print(f"a verdict over {PAIRS} pairs x {METRICS} gated metrics, {options.rounds} rounds")
    print(table(times))
    slow = {kind: each for kind in KINDS if (each := statistics.median(times[kind])) >= options.limit}
    for kind, median in slow.items():
        print(f"too slow: {kind}, {median:.1f} ms, the limit is {options.limit:g} ms", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())

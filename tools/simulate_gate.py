#!/usr/bin/env python3
"""How often the gate is wrong: simulated builds, judged by the gate itself, looks and stopping included.

Values are lognormal, of the coefficient of variation (CV) given; a run takes its turn in the order A B B A, and the
machine may drift meanwhile.  A build's pairs end as those of a real one do: at the first look at which every gated
metric is decided, between looks where nothing is wrong, or after the last look.  A build has failed when a gated
metric is WORSE.

  one metric    each kind of metric with its CV and threshold δ: clean builds, and changes of 0.5, 1, 1.5 and 2 δ;
                and how many of the changes of 1 and 1.5 δ end as OK
  many metrics  clean builds of several gated metrics, which vary together: the whole build's false alarms
  scenarios     clean builds of three scenarios of seven metrics, which are played one after another and whose metrics
                must hold together; and those with one change, of one metric of the first (pairs are of a scenario)
  unsteady      the same on a machine that slows down by a fifth meanwhile, or whose first run of two is slower
  in lanes      clean and changed builds in several lanes: at a look there are all pairs that its rounds have room for
  too noisy     clean builds at thresholds that the noise does not carry: they are taken out of the gate
  visible       how often a change is proved that is as large as the smallest visible one of as many pairs

Every share stands with its standard error.  The exit status is 1 where, at a threshold of 1.4 CV or more, more than
1 % of the clean builds fail, or less than 95 % of those with a change of 1.5 δ; and where what is visible is proved
less than 88 times in a hundred.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve
from proofs import visibility
from proofs.options import positive
from proofs.simulated import Case, Metric, Tally, play

from tcperf.gate import LOOKS

#: No more of the clean builds may fail than this, and no less of those with a change of 1.5 thresholds.
MOST_FALSE: Final = 0.01
LEAST_FOUND: Final = 0.95
#: Sizes of changes, in thresholds.
CHANGES: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
PROMISED: Final = 1.5
#: So many builds are simulated at a time: what one process is given.
_PORTION: Final = 250

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
    Case("24 metrics, together", SCENARIO * 3, together=0.6),
    Case("8 metrics, δ = 1.4 CV", (EDGE,) * 8, together=0.3),
)
#: What one_to_one publishes: time, latency, send time, CPU, memory, sent bytes, packets.
SEVEN: Final = (*[TIME] * 3, CPU, MEMORY, BYTES, Metric(0.015, 0.04))
THREE: Final = Case("3 x 7 metrics", SEVEN, together=0.3, scenarios=3)
SCENARIOS: Final = (
    THREE,
    *(
        evolve(THREE, name=f"1.5 δ of {name} alone", change=PROMISED, only=place)
        for name, place in (("CPU", 3), ("bytes", 5))
    ),
    evolve(THREE, name="3 x 7 metrics, 4 lanes", lanes=4),
    evolve(THREE, name="1.5 δ of bytes, 4 lanes", change=PROMISED, only=5, lanes=4),
)
UNSTEADY: Final = (
    Case("drift of 20 %", SCENARIO, together=0.6, drift=0.2),
    Case("drift of 20 %, 1.5 δ", SCENARIO, change=PROMISED, together=0.6, drift=0.2),
    Case("first run 8 % slower", SCENARIO, together=0.6, first=0.08),
)
LANES: Final = (
    *(evolve(MANY[3], name=f"{MANY[3].name}, {lanes} lanes", lanes=lanes) for lanes in (3, 6)),
    Case("1.5 δ, 6 lanes", (EDGE,) * 8, change=PROMISED, together=0.3, lanes=6),
)
#: Too noisy on purpose: nothing is promised, and still clean builds must not fail for it.
NOISY: Final = (Case("δ = CV", (Metric(0.10, 0.10),)), Case("δ = CV / 3", (Metric(0.09, 0.03),)))


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
    passed = "  ".join(f"{f'{change} δ: OK':>9}" for change in (1.0, PROMISED))
    lines = [f"{'one metric':<22} {'CV':>4} {'δ':>5}  {'clean: failed':>15} {'pairs':>5}  {head}  {passed}"]
    for number, kind in enumerate(KINDS):
        clean, *changed = tallies[number * len(CHANGES) : (number + 1) * len(CHANGES)]
        shares = "  ".join(f"{_share(tally, 1):>13}" for tally in changed)
        limits = f"{kind.metrics[0].cv:>4.0%} {kind.metrics[0].worse_by:>5.0%}"
        passed = "  ".join(f"{tally.passed / tally.builds:>9.1%}" for tally in changed[1:3])
        lines.append(f"{kind.name:<22} {limits}  {_share(clean, 2):>15} {_pairs(clean)}  {shares}  {passed}")
    return "\n".join(lines)


def cases_table(title: str, cases: Sequence[Case], tallies: Sequence[Tally]) -> str:
    """A table of whole builds, one kind a line."""
    lines = [f"{title:<30} {'metrics':>7}  {'failed':>16} {'pairs':>5} {'rounds':>6} {'undecided':>10}"]
    lines += [
        f"{case.name:<30} {case.family:>7}  {_share(tally, 2):>16} {_pairs(tally, case.scenarios)}"
        f" {tally.rounds / tally.builds / case.scenarios:>6.1f} {tally.undecided / tally.builds:>10.1%}"
        for case, tally in zip(cases, tallies, strict=True)
    ]
    return "\n".join(lines)


def _share(tally: Tally, digits: int) -> str:
    return f"{100 * tally.failed_ratio:.{digits}f} ± {100 * tally.error:.{digits}f} %"


def _pairs(tally: Tally, scenarios: int = 1) -> str:
    return f"{tally.pairs / tally.builds / scenarios:>5.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--builds", type=positive, default=4000, help="of each case (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="another one makes other builds (default: %(default)s)"
    )
    parser.add_argument(
        "--workers", type=positive, default=os.cpu_count(), help="processes (default: one a core)"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate and print the tables; 0 if the promises are kept."""
    options = _parser().parse_args(argv)
    start = time.monotonic()
    changed = [evolve(kind, change=change) for kind in KINDS for change in CHANGES]
    cases = [*changed, *MANY, *SCENARIOS, *UNSTEADY, *LANES, *NOISY]
    tallies = play_all(cases, options.builds, options.seed, options.workers)
    seen = [visibility.proved(pairs, options.builds, options.seed) for pairs in visibility.PAIRS]
    print(f"{options.builds:,} builds of each case, looks at {', '.join(map(str, LOOKS))} pairs\n")
    print(kinds_table(tallies))
    rest = iter(tallies[len(changed) :])
    tables = (
        ("many metrics", MANY),
        ("scenarios", SCENARIOS),
        ("unsteady", UNSTEADY),
        ("in lanes", LANES),
        ("too noisy", NOISY),
    )
    for title, kind in tables:
        print(f"\n{cases_table(title, kind, [next(rest) for _case in kind])}")
    print(f"\n{visibility.table(seen, options.builds)}")
    print(f"\n{time.monotonic() - start:.0f} s")
    for text in (complaints := [*broken(cases, tallies), *visibility.broken(seen, options.builds)]):
        print(text, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What measuring costs the measured: tcperf's meter beside tcpdump and a psutil sampler.

Four questions, each observer in blocks that are interleaved with the others':

  round trips   what is added to a UDP ping-pong between two nodes, beside another pair that nobody observes
  load          the observer's share of a core at 20,000 frames a second, attributed to flows of UDP and TCP
  flood         how many frames it loses at 100,000 a second
  idle nodes    a sampler's share of a core beside eight nodes that do nothing

The traffic keeps to one core and the observer to another.  Do it on a quiet machine; a target that is missed
makes the exit status 1.  tcpdump is left out where it is not installed, and where this user may not run it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from proofs import observers, round_trips, running_costs
from proofs.round_trips import Bursts, Cores, MakeObserver
from proofs.running_costs import Cost, Rate

from tcperf.errors import TcperfError
from tcperf.probes import machine

NOBODY = "nobody"
CAPTURING, SAMPLING = "meter, capturing", "meter, sampling only"
KEEPING = "meter, keeping a capture"
DEAF = "a socket that drops all"
TCPDUMP, PSUTIL = "tcpdump -w", "psutil every 50 ms"
#: The rates that the targets are about: mixed traffic, and as much as two cores can make and watch.
LOAD, FLOOD = Rate(12_000, 4_000), Rate(96_000, 2_000)
NODES = 8


@attrs.frozen
class Line:
    """One line of the table; ``limit`` is the most that ``value`` may be, None where there is no target."""

    question: str
    observer: str
    value: float
    unit: str
    spread: str
    limit: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the target is met, or there is none."""
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        target = "" if self.limit is None else f"≤ {self.limit:g} {'met' if self.is_met else 'MISSED'}"
        return (
            f"{self.question:<12}{self.observer:<26}{self.value:>9.3f} {self.unit:<11}"
            f"{self.spread:<36}{target}"
        )


@attrs.frozen
class Effort:
    """How long everything takes."""

    bursts: Bursts
    seconds: float
    rounds: int


FULL = Effort(Bursts(setups=16, rounds=80, trips=400, warm_up=40), seconds=8.0, rounds=5)
QUICK = Effort(Bursts(setups=1, rounds=2, trips=100, warm_up=10), seconds=0.5, rounds=1)


def watchers() -> dict[str, MakeObserver]:
    """The observers of round trips and traffic that can be had here."""
    found: dict[str, MakeObserver] = {
        CAPTURING: observers.capturing,
        KEEPING: observers.keeping,
        SAMPLING: observers.sampling,
        DEAF: observers.Deaf,
        PSUTIL: observers.PsutilSampler,
    }
    if observers.Tcpdump.missing() is None:
        found[TCPDUMP] = observers.Tcpdump
    return found


def round_trip_lines(effort: Effort, cores: Cores) -> tuple[list[Line], object]:
    """What each observer adds to a round trip.

    "None" for the sampler is what the instrument can tell: that it is no more than what "nobody" adds.
    """
    setups = round_trips.measure({NOBODY: observers.Nobody, **watchers()}, cores, effort.bursts, progress)
    limits = {CAPTURING: 1.0, SAMPLING: 0.2}
    costs = {name: round_trips.added(found) for name, found in setups.items()}
    bare_us = statistics.median(cost.bare_us for cost in costs.values())
    lines = [Line("round trips", "a bare pair", bare_us, "µs", "the whole round trip")]
    for name, cost in costs.items():
        spread = f"quartiles {cost.first_us:+.3f} … {cost.third_us:+.3f}"
        lines.append(Line("round trips", name, cost.added_us, "µs added", spread, limits.get(name)))
    return lines, {name: [attrs.asdict(each) for each in found] for name, found in setups.items()}


def load_lines(effort: Effort, cores: Cores) -> tuple[list[Line], object]:
    """The share of a core at the load, of those who capture."""
    costs = _costs(effort, cores, LOAD, (CAPTURING, KEEPING, TCPDUMP))
    lines = []
    for name, its in costs.items():
        shares = [cost.core_pct for cost in its]
        rate = statistics.median(cost.packets_per_s for cost in its)
        spread = f"{min(shares):.2f} … {max(shares):.2f} at {rate:,.0f} frames/s"
        limit = 1.0 if name == CAPTURING else None
        lines.append(Line("load", name, statistics.median(shares), "% of a core", spread, limit))
    return lines, _plain(costs)


def flood_lines(effort: Effort, cores: Cores) -> tuple[list[Line], object]:
    """What is lost in the flood, and in all rounds of it."""
    costs = _costs(effort, cores, FLOOD, (CAPTURING, KEEPING, TCPDUMP))
    lines = []
    for name, its in costs.items():
        lost = sum((cost.lost or 0) + abs(cost.missed or 0) for cost in its)
        rate = statistics.median(cost.packets_per_s for cost in its)
        share = statistics.median(cost.core_pct for cost in its)
        spread = f"of {rate:,.0f} frames/s; {share:.2f} % of a core"
        lines.append(Line("flood", name, lost, "frames lost", spread, 0.0 if name == CAPTURING else None))
    return lines, _plain(costs)


def idle_lines(effort: Effort, cores: Cores) -> tuple[list[Line], object]:
    """What samplers take beside idle nodes."""
    makers: dict[str, MakeObserver] = {
        CAPTURING: observers.capturing,
        SAMPLING: observers.sampling,
        PSUTIL: observers.PsutilSampler,
    }
    costs: dict[str, list[Cost]] = {name: [] for name in makers}
    for number in range(effort.rounds):
        progress(f"idle nodes: round {number + 1} of {effort.rounds}")
        for name, make in makers.items():
            costs[name].append(running_costs.beside_idle_nodes(make, NODES, effort.seconds, cores))
    lines = []
    for name, its in costs.items():
        shares = [cost.core_pct for cost in its]
        spread = f"{min(shares):.3f} … {max(shares):.3f}, {NODES} nodes"
        limit = None if name == PSUTIL else 0.5
        lines.append(Line("idle nodes", name, statistics.median(shares), "% of a core", spread, limit))
    return lines, _plain(costs)


def _costs(effort: Effort, cores: Cores, rate: Rate, names: Sequence[str]) -> dict[str, list[Cost]]:
    makers = {name: make for name, make in watchers().items() if name in names}
    costs: dict[str, list[Cost]] = {name: [] for name in makers}
    for number in range(effort.rounds):
        progress(f"{rate.packets:,} frames/s: round {number + 1} of {effort.rounds}")
        for name, make in makers.items():
            costs[name].append(running_costs.under_load(make, rate, effort.seconds, cores))
    return costs


def _plain(costs: dict[str, list[Cost]]) -> object:
    return {name: [attrs.asdict(cost) for cost in its] for name, its in costs.items()}


QUESTIONS = {
    "round-trips": round_trip_lines,
    "load": load_lines,
    "flood": flood_lines,
    "idle-nodes": idle_lines,
}


def progress(text: str) -> None:
    """Say what is going on, on standard error."""
    print(text, file=sys.stderr, flush=True)


def head(environment: dict[str, Any]) -> Iterator[str]:
    """The machine, and what is missing on it."""
    yield (
        f"{environment['cpu_model']}, {environment['cpu_count']} cores, Linux {environment['kernel']}, "
        f"Python {environment['python']}"
    )
    missing = observers.Tcpdump.missing()
    if missing:
        yield f"{TCPDUMP}: {missing}"


def main(argv: Sequence[str]) -> int:
    """Print the table; 0 if every target is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUESTIONS)}; all")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures without meaning")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every block's figures, too")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.questions if name not in QUESTIONS]
    if unknown:
        parser.error(f"nothing is called {unknown[0]}: choose from {', '.join(QUESTIONS)}")
    effort, cores = QUICK if arguments.quick else FULL, Cores.here()
    environment = attrs.asdict(machine.describe())
    print("\n".join(head(environment)))
    lines, raw = [], {}
    try:
        for name in arguments.questions or QUESTIONS:
            found, raw[name] = QUESTIONS[name](effort, cores)
            print("\n".join(map(str, found)), flush=True)
            lines += found
    except TcperfError as error:
        print(error, *error.details, sep="\n", file=sys.stderr)
        return error.exit_status
    if arguments.json:
        content = {"machine": environment, "lines": [attrs.asdict(line) for line in lines], "blocks": raw}
        arguments.json.write_text(json.dumps(content, indent=1), "utf-8")
    return 0 if all(line.is_met for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

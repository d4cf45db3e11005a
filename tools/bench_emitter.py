#!/usr/bin/env python3
"""Time the reporting of many statistics into a pipe: tcperf's emitter beside plain teamcity-messages.

Rounds are interleaved, so that a slow moment of the machine hits every contestant; the table shows medians.
The other end of each pipe is read by a process of its own, as the build agent reads a step's output.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from proofs.options import positive
from teamcity.messages import TeamcityServiceMessages

from tcperf.teamcity import ServiceMessages

Pairs = list[tuple[str, float]]
Contestant = Callable[[TextIO, Pairs], None]


def batch(pipe: TextIO, pairs: Pairs) -> None:
    """All statistics in one write."""
    ServiceMessages(pipe).statistics(pairs)


def single(pipe: TextIO, pairs: Pairs) -> None:
    """One write and flush a statistic."""
    messages = ServiceMessages(pipe)
    for key, value in pairs:
        messages.buildStatisticValue(key, value)


def plain(pipe: TextIO, pairs: Pairs) -> None:
    """The library alone, which has one way only: a message a statistic, its value made text by the caller."""
    messages = TeamcityServiceMessages(pipe)
    for key, value in pairs:
        messages.message("buildStatisticValue", key=key, value=str(value))


CONTESTANTS: dict[str, Contestant] = {
    "tcperf statistics()": batch,
    "tcperf one by one": single,
    "teamcity-messages": plain,
}


def measure(contestant: Contestant, pairs: Pairs) -> float:
    """Seconds from the first call until the last byte is in the pipe."""
    read_end, write_end = os.pipe()
    with (
        subprocess.Popen(["cat"], stdin=read_end, stdout=subprocess.DEVNULL) as reader,
        open(write_end, "w", encoding="utf-8") as pipe,  # noqa: PTH123 - a descriptor, not a path
    ):
        os.close(read_end)
        started = time.perf_counter()
        contestant(pipe, pairs)
        pipe.flush()
        seconds = time.perf_counter() - started
        pipe.close()
        if reader.wait() != 0:
            raise RuntimeError(f"the pipe's reader ended with status {reader.returncode}")
    return seconds


def compete(pairs: Pairs, rounds: int) -> dict[str, list[float]]:
    """Each contestant's seconds, round by round; every other round runs in reverse order."""
    times: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for number in range(rounds):
        order = list(CONTESTANTS) if number % 2 == 0 else list(reversed(CONTESTANTS))
        for name in order:
            times[name].append(measure(CONTESTANTS[name], pairs))
    return times


def table(times: dict[str, list[float]]) -> str:
    """Median and least milliseconds of each contestant, and the median's ratio to the first one's."""
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    unit = next(iter(medians.values()))
    lines = [f"{'':<20} {'median ms':>10} {'least ms':>10} {'ratio':>7}"]
    lines += [
        f"{name:<20} {median * 1000:>10.1f} {min(times[name]) * 1000:>10.1f} {median / unit:>7.1f}"
        for name, median in medians.items()
    ]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 where ``--limit`` is given and the batch's median is above it."""
    options = _parser().parse_args(argv)
    pairs = [(f"tcperf.bench.phase_{n // 8}.metric_{n}_ms", n * 1.2345) for n in range(options.count)]
    times = compete(pairs, options.rounds)
    print(f"{options.count} statistics into a pipe, {options.rounds} rounds")
    print(table(times))
    median = statistics.median(times["tcperf statistics()"])
    if options.limit is not None and median > options.limit:
        print(f"too slow: {median:.3f} s, the limit is {options.limit:.3f} s", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--count", type=positive, default=10_000, help="statistics a round (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=positive, default=9, help="rounds of each (default: %(default)s)")
    parser.add_argument(
        "--limit", type=float, metavar="SECONDS", help="exit 1 if the batch's median is above"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

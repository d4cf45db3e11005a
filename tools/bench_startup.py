#!/usr/bin/env python3
"""How long `tcperf --help` takes, beside an interpreter that does nothing, interleaved."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

LIMIT_MS = 150.0
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "tcperf --help": [sys.executable, "-m", "tcperf", "--help"],
}


def measure(rounds: int) -> dict[str, float]:
    """The median of each command in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _round in range(rounds):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def main(argv: Sequence[str]) -> int:
    """Print the medians; 0 if the help is within its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="(default: %(default)s)")
    medians = measure(parser.parse_args(argv).rounds)
    bare, ours = medians.values()
    for name, median in medians.items():
        print(f"{name:16} {median:7.1f} ms")
    print(f"ratio {ours / bare:.2f}, limit {LIMIT_MS} ms")
    return 0 if ours <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

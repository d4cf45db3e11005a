"""The usual way to watch processes, for comparison: psutil at an interval, in a process of its own.

``psutil_sampler.py INTERVAL_S PID…`` keeps CPU times and resident sets of each process, until killed.
"""

from __future__ import annotations

import sys
import time

import psutil


def main(argv: list[str]) -> int:
    """Sample until killed; says so on its output when it has begun."""
    interval, processes = float(argv[0]), [psutil.Process(int(pid)) for pid in argv[1:]]
    rows: list[tuple[float, float, float, int]] = []
    print("up", flush=True)
    due = time.monotonic()
    while True:
        for process in processes:
            with process.oneshot():
                times, memory = process.cpu_times(), process.memory_info()
            rows.append((due, times.user, times.system, memory.rss))
        due += interval
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""What measuring costs: tcperf's own CPU a message, and the sampler's share of a core.

Runs one_to_one (the driver, its signal readers and log pumps at work) and idle (the sampler at work) on the
bundled reference node, several rounds interleaved, and prints the median of each figure with its limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tcperf import events, params, procfs
from tcperf.cli.node import choose
from tcperf.interrupts import Interrupts
from tcperf.plan import Plan
from tcperf.probes.cpu import cpu_clock_ns
from tcperf.registry import discover
from tcperf.runner import Folders, Runner

MESSAGE_LIMIT_MS = 1.0
SAMPLER_LIMIT_PCT = 0.5
NS_PER_MS = 1e6


class Meter:
    """Reads our own CPU at the edges of one phase, and the sampler's with it."""

    def __init__(self, phase: str) -> None:
        self.phase = phase
        self.own_ms = self.sampler_ms = self.seconds = 0.0
        self._own = self._sampler = 0
        self._start = 0.0

    def __call__(self, event: events.Event) -> None:
        """Note the edges."""
        if isinstance(event, events.PhaseStarted) and event.phase == self.phase:
            self._own, self._sampler = time.process_time_ns(), self._sampler_ns()
            self._start = time.monotonic()
        elif isinstance(event, events.PhaseEnded) and event.phase == self.phase:
            self.seconds = time.monotonic() - self._start
            self.own_ms = (time.process_time_ns() - self._own) / NS_PER_MS
            self.sampler_ms = (self._sampler_ns() - self._sampler) / NS_PER_MS

    @staticmethod
    def _sampler_ns() -> int:
        """The CPU clock of the one child of ours that is a sampler."""
        for pid in procfs.children(os.getpid()):
            if b"tcperf.probes.meter_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return cpu_clock_ns(pid)
        raise LookupError("no sampler runs")


def play(scenario_name: str, assignment: str, phase: str, folder: Path) -> Meter:
    """One run of a scenario on the reference node; the meter of one of its phases."""
    scenario = discover(()).get(scenario_name)
    values = params.resolve([scenario], {}, params.parse_assignments([assignment]), reference=True)
    meter = Meter(phase)
    node = choose("reference")
    with Interrupts() as interrupts:
        runner = Runner("private", node.factory, Folders(folder, folder), meter, interrupts)
        runner.play(Plan(scenario, values[scenario_name], 1))
    return meter


def main(argv: Sequence[str]) -> int:
    """Print the figures; 0 if each is within its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=300, help="a run (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of idling a run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    arguments = parser.parse_args(argv)
    message_ms, sampler_pct = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _round in range(arguments.rounds):
            meter = play("one_to_one", f"messages={arguments.messages}", "messages", Path(folder))
            message_ms.append(meter.own_ms / arguments.messages)
            meter = play("idle", f"seconds={arguments.seconds}", "idle", Path(folder))
            sampler_pct.append(meter.sampler_ms / (10 * meter.seconds))
    message, sampler = statistics.median(message_ms), statistics.median(sampler_pct)
    print(f"own CPU a message    {message:8.3f} ms          limit {MESSAGE_LIMIT_MS} ms")
    print(f"sampler, two nodes   {sampler:8.3f} % of a core  limit {SAMPLER_LIMIT_PCT} %")
    print(
        f"medians of {arguments.rounds} rounds; spread {min(message_ms):.3f} … {max(message_ms):.3f} ms, "
        f"{min(sampler_pct):.3f} … {max(sampler_pct):.3f} %"
    )
    return 0 if message <= MESSAGE_LIMIT_MS and sampler <= SAMPLER_LIMIT_PCT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""What tcperf itself costs where many nodes play: its CPU a node, and the time of each stage.

Starts networks of the bundled reference node (2, 5, 10, 20 and 50 nodes), makes their accounts, connects each with
two others, sends 100 messages, lets them idle, and takes all down.  Prints, for each size, the wall time of each
stage, the CPU of tcperf's own processes (the driver, the network's broker, the meter) a node, their memory and open
files at the end, and a node's memory.  tcperf's own cost a node must not grow with their number: the largest
network's is held against that of 10 nodes, or of the smallest where there are no 10.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import define, field, frozen

from tcperf import events, procfs
from tcperf.cli.node import choose
from tcperf.definition import define as define_scenario
from tcperf.interrupts import Interrupts
from tcperf.plan import Plan
from tcperf.probes.cpu import cpu_clock_ns
from tcperf.runner import Folders, Runner
from tcperf.scenario import Node, Phase, Stage, param

SIZES = "2,5,10,20,50"
#: Where the base of the comparison is: fewer nodes are mostly what one run costs whatever its size.
BASE_NODES = 10
#: A node of the largest network may cost tcperf so much of one of the base's.
RATIO_LIMIT = 1.25
NS_PER_MS = 1e6
NS_PER_S = 1e9
STAGES = ("start", "accounts", "mesh", "messages", "idle", "teardown")
#: What grows with the number of messages is told a message.
PER_NODE = ("start", "accounts", "mesh", "idle")
HELPERS = {"broker": b"tcperf.network.broker", "meter": b"tcperf.probes.meter_process"}

# --- the scenario ------------------------------------------------------------------------------------

PHASES = (Phase("accounts"), Phase("mesh"), Phase("messages", publish=True, timed=True), Phase("idle"))


@frozen
class Params:
    """What is played."""

    nodes: int = param(10, help="nodes", minimum=2)
    messages: int = param(100, help="messages from a node to the next", minimum=1)
    seconds: float = param(5.0, help="of idling", minimum=0.1)


def run(stage: Stage, params: Params) -> None:
    """Start, connect each node with the one before and the one half way, send, idle."""
    nodes = stage.start(*(f"node{number:02d}" for number in range(params.nodes)))
    with stage.phase("accounts"):
        for node in nodes:
            node.create_account()
    with stage.phase("mesh"):
        for number in range(1, len(nodes)):
            for other in {number - 1, number // 2}:
                nodes[number].dial(nodes[other])
    with stage.phase("messages"):
        for number in range(params.messages):
            stage.message(*_pair(nodes, number))
    with stage.phase("idle"):
        stage.idle(params.seconds)


def _pair(nodes: Sequence[Node], number: int) -> tuple[Node, Node]:
    return nodes[number % len(nodes)], nodes[(number + 1) % len(nodes)]


# --- what it costs -----------------------------------------------------------------------------------


@frozen
class Reading:
    """The clocks at one moment: wall, and the CPU of each of tcperf's processes, in ns."""

    wall_ns: int
    cpu_ns: dict[str, int]

    @classmethod
    def take(cls) -> Reading:
        """Read them now."""
        return cls(time.monotonic_ns(), {"driver": time.process_time_ns(), **_helpers_ns()})


@frozen
class Cost:
    """A stage's wall time in seconds, and the CPU of tcperf's processes in ms, by their names."""

    wall_s: float
    cpu_ms: dict[str, float]

    @property
    def total_ms(self) -> float:
        """The CPU of all of them."""
        return sum(self.cpu_ms.values())


@define
class Meter:
    """Reads the clocks at the edges of the stages, and the nodes' memory at the end of the last phase."""

    readings: dict[str, Reading] = field(factory=dict)
    memory_mb: float = 0.0
    own_mb: float = 0.0
    own_files: int = 0

    def __call__(self, event: events.Event) -> None:
        """Note the edges."""
        if isinstance(event, events.PhaseStarted | events.PhaseEnded):
            kind = "begin" if isinstance(event, events.PhaseStarted) else "end"
            self.note(f"{event.phase} {kind}")
            if f"{event.phase} {kind}" == "idle end":
                self.weigh()

    def weigh(self) -> None:
        """Read the memory and the open files of tcperf's processes."""
        pids = [os.getpid(), *_helpers().values()]
        self.own_mb = sum(_resident_bytes(pid) for pid in pids) / 1e6
        self.own_files = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)

    def note(self, name: str) -> None:
        """Read the clocks as ``name``."""
        self.readings[name] = Reading.take()

    def cost(self, stage: str) -> Cost:
        """What a stage cost."""
        begin, end = self._edges(stage)
        cpu = {name: (end.cpu_ns[name] - begin.cpu_ns.get(name, 0)) / NS_PER_MS for name in end.cpu_ns}
        return Cost((end.wall_ns - begin.wall_ns) / NS_PER_S, cpu)

    def _edges(self, stage: str) -> tuple[Reading, Reading]:
        if stage == "start":
            return self.readings["begin"], self.readings["accounts begin"]
        if stage == "teardown":
            return self.readings["idle end"], self.readings["end"]
        return self.readings[f"{stage} begin"], self.readings[f"{stage} end"]


def _helpers_ns() -> dict[str, int]:
    """The CPU clocks of those helpers that run."""
    return {name: cpu_clock_ns(pid) for name, pid in _helpers().items()}


def _helpers() -> dict[str, int]:
    """The process ids of those helpers that run."""
    found = {}
    for pid in procfs.children(os.getpid()):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            found.update({name: pid for name, module in HELPERS.items() if module in command})
    return found


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def play(nodes: int, messages: int, seconds: float, folder: Path) -> Meter:
    """One run with so many nodes; what was read in it."""
    scenario = define_scenario(sys.modules[__name__], "bench_nodes", "tools/bench_nodes.py")
    meter = Meter()
    with Interrupts() as interrupts:
        runner = Runner("private", choose("reference").factory, Folders(folder, folder), meter, interrupts)
        meter.note("begin")
        played = runner.play(Plan(scenario, Params(nodes, messages, seconds), 1))
        meter.note("end")
    (run_played,) = played.runs
    assert run_played.closing is not None, "a private network closes"
    assert run_played.closing.closes, run_played.closing
    idle = run_played.phase("idle")
    assert idle is not None, "the scenario has it"
    meter.memory_mb = idle.totals["memory_peak_bytes"].value / nodes / 1e6
    return meter


# --- what is printed ---------------------------------------------------------------------------------


def per_node_ms(costs: dict[str, Cost], nodes: int) -> float:
    """The CPU of tcperf a node, without the messages."""
    return sum(costs[stage].total_ms for stage in PER_NODE) / nodes


def medians(meters: Sequence[Meter]) -> dict[str, Cost]:
    """Each stage's medians over the rounds."""
    found = {}
    for stage in STAGES:
        costs = [meter.cost(stage) for meter in meters]
        names = dict.fromkeys(name for cost in costs for name in cost.cpu_ms)
        cpu = {name: statistics.median(cost.cpu_ms.get(name, 0.0) for cost in costs) for name in names}
        found[stage] = Cost(statistics.median(cost.wall_s for cost in costs), cpu)
    return found


def table(costs: dict[int, dict[str, Cost]], meters: dict[int, list[Meter]], messages: int) -> str:
    """A row a size."""
    walls = "".join(f"{stage:>10}" for stage in STAGES)
    lines = [
        f"nodes{walls}  s   own CPU a node: driver  broker   meter   all  ms   a message   own MB   own files   node's MB"
    ]
    for nodes, stages in costs.items():
        walls = "".join(f"{stages[stage].wall_s:10.2f}" for stage in STAGES)
        shares = [
            sum(stages[stage].cpu_ms.get(name, 0.0) for stage in PER_NODE) / nodes
            for name in ("driver", "broker", "meter")
        ]
        own_mb, own_files, memory = (
            statistics.median(getattr(meter, name) for meter in meters[nodes])
            for name in ("own_mb", "own_files", "memory_mb")
        )
        lines.append(
            f"{nodes:5}{walls}      {'':14}{shares[0]:8.2f}{shares[1]:8.2f}{shares[2]:8.2f}{sum(shares):7.2f}"
            f"    {stages['messages'].total_ms / messages:9.2f} ms {own_mb:8.0f} {own_files:11.0f} {memory:11.1f}"
        )
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    """Print the table; 0 if a node of the largest network costs no more than one of the base's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", default=SIZES, help="sizes, with commas (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=100, help="in each (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of idling (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved (default: %(default)s)")
    arguments = parser.parse_args(argv)
    sizes = sorted({int(size) for size in arguments.nodes.split(",")})
    meters: dict[int, list[Meter]] = {nodes: [] for nodes in sizes}
    with tempfile.TemporaryDirectory() as folder:
        for _round in range(arguments.rounds):
            for nodes in sizes:
                meters[nodes].append(play(nodes, arguments.messages, arguments.seconds, Path(folder)))
    costs = {nodes: medians(played) for nodes, played in meters.items()}
    print(table(costs, meters, arguments.messages))
    base = BASE_NODES if BASE_NODES in sizes else sizes[0]
    ratio = per_node_ms(costs[sizes[-1]], sizes[-1]) / per_node_ms(costs[base], base)
    print(f"own CPU a node, {sizes[-1]} nodes to {base}: {ratio:.2f}, limit {RATIO_LIMIT}")
    return 0 if ratio <= RATIO_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

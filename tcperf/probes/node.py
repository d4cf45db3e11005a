"""One node through a phase: readings at its two edges become measurements, one number a metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from tcperf.clock import NS_PER_MS
from tcperf.measurement import Exactness, Measurement, loosest, made_of, measured
from tcperf.metrics import MEMORY_PEAK, METRICS
from tcperf.network.interface import Counters, Exit, Host
from tcperf.probes.portable import PortableProcessProbe
from tcperf.probes.reading import Amount, ProcessProbe, Reading

_INTERFACE_SOURCE: Final = "interface"
_FAULTS: Final = "page_faults_count"
_SWITCHES: Final = "context_switches_count"
_INSTRUCTIONS: Final = "instructions_count"
#: Figures that only grow, and where a reading has them.
_CUMULATIVE: Final[Mapping[str, Callable[[Reading], Amount | None]]] = {
    _INSTRUCTIONS: lambda reading: reading.work.instructions,
    "disk_read_bytes": lambda reading: reading.state.read_bytes,
    "disk_written_bytes": lambda reading: reading.state.written_bytes,
    _FAULTS: lambda reading: reading.state.page_faults,
}
#: What a process had used up before it was born.
_NOTHING: Final = Amount(0, "exact", "birth")


@frozen
class Edge:
    """A node at the beginning or the end of a phase.

    ``reading`` is None where the process did not exist yet (``launch_cpu_ns`` is then what its CPU clock
    stood at when it became the program), ``counters`` where no interface is the node's.
    """

    reading: Reading | None
    counters: Counters | None
    launch_cpu_ns: int = 0


class NodeProbe:
    """Reads one node's process and its interface."""

    def __init__(self, pid: int, host: Host) -> None:
        self._process = process_probe(pid)
        self._host = host

    def begin(self) -> Edge:
        """The beginning of a phase.  Traffic last: it is what goes on by itself.

        Raises ProcessLookupError when the process has ended.
        """
        reading = self._process.begin()
        return Edge(reading, self._host.counters())

    def end(self) -> Edge:
        """The end of a phase, in the reverse order.  Raises ProcessLookupError when the process has ended."""
        counters = self._host.counters()
        return Edge(self._process.end(), counters)

    def close(self) -> None:
        """Close what is held open."""
        self._process.close()


def process_probe(pid: int) -> ProcessProbe:
    """The best probe this system has for a process."""
    if Path("/proc/self/clear_refs").exists():
        from tcperf.probes.process import LinuxProcessProbe

        return LinuxProcessProbe(pid)
    return PortableProcessProbe(pid)


def unborn(host: Host) -> Edge:
    """The edge of a node whose process does not exist yet: its CPU starts from nothing."""
    return Edge(None, host.counters())


def born(edge: Edge, launch_cpu_ns: int) -> Edge:
    """An unborn node's edge once it was launched: what its process used before it was the program is ours."""
    return evolve(edge, launch_cpu_ns=launch_cpu_ns)


def away(edge: Edge) -> Edge:
    """The edge of a node whose process has ended, and may start again: it uses up nothing, its traffic goes on."""
    return Edge(None, edge.counters)


def at_exit(edge: Edge, ended: Exit) -> Edge:
    """The last reading of a process, with the CPU time that it took to end: what the kernel told when it had."""
    reading = edge.reading
    if reading is None or ended.user_ms is None or ended.system_ms is None:
        return edge
    cpu_ns = round((ended.user_ms + ended.system_ms) * NS_PER_MS)
    if cpu_ns < reading.work.cpu_ns.value:  # a child took its time along that nobody waited for
        return edge
    used = Amount(cpu_ns, reading.work.cpu_ns.exactness, "rusage")
    return evolve(edge, reading=evolve(reading, work=evolve(reading.work, cpu_ns=used)))


def measure(begin: Edge, end: Edge) -> dict[str, Measurement]:
    """The measurements of one node's phase, by metric key; what cannot be had is absent."""
    return {**measure_process(begin, end), **measure_traffic(begin, end)}


def measure_process(edge: Edge, last: Edge) -> dict[str, Measurement]:
    """What a process used up, and what it stood at; nothing where there is none at the end."""
    end = last.reading
    if end is None:
        return {}
    alone = is_alone(edge.reading, end)
    return {
        **_cpu(edge, end, alone=alone),
        **_used(edge.reading, end, alone=alone),
        **_standing(end, alone=alone),
        **_switched(edge.reading, end),
    }


def is_alone(begin: Reading | None, end: Reading) -> bool:
    """Whether the process had no child all the phase long, as far as its two edges can tell."""
    if begin is None:
        return not end.family and not end.work.ended_children
    if begin.family or end.family:
        return False
    return begin.work.ended_children == end.work.ended_children


def _cpu(edge: Edge, end: Reading, *, alone: bool) -> dict[str, Measurement]:
    """CPU time, and how it splits: the exact sum in the proportion that the kernel's ticks tell of the phase."""
    begin, now = edge.reading.work if edge.reading else None, end.work
    cpu_ns = now.cpu_ns.value - (begin.cpu_ns.value if begin else edge.launch_cpu_ns)
    if cpu_ns <= -now.behind_ns and cpu_ns:  # a child took its time along that nobody waited for
        return {}
    cpu_ns = max(0, cpu_ns)  # below it is what ticks cut off of a child that has ended since
    exactness = now.cpu_ns.exactness if alone else "sampled"
    source = now.cpu_ns.source if alone else f"{now.cpu_ns.source}, children"
    found = {"cpu_ms": measured("cpu_ms", cpu_ns / NS_PER_MS, exactness, source)}
    user_ns = now.user_ns - (begin.user_ns if begin else 0)
    system_ns = now.system_ns - (begin.system_ns if begin else 0)
    if user_ns >= 0 and system_ns >= 0 and user_ns + system_ns:  # a phase without a single tick has no split
        user_ms = cpu_ns / NS_PER_MS * user_ns / (user_ns + system_ns)
        for key, value in (
            ("cpu_user_ms", user_ms),
            ("cpu_system_ms", max(0.0, cpu_ns / NS_PER_MS - user_ms)),
        ):
            found[key] = measured(key, value, "sampled", f"{source}, split by ticks")
    return found


def _used(begin: Reading | None, end: Reading, *, alone: bool) -> dict[str, Measurement]:
    """What the phase used up: differences of figures that only grow, unless a child took its part along."""
    found = {}
    for key, read in _CUMULATIVE.items():
        before, after = read(begin) if begin is not None else _NOTHING, read(end)
        if before is not None and after is not None and after.value >= before.value:
            exactness = loosest(before.exactness, after.exactness, *_doubts(key, begin, alone=alone))
            found[key] = measured(key, after.value - before.value, exactness, after.source)
    return found


def _doubts(key: str, begin: Reading | None, *, alone: bool) -> Iterator[Exactness]:
    if begin is None and key == _FAULTS:
        yield "bound"  # those of our fork, before it became the program, are counted, too
    if not alone and key != _INSTRUCTIONS:  # the counter keeps what ended children did
        yield "sampled"


def _standing(end: Reading, *, alone: bool) -> dict[str, Measurement]:
    """What there was at the end of the phase, and the peak on the way."""
    amounts = {
        MEMORY_PEAK: end.state.peak_bytes,
        "memory_rest_bytes": end.state.rest_bytes,
        "threads_count": end.state.threads,
    }
    found = {
        key: measured(key, amount.value, amount.exactness, amount.source)
        for key, amount in amounts.items()
        if amount is not None
    }
    if MEMORY_PEAK in found and not alone:  # nobody knows whether all reached their peaks at one moment
        found[MEMORY_PEAK] = evolve(found[MEMORY_PEAK], exactness="bound")
    return found


def _switched(begin: Reading | None, end: Reading) -> dict[str, Measurement]:
    """Context switches of the threads that live at the end; one with fewer than before is another thread."""
    if end.state.switches is None:
        return {}
    before = (begin.state.switches if begin is not None else None) or {}
    count = sum(
        switches - (before.get(thread, 0) if switches >= before.get(thread, 0) else 0)
        for thread, switches in end.state.switches.items()
    )
    return {_SWITCHES: measured(_SWITCHES, count, "sampled", "threads' status")}


def measure_traffic(begin: Edge, end: Edge) -> dict[str, Measurement]:
    """What passed the interface, whichever process of the node it was; nothing where no interface is its own."""
    if begin.counters is None or end.counters is None:
        return {}
    passed = end.counters - begin.counters
    differences = {
        "sent_bytes": passed.sent_bytes,
        "received_bytes": passed.received_bytes,
        "packets_count": passed.sent_packets,
        "received_packets_count": passed.received_packets,
    }
    return {key: measured(key, value, "exact", _INTERFACE_SOURCE) for key, value in differences.items()}


def totals(nodes: Mapping[str, Mapping[str, Measurement]]) -> dict[str, Measurement]:
    """The sums over nodes: a metric that one node lacks has no total.

    A sum of exact peaks is exact as a sum; that the nodes reached them at one moment is not said.
    """
    found = {}
    for key, metric in METRICS.items():
        parts = [measurements[key] for measurements in nodes.values() if key in measurements]
        if metric.total == "sum" and parts and len(parts) == len(nodes):
            found[key] = made_of(key, sum(part.value for part in parts), *parts)
    return found

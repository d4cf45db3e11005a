"""One node through a phase: readings at its two edges become measurements, one number a metric."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from tcperf.clock import NS_PER_MS
from tcperf.model import EXACTNESS, METRICS, Exactness, Measurement
from tcperf.network.interface import Counters, Host
from tcperf.probes.portable import PortableProcessProbe
from tcperf.probes.process import LinuxProcessProbe
from tcperf.probes.reading import ProcessProbe, Reading

_INTERFACE_SOURCE = "interface"


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
        """The beginning of a phase: the memory peak begins anew."""
        self._process.reset_peak()
        return self.end()

    def end(self) -> Edge:
        """The end of a phase.  Traffic first: it is what goes on by itself.

        Raises ProcessLookupError when the process has ended.
        """
        counters = self._host.counters()
        return Edge(self._process.read(), counters)

    def close(self) -> None:
        """Close what is held open."""
        self._process.close()


def process_probe(pid: int) -> ProcessProbe:
    """The best probe this system has for a process."""
    if Path("/proc/self/clear_refs").exists():
        return LinuxProcessProbe(pid)
    return PortableProcessProbe(pid)


def unborn(host: Host) -> Edge:
    """The edge of a node whose process does not exist yet: its CPU starts from nothing."""
    return Edge(None, host.counters())


def born(edge: Edge, launch_cpu_ns: int) -> Edge:
    """An unborn node's edge once it was launched: what its process used before it was the program is ours."""
    return evolve(edge, launch_cpu_ns=launch_cpu_ns)


def measure(begin: Edge, end: Edge) -> dict[str, Measurement]:
    """The measurements of one node's phase, by metric key; what cannot be had is absent."""
    if end.reading is None:
        return _traffic(begin, end)
    return {**_process(begin, end.reading), **_traffic(begin, end)}


def _process(edge: Edge, end: Reading) -> dict[str, Measurement]:
    begin = edge.reading
    alone = _is_alone(begin, end)
    found = {}
    cpu_ns = end.cpu_ns - (begin.cpu_ns if begin else edge.launch_cpu_ns)
    if cpu_ns >= 0:  # less than before: a child took its time along that nobody waited for
        exactness = end.cpu_exactness if alone else "sampled"
        source = end.cpu_source if alone else f"{end.cpu_source}, children"
        found["cpu_ms"] = _made("cpu_ms", cpu_ns / NS_PER_MS, exactness, source)
    if end.peak_bytes is not None:
        peak_exactness = end.peak_exactness if alone else "bound"
        found["memory_peak_bytes"] = _made(
            "memory_peak_bytes", end.peak_bytes, peak_exactness, end.peak_source
        )
    if end.written_bytes is not None:
        before = begin.written_bytes if begin is not None else 0
        if before is not None:
            found["disk_written_bytes"] = _made(
                "disk_written_bytes", end.written_bytes - before, "exact", "io"
            )
    if end.threads is not None:
        found["threads_count"] = _made("threads_count", end.threads, "sampled", "stat")
    return found


def _is_alone(begin: Reading | None, end: Reading) -> bool:
    """Whether the process had no child all the phase long, as far as its two edges can tell."""
    if begin is None:
        return not end.family and not end.ended_children
    return not begin.family and not end.family and begin.ended_children == end.ended_children


def _traffic(begin: Edge, end: Edge) -> dict[str, Measurement]:
    first, last = begin.counters, end.counters
    if first is None or last is None:
        return {}
    differences = {
        "sent_bytes": last.sent_bytes - first.sent_bytes,
        "received_bytes": last.received_bytes - first.received_bytes,
        "packets_count": last.sent_packets - first.sent_packets,
        "received_packets_count": last.received_packets - first.received_packets,
    }
    return {key: _made(key, value, "exact", _INTERFACE_SOURCE) for key, value in differences.items()}


def go_measurements(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, Measurement]:
    """What Go's expvar (/debug/vars) tells of a phase: ``memstats`` and, where published, goroutines.

    Names are those of Go's runtime.MemStats, and anacrolix/envpprof's ``numGoroutine``.  None: the node offers no such page.
    """
    found: dict[str, Measurement] = {}
    memory = _memstats(after)
    if isinstance(heap := memory.get("HeapInuse"), int):
        found["go_heap_bytes"] = _made("go_heap_bytes", heap, "sampled", "expvar")
    collections, earlier = memory.get("NumGC"), _memstats(before).get("NumGC")
    if isinstance(collections, int) and isinstance(earlier, int):
        found["go_gc_count"] = _made("go_gc_count", collections - earlier, "exact", "expvar")
    goroutines = (after or {}).get("numGoroutine")
    if isinstance(goroutines, int):
        found["goroutines_count"] = _made("goroutines_count", goroutines, "sampled", "expvar")
    return found


def _memstats(page: Mapping[str, Any] | None) -> Mapping[str, Any]:
    memory = (page or {}).get("memstats")
    return memory if isinstance(memory, dict) else {}


def _made(key: str, value: float, exactness: Exactness, source: str) -> Measurement:
    return Measurement(value, METRICS[key].unit.symbol, exactness, source)


def totals(nodes: Mapping[str, Mapping[str, Measurement]]) -> dict[str, Measurement]:
    """The sums over nodes: a metric that one node lacks has no total.

    A sum of exact peaks is exact as a sum; that the nodes reached them at one moment is not said.
    """
    found = {}
    for key, metric in METRICS.items():
        parts = [measurements[key] for measurements in nodes.values() if key in measurements]
        if metric.total == "sum" and parts and len(parts) == len(nodes):
            exactness = max((part.exactness for part in parts), key=EXACTNESS.index)
            source = " + ".join(dict.fromkeys(part.source for part in parts))
            found[key] = _made(key, sum(part.value for part in parts), exactness, source)
    return found

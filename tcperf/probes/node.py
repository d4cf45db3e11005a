"""One node through a phase: readings at its two edges become measurements, one number a metric."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from tcperf.model import EXACTNESS, METRICS, Exactness, Measurement
from tcperf.network.interface import Counters, Host
from tcperf.probes.portable import PortableProcessProbe
from tcperf.probes.process import LinuxProcessProbe
from tcperf.probes.reading import ProcessProbe, Reading

_NS_PER_MS = 1_000_000
_INTERFACE_SOURCE = "interface"


@frozen
class Edge:
    """A node at the beginning or the end of a phase.

    ``reading`` is None where the process did not exist yet, ``counters`` where no interface is the node's.
    """

    reading: Reading | None
    counters: Counters | None


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


def measure(begin: Edge, end: Edge) -> dict[str, Measurement]:
    """The measurements of one node's phase, by metric key; what cannot be had is absent."""
    if end.reading is None:
        return _traffic(begin, end)
    return {**_process(begin.reading, end.reading), **_traffic(begin, end)}


def _process(begin: Reading | None, end: Reading) -> dict[str, Measurement]:
    cpu_ns = end.cpu_ns - (begin.cpu_ns if begin else 0)
    found = {"cpu_ms": _made("cpu_ms", cpu_ns / _NS_PER_MS, end.cpu_exactness, end.cpu_source)}
    if end.peak_bytes is not None:
        found["memory_peak_bytes"] = _made(
            "memory_peak_bytes", end.peak_bytes, end.peak_exactness, end.peak_source
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
    """The sums over nodes: a metric that one node lacks has no total."""
    found = {}
    for key, metric in METRICS.items():
        parts = [measurements[key] for measurements in nodes.values() if key in measurements]
        if metric.total == "sum" and parts and len(parts) == len(nodes):
            exactness = max((part.exactness for part in parts), key=EXACTNESS.index)
            source = " + ".join(dict.fromkeys(part.source for part in parts))
            found[key] = _made(key, sum(part.value for part in parts), exactness, source)
    return found

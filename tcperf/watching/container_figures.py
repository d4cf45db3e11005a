"""A container's figures of a stretch, from what it stood at where the stretch began and where it ended.  Pure."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from tcperf.measurement import Exactness, Measurement, measured
from tcperf.metrics import MEMORY_PEAK
from tcperf.network.interface import Counters
from tcperf.watching.container_control import Talk
from tcperf.watching.container_group import Peak, Usage

_US_PER_MS: Final = 1000.0
_ETHERNET: Final = 14


@frozen
class Passed:
    """What the interfaces counted up to a moment, and what of it was exchanged with this machine, None: nobody knows."""

    counters: Counters
    talk: Talk | None

    def since(self, begin: Passed) -> tuple[Counters, bool]:
        """What passed since ``begin`` but the talk with this machine; False where some of that is in it, too."""
        own = self.counters - begin.counters
        if self.talk is None or begin.talk is None:
            return own, False
        talk = self.talk.counters - begin.talk.counters
        return own - talk, self.talk.lost == begin.talk.lost


def work(begin: Usage, end: Usage, *, is_born: bool) -> dict[str, Measurement]:
    """What only grows.  A container that was born in the stretch was set up by its engine, which is counted: "bound"."""
    source = "cgroup cpu.stat"
    cpu_ms = (end.cpu_us - begin.cpu_us) / _US_PER_MS
    found = {"cpu_ms": measured("cpu_ms", cpu_ms, "bound" if is_born else "exact", source)}
    for key, before, after in (
        ("cpu_user_ms", begin.user_us, end.user_us),
        ("cpu_system_ms", begin.system_us, end.system_us),
    ):
        if after >= before:
            found[key] = measured(key, (after - before) / _US_PER_MS, "sampled", f"{source}, split by ticks")
    for key, first, last, where in (
        ("disk_read_bytes", begin.read_bytes, end.read_bytes, "io.stat"),
        ("disk_written_bytes", begin.written_bytes, end.written_bytes, "io.stat"),
        ("page_faults_count", begin.page_faults, end.page_faults, "memory.stat"),
    ):
        if first is not None and last is not None and last >= first:
            found[key] = measured(key, last - first, "exact", f"cgroup {where}")
    return found


def memory(end: Usage, peak: Peak | None, *, is_born: bool) -> dict[str, Measurement]:
    """What is charged to the group: the file cache and the kernel's own for it, too."""
    found = {}
    highest = peak.read() if peak is not None else None
    if peak is not None and highest is not None:
        is_whole = peak.is_reset or is_born
        source = "cgroup memory.peak" if is_whole else "cgroup memory.peak, whole life"
        found[MEMORY_PEAK] = measured(MEMORY_PEAK, highest, "exact" if is_whole else "bound", source)
    if end.memory_bytes is not None:
        found["memory_rest_bytes"] = measured(
            "memory_rest_bytes", end.memory_bytes, "sampled", "cgroup memory.current"
        )
    if end.tasks is not None:
        found["threads_count"] = measured("threads_count", end.tasks, "sampled", "cgroup pids.current")
    return found


def traffic(own: Counters, sent: Exactness, *, is_apart: bool) -> dict[str, Measurement]:
    """What passed; ``sent`` is how exact what was sent is, if the tests' own talk is apart.

    What others sent came as they hand it over, which is not to be seen from the container: "bound".  So are bytes
    of IP, for ARP has none.
    """
    source = (
        "container's interfaces" if not is_apart else "container's interfaces, less this machine's own talk"
    )
    exactness: Exactness = sent if is_apart else "bound"
    size, packets = own.sent_bytes, own.sent_packets
    return {
        "sent_bytes": measured("sent_bytes", size, exactness, source),
        "packets_count": measured("packets_count", packets, exactness, source),
        "ip_bytes": measured(
            "ip_bytes", size - packets * _ETHERNET, "bound", f"{source} and Ethernet's headers"
        ),
        "received_bytes": measured("received_bytes", own.received_bytes, "bound", source),
        "received_packets_count": measured("received_packets_count", own.received_packets, "bound", source),
    }

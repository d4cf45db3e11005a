"""What can be measured: every metric, how nodes add up in it, and which of them a phase publishes."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from tcperf.units import BYTES, COUNT, MILLISECONDS, PERCENT, Unit


@frozen
class Metric:
    """What is measured.  ``key`` (``cpu_ms``) names it everywhere: statistics, CSV, JSON, tables.

    ``total`` says how nodes add up: "sum", or "none" for a property of the phase itself.
    """

    name: str
    unit: Unit
    help: str
    total: Literal["sum", "none"] = "sum"

    @property
    def key(self) -> str:
        """The metric's name and its unit's symbol, joined by ``_``."""
        return f"{self.name}_{self.unit.symbol}"


_ALL = (
    Metric(
        "time",
        MILLISECONDS,
        "wall time of the phase; pacing, the waits for the next step, is not in it",
        "none",
    ),
    Metric("latency", MILLISECONDS, "median of the phase's timed operations", "none"),
    Metric("latency_p95", MILLISECONDS, "19 of 20 timed operations took no longer; of 20 and more", "none"),
    Metric("latency_p99", MILLISECONDS, "99 of 100 timed operations took no longer; of 100 and more", "none"),
    Metric("send", MILLISECONDS, "median of the send calls", "none"),
    Metric("cpu", MILLISECONDS, "user + system CPU time, children included"),
    Metric("cpu_user", MILLISECONDS, "CPU time in the program's own code"),
    Metric("cpu_system", MILLISECONDS, "CPU time in the kernel on the program's behalf"),
    Metric("instructions", COUNT, "instructions retired in user mode, where the machine counts them"),
    Metric("memory_peak", BYTES, "peak resident set in the phase"),
    Metric("memory_rest", BYTES, "resident set at the end of the phase"),
    Metric("sent", BYTES, "bytes sent: Ethernet headers and ARP in, FCS out"),
    Metric("received", BYTES, "bytes received"),
    Metric("packets", COUNT, "packets sent"),
    Metric("received_packets", COUNT, "packets received"),
    Metric("ip", BYTES, "IP packets sent: the sum of their lengths"),
    Metric("tcp_sent", BYTES, "TCP payload sent, repeats included"),
    Metric("tcp_received", BYTES, "TCP payload received, repeats included"),
    Metric("retransmissions", COUNT, "TCP segments sent again"),
    Metric("connections", COUNT, "TCP connections opened by the node"),
    Metric("short_connections", COUNT, "TCP connections that ended in the phase, within a second of opening"),
    Metric("deliveries", COUNT, "messages delivered in the phase, each once a receiver", "none"),
    Metric("duplicates", COUNT, "reports of delivered messages in the phase beyond one each", "none"),
    Metric("lost", COUNT, "messages that had not arrived when the wait for them ended", "none"),
    Metric("lost", PERCENT, "their share of those that were awaited", "none"),
    Metric(
        "expired", COUNT, "awaited messages of which their sender said that they had reached nobody", "none"
    ),
    Metric("delivery", BYTES, "bytes that all nodes sent in the phase, a delivered message", "none"),
    Metric("second", BYTES, "bytes that a node at rest sends and receives in a second: the mean", "none"),
    Metric("day", BYTES, "bytes that a node at rest sends and receives in a day, at that rate", "none"),
    Metric("disk_read", BYTES, "bytes fetched from block devices"),
    Metric("disk_written", BYTES, "bytes handed to block devices"),
    Metric("page_faults", COUNT, "page faults, minor and major"),
    Metric("context_switches", COUNT, "context switches of the threads alive at the end of the phase"),
    Metric("threads", COUNT, "threads at the end of the phase"),
    Metric("goroutines", COUNT, "goroutines at the end of the phase"),
    Metric("go_heap", BYTES, "Go's heap in use at the end of the phase"),
    Metric("go_alloc", BYTES, "bytes Go allocated in the phase, freed ones included"),
    Metric("go_mallocs", COUNT, "objects Go allocated in the phase"),
    Metric("go_gc", COUNT, "garbage collections finished in the phase"),
    Metric(
        "go_gc_cpu",
        PERCENT,
        "share of the CPU time that Go's collector took from the node's start to its last collection, "
        "not that of the phase",
        "none",
    ),
)
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}

#: The one metric that processes and phases do not simply add up in.
MEMORY_PEAK: Final = "memory_peak_bytes"
#: What a published phase publishes; a phase with timed operations adds the two of OPERATION_METRICS.
PHASE_METRICS = ("time_ms", "cpu_ms", MEMORY_PEAK, "sent_bytes", "packets_count")
OPERATION_METRICS = ("latency_ms", "send_ms")
#: What only a network of the nodes' own can tell.
TRAFFIC_METRICS = (
    "sent_bytes",
    "received_bytes",
    "packets_count",
    "received_packets_count",
    "ip_bytes",
    "retransmissions_count",
    "connections_count",
    "short_connections_count",
    "delivery_bytes",
    "second_bytes",
    "day_bytes",
)

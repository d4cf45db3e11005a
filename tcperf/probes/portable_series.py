"""The driver's end of the portable sampler: the time series of a run where there is no Linux /proc."""

from __future__ import annotations

from pathlib import Path

from tcperf.network.pipes import PipedHelper

#: psutil's CPU times have a resolution of 10 to 16 ms there, and each look costs a system call or several.
INTERVAL_MS = 200


class PortableRecorder(PipedHelper):
    """A sampler process, for the series of one run after another; as ``tcperf.probes.meter``, without traffic."""

    def __init__(self) -> None:
        super().__init__("the sampler", "tcperf.probes.portable_sampler")

    def begin(self, run: str, zero_ns: int) -> None:
        """Begin the series of ``run``; times count from ``zero_ns`` on the monotonic clock."""
        self.ask("begin", run=run, zero_ns=zero_ns, interval_ms=INTERVAL_MS)

    def watch(self, name: str, pid: int, _counters: int | None = None) -> None:
        """Watch a node's process; there is no interface of its own to watch."""
        self.ask("watch", name=name, pid=pid)

    def control_port(self, _name: str, _port: int) -> None:
        """Nothing: no frame is seen that would have to be told from the nodes' own."""

    def cut(self, _phase: str, _at_realtime_ns: int) -> None:
        """Nothing: no frame is seen that would belong to a phase."""

    def end(self, path: Path, _traffic_path: Path | None = None) -> float:
        """Write the series to ``path``; the CPU milliseconds the sampler has used in its life."""
        cpu_ms: float = self.ask("end", path=str(path))
        return cpu_ms

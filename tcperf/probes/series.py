"""The driver's end of the sampler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tcperf.errors import MachineError
from tcperf.network.helper import HelperProcess

INTERVAL_MS = 50


class SeriesRecorder(HelperProcess):
    """A sampler process, for the series of one run after another."""

    def __init__(self) -> None:
        super().__init__("the sampler", "tcperf.probes.sampler")

    def begin(self, run: str, zero_ns: int) -> None:
        """Begin the series of ``run``; times count from ``zero_ns`` on the monotonic clock."""
        self._call("begin", run=run, zero_ns=zero_ns, interval_ms=INTERVAL_MS)

    def watch(self, name: str, pid: int, counters: int | None) -> None:
        """Watch a node's process, and its interface where ``counters`` is a descriptor of /proc/net/dev."""
        self._call("watch", () if counters is None else (counters,), name=name, pid=pid)

    def end(self, path: Path) -> float:
        """Write the series to ``path``; the CPU milliseconds the sampler has used in its life."""
        answer: dict[str, float] = self._call("end", path=str(path))
        return answer["cpu_ms"]

    def _call(self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any) -> Any:
        message, _descriptors = self.ask(operation, descriptors, **arguments)
        if "ok" not in message:
            raise MachineError(f"the sampler cannot {operation}: {message['error']}")
        return message["ok"]

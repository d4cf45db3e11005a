"""The one place where the operating system decides who draws a run's time series."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

from tcperf.system import this_system


class Recorder(Protocol):
    """Draws the time series of one run after another.  A context manager: leaving it ends its process."""

    def begin(self, run: str, zero_ns: int) -> None:
        """Begin the series of ``run``; times count from ``zero_ns`` on the monotonic clock."""

    def watch(self, name: str, pid: int, counters: int | None, /) -> None:
        """Watch a node's process, and its interface where ``counters`` is a descriptor of /proc/net/dev."""

    def control_port(self, name: str, port: int, /) -> None:
        """The port at which a node is driven: what passes there is none of the nodes' own traffic."""

    def cut(self, phase: str, at_realtime_ns: int, /) -> None:
        """Frames from this time on belong to ``phase``; "" is outside of every phase.  It asks and awaits nothing."""

    def end(self, path: Path, traffic_path: Path | None = None) -> float:
        """Write the series to ``path``, and what was captured, if anything was, to ``traffic_path``.

        The CPU milliseconds that recording has cost so far.  Raises MachineError where a file cannot be written.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...


def open_recorder() -> Recorder:
    """A recorder: on Linux one that reads /proc, elsewhere one that asks psutil.

    Raises MachineError where its process cannot be started.
    """
    if this_system().is_linux:
        from tcperf.probes.meter import Meter

        return Meter()
    from tcperf.probes.portable_series import PortableRecorder

    return PortableRecorder()

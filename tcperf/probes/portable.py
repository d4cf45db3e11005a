"""Figures of one process where there is no Linux /proc: psutil, in whole ticks, peaks only sampled."""

from __future__ import annotations

from typing import Any

from tcperf.probes.reading import Reading

_NS = 1_000_000_000


class PortableProcessProbe:
    """Reads ``pid`` through psutil.  The peak is the largest resident set seen at a reading."""

    def __init__(self, pid: int) -> None:
        import psutil

        self._gone = psutil.NoSuchProcess
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess as error:
            raise ProcessLookupError(f"process {pid} has ended") from error
        self._peak = 0

    def reset_peak(self) -> None:
        """Let the peak begin anew."""
        self._peak = 0

    def read(self) -> Reading:
        """The figures now.  Raises ProcessLookupError when the process has ended."""
        try:
            with self._process.oneshot():
                times = self._process.cpu_times()
                self._peak = max(self._peak, self._process.memory_info().rss)
                threads = self._process.num_threads()
                written = _written(self._process)
        except self._gone as error:
            raise ProcessLookupError(f"process {self._process.pid} has ended") from error
        # On macOS and Windows the children's times are missing and read as 0.
        seconds = times.user + times.system + times.children_user + times.children_system
        return Reading(
            cpu_ns=round(seconds * _NS),
            ended_children=round((times.children_user + times.children_system) * _NS),
            family=frozenset(),
            cpu_exactness="sampled",
            cpu_source="psutil",
            peak_bytes=self._peak,
            peak_exactness="sampled",
            peak_source="psutil",
            written_bytes=written,
            threads=threads,
        )

    def close(self) -> None:
        """Nothing is held open between readings."""


def _written(process: Any) -> int | None:
    counters = getattr(process, "io_counters", None)  # macOS has none
    return counters().write_bytes if counters is not None else None

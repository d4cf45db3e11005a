"""Figures of one process where there is no Linux /proc: psutil, in whole ticks, peaks only sampled."""

from __future__ import annotations

from typing import Any, Final

from tcperf.clock import NS_PER_S
from tcperf.probes.reading import Amount, Reading, State, Work

_SOURCE: Final = "psutil"
#: Where a system's memory_info() has page faults: macOS and BSD, Windows.
_FAULTS: Final = ("pfaults", "num_page_faults")


class PortableProcessProbe:
    """Reads ``pid`` through psutil.  The peak is the largest resident set seen at a reading."""

    def __init__(self, pid: int) -> None:
        import psutil

        self._gone = psutil.NoSuchProcess
        #: psutil's switches are on Linux those of the main thread alone.
        self._tells_switches = not psutil.LINUX
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess as error:
            raise ProcessLookupError(f"process {pid} has ended") from error
        self._peak = 0

    def begin(self) -> Reading:
        """The beginning of a phase: the peak begins anew.  Raises ProcessLookupError when it has ended."""
        self._peak = 0
        return self.end()

    def end(self) -> Reading:
        """The figures now.  Raises ProcessLookupError when the process has ended."""
        try:
            with self._process.oneshot():
                return Reading(self._work(), self._state(), frozenset())
        except self._gone as error:
            raise ProcessLookupError(f"process {self._process.pid} has ended") from error

    def close(self) -> None:
        """Nothing is held open between readings."""

    def _work(self) -> Work:
        times = self._process.cpu_times()
        # On macOS and Windows the children's times are missing and read as 0.
        user_ns = round((times.user + times.children_user) * NS_PER_S)
        system_ns = round((times.system + times.children_system) * NS_PER_S)
        ended = round((times.children_user + times.children_system) * NS_PER_S)
        return Work(Amount(user_ns + system_ns, "sampled", _SOURCE), user_ns, system_ns, ended)

    def _state(self) -> State:
        memory = self._process.memory_info()
        self._peak = max(self._peak, memory.rss)
        disk = _disk(self._process)
        faults = next((getattr(memory, name) for name in _FAULTS if hasattr(memory, name)), None)
        return State(
            peak_bytes=_sampled(self._peak),
            rest_bytes=_sampled(memory.rss),
            read_bytes=_bound(getattr(disk, "read_bytes", None)),
            written_bytes=_bound(getattr(disk, "write_bytes", None)),
            page_faults=_sampled(faults),
            threads=_sampled(self._process.num_threads()),
            switches=self._switches(),
        )

    def _switches(self) -> dict[int, int] | None:
        if not self._tells_switches:
            return None
        found = self._process.num_ctx_switches()
        return {self._process.pid: found.voluntary + found.involuntary}


def _sampled(value: int | None) -> Amount | None:
    return None if value is None else Amount(value, "sampled", _SOURCE)


def _bound(value: int | None) -> Amount | None:
    """Windows counts all that is read and written, devices and the network included."""
    return None if value is None else Amount(value, "bound", _SOURCE)


def _disk(process: Any) -> Any:
    counters = getattr(process, "io_counters", None)  # macOS has none
    return counters() if counters is not None else None

"""A short look at a process and its descendants: what would be lost should it end before the next one."""

from __future__ import annotations

from attrs import frozen

from tcperf.system import this_system


@frozen
class Glimpse:
    """CPU time so far in nanoseconds, children included, and the peak resident set since it was reset last.

    ``is_final``: the process has ended and waits to be reaped, so its CPU time is all it will ever be; the peak is None
    then, for its memory is gone, or where the system does not tell.  ``has_family``: it has, or had, children.
    """

    cpu_ns: int
    peak_bytes: int | None
    is_final: bool = False
    has_family: bool = False


def glimpse(pid: int) -> Glimpse:
    """A look at ``pid``, some 30 us on Linux.  Raises ProcessLookupError where it has ended and was reaped."""
    if this_system().is_linux:
        from tcperf import procfs
        from tcperf.probes import process

        family = procfs.descendants(pid)
        work = process.read_work(pid, family)
        return Glimpse(
            work.cpu_ns.value,
            process.read_peak((pid, *family)),
            is_final=procfs.has_ended(pid),
            has_family=bool(family or work.ended_children),
        )
    from tcperf.probes.portable import PortableProcessProbe

    reading = PortableProcessProbe(pid).end()
    peak = reading.state.peak_bytes
    return Glimpse(reading.work.cpu_ns.value, None if peak is None else peak.value)

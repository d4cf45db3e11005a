"""Instructions retired in user mode, where the machine counts them (perf_event_open(2)).

A counter is opened for each thread that a process has, and inherited by every thread and child these start,
so that they are counted from their birth on; the counts of ended ones are kept.  Many virtual machines have
no such counters, and some kernels refuse them: ``unavailable`` tells which.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf import procfs
from tcperf.probes.reading import Amount

#: include/uapi/asm-generic/unistd.h, and the tables of the machines that are older than it.
_CALLS: Final = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319}
_ANY_CPU: Final = -1
_NO_GROUP: Final = -1
_CLOSE_ON_EXEC: Final = 8
#: struct perf_event_attr in its first published size: type, size, config, sample_period, sample_type,
#: read_format, and the bit field of flags (include/uapi/linux/perf_event.h).
_ATTRIBUTES: Final = struct.Struct("=IIQQQQQ16x")
#: PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING, and what a read gives then.
_READ_FORMAT: Final = 3
_READ: Final = struct.Struct("=QQQ")
#: The flags inherit, exclude_kernel and exclude_hv.
_FLAGS: Final = 1 << 1 | 1 << 5 | 1 << 6
#: Descriptors that stay free for everything else: with many threads in many nodes counters are what yields.
_RESERVE: Final = 256
_NO_COUNTERS: Final = {errno.ENOENT, errno.EOPNOTSUPP, errno.ENODEV, errno.ENXIO}
_REFUSED: Final = {errno.EACCES, errno.EPERM}
_PARANOIA: Final = Path("/proc/sys/kernel/perf_event_paranoid")
_SPIN: Final = 1000


@frozen
class Event:
    """What is counted: a perf type and its configuration."""

    type: int
    config: int


#: PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS.
INSTRUCTIONS: Final = Event(0, 1)
#: PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK: nanoseconds of CPU, on every machine that has perf events.
TASK_CLOCK: Final = Event(1, 1)


class Counter:
    """Counts an event in all present threads of some processes, and in whatever these start from now on.

    Raises OSError where the machine or the kernel does not let it.
    """

    def __init__(self, pids: Iterable[int], event: Event = INSTRUCTIONS) -> None:
        self._descriptors: list[int] = []
        pids = tuple(pids)
        threads = procfs.threads(pids)
        try:
            for thread in threads:
                with suppress(ProcessLookupError):  # ended meanwhile
                    self._descriptors.append(_open(thread, event))
        except OSError:
            self.close()
            raise
        # A thread born before its parent was counted is not: then it is said that some may be missing.
        self._is_whole = procfs.threads(pids) <= threads

    def read(self) -> Amount | None:
        """The count so far; None where the machine had no time to count at all.

        A counter that had to share the hardware is scaled by its time there.
        """
        is_whole, total = self._is_whole, 0
        for descriptor in self._descriptors:
            count, enabled, running = _READ.unpack(os.read(descriptor, _READ.size))
            if running < enabled:
                if not running:
                    return None
                is_whole = False
                count = round(count * enabled / running)
            total += count
        return Amount(total, "exact" if is_whole else "sampled", "perf") if self._descriptors else None

    def close(self) -> None:
        """Stop counting; safe to call twice."""
        while self._descriptors:
            os.close(self._descriptors.pop())


@cache
def unavailable() -> str | None:
    """Why this machine cannot count instructions; None where it can.  Asked once, it is known for good."""
    try:
        counter = Counter((os.getpid(),))
    except OSError as error:
        return _reason(error)
    try:
        sum(range(_SPIN))
        found = counter.read()
    finally:
        counter.close()
    return None if found is not None and found.value > 0 else "its hardware counters stand still"


def _reason(error: OSError) -> str:
    if error.errno in _NO_COUNTERS:
        return "it has no hardware counters, as many virtual machines"
    if error.errno in _REFUSED:
        return _refusal()
    return f"perf_event_open fails: {error.strerror}"


def _refusal() -> str:
    try:
        level = _PARANOIA.read_text("ascii").strip()
    except OSError:
        return "the kernel refuses, and does not tell its perf_event_paranoid"
    return f"the kernel refuses: kernel.perf_event_paranoid is {level}, and 2 is needed, or a filter forbids the call"


def _open(thread: int, event: Event) -> int:
    """A counter's descriptor.  Raises OSError."""
    attributes = ctypes.create_string_buffer(
        _ATTRIBUTES.pack(event.type, _ATTRIBUTES.size, event.config, 0, 0, _READ_FORMAT, _FLAGS)
    )
    numbers = (ctypes.c_long(number) for number in (thread, _ANY_CPU, _NO_GROUP, _CLOSE_ON_EXEC))
    descriptor: int = _libc().syscall(ctypes.c_long(_call_number()), attributes, *numbers)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if descriptor >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _RESERVE:
        os.close(descriptor)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    return descriptor


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _call_number() -> int:
    """The system call's number.  Raises OSError where it is not known, as in a 32-bit Python."""
    number = _CALLS.get(platform.machine())
    if number is None or sys.maxsize <= 1 << 32:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    return number

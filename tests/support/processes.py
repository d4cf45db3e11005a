"""Watching processes from outside, for tests that kill things."""

import contextlib
import os
import select
import sys
import time
from pathlib import Path

from tcperf import procfs


def is_gone(pid):
    """Ended: not there, or a zombie (some containers' first process does not reap)."""
    fields = procfs.stat_fields(pid)
    return fields is None or fields[0] in {"Z", "X"}


def await_gone(pids, timeout_s=15.0):
    """Wait on pidfds until every process has ended; those that have not."""
    left = []
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with contextlib.closing(os.fdopen(descriptor)) as file:
            poll = select.poll()
            poll.register(file, select.POLLIN)
            poll.poll(timeout_s * 1000)
        if not is_gone(pid):
            left.append(pid)
    return left


def await_unlisted(pid, timeout_s=15.0):
    """Wait until the kernel's lists have lost a process that nobody reaps.

    To its parent's wait such a child is gone a moment before it leaves its parent's list of children.
    """
    deadline = time.monotonic() + timeout_s
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, f"process {pid} is still listed after {timeout_s} s"
        time.sleep(0.001)


def network_namespaces(pid):
    """The network namespaces that a process's threads live in, by the kernel's names.

    The names of those that are gone are used again: compare them only while somebody lives there.
    """
    found = set()
    for path in Path(f"/proc/{pid}/task").glob("[0-9]*/ns/net"):
        with contextlib.suppress(OSError):
            found.add(str(path.readlink()))
    return found


def inhabitants(namespaces):
    """The processes with a thread in one of these network namespaces: with the last one it is gone, too."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return {pid for pid in pids if network_namespaces(pid) & namespaces}


def python(code):
    """A command line for a small program."""
    return [sys.executable, "-c", code]

"""Containers made by hand: a process with a control group (version 2) and a network namespace of its own."""

import contextlib
import os
import sys
import time
from itertools import count
from pathlib import Path

import contained_program
import pytest
from processes import await_gone
from telling import Telling

from tcperf.clock import Deadline

_numbers = count()


def group_root():
    """Where a control group can be made; None where it cannot."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _dash, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            point = Path(before.split()[4])
            return point if os.access(point / "cgroup.procs", os.W_OK) else None
    return None


needs_groups = pytest.mark.skipif(group_root() is None, reason="no cgroup v2 is writable for this user")


@contextlib.contextmanager
def group():
    folder = group_root() / f"tcperf-test-{os.getpid()}-{next(_numbers)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        pids = [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
        (folder / "cgroup.kill").write_text("1")
        await_gone(pids)
        deadline = Deadline.after(10)
        while True:  # the last process leaves its group a moment after it has ended
            try:
                folder.rmdir()
            except OSError:
                assert not deadline.expired
                time.sleep(0.005)
            else:
                break


class Contained(Telling):
    """A program in a container, on a host of a private network."""

    def __init__(self, host, folder, socket_path):
        self.host = host
        self.folder = folder
        with Path(os.devnull).open("r+b") as nothing:
            argv = [sys.executable, contained_program.__file__, str(socket_path)]
            self.child = host.spawn(
                argv, cwd=Path("/"), env=dict(os.environ), stdout=nothing.fileno(), stderr=nothing.fileno()
            )
        (folder / "cgroup.procs").write_text(str(self.child.pid))
        self.pid = self.child.pid
        super().__init__(socket_path)

    def stop(self):
        self.child.signal(9)
        assert self.child.wait(10) is not None


@contextlib.contextmanager
def contained(host, tmp_path):
    with group() as folder:
        made = Contained(host, folder, tmp_path / f"program-{next(_numbers)}.sock")
        try:
            yield made
        finally:
            made.release()
            made.stop()

"""Containers made by hand: a process with a control group (version 2) and a network namespace of its own."""

import contextlib
import json
import os
import socket
import sys
import time
from itertools import count
from pathlib import Path

import contained_program
import pytest
from processes import await_gone

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


class Contained:
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
        self.pid, self.path = self.child.pid, socket_path
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        deadline = Deadline.after(20)
        while True:
            try:
                self._connection.connect(str(socket_path))
            except OSError:
                assert not deadline.expired
                time.sleep(0.005)
            else:
                break
        self._stream = self._connection.makefile("rw")

    def tell(self, *what):
        """Let it do something; the CPU time in milliseconds that it took of its own clock."""
        self._stream.write(json.dumps(what) + "\n")
        self._stream.flush()
        return json.loads(self._stream.readline())

    def stop(self):
        self.child.signal(9)
        assert self.child.wait(10) is not None

    def release(self):
        """Let somebody else tell it what to do: it serves one after another."""
        self._stream.close()
        self._connection.close()

    close = release


@contextlib.contextmanager
def contained(host, tmp_path):
    with group() as folder:
        made = Contained(host, folder, tmp_path / f"program-{next(_numbers)}.sock")
        try:
            yield made
        finally:
            made.close()
            made.stop()

"""The broker's children: started without capabilities, waited for, never outliving it.

A thread for each child waits for its end and writes one JSON record into the pipe that the driver gave:
``{"status": …, "user_ms": …, "system_ms": …}`` (wait4(2): the child and the children it waited for).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time

from tcperf import procfs
from tcperf.network import linux

_END_DEADLINE_S = 10.0
_MS = 1000.0


class Children:
    """The processes started here that still run, and their orphans."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alive: dict[int, threading.Thread] = {}

    def start(
        self, argv: list[str], cwd: str, env: dict[str, str], *, stdout: int, stderr: int, exit_pipe: int
    ) -> int:
        """Start a program in the calling thread's namespace; its pid.  Raises OSError with the reason."""
        broker = os.getpid()

        def before_exec() -> None:
            linux.die_with_parent(broker)
            linux.give_up_capabilities()

        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=before_exec,  # noqa: PLW1509 - plain system calls; no lock of ours can be held
        )
        waiter = threading.Thread(target=self._wait, args=(process, os.dup(exit_pipe)), daemon=True)
        with self._lock:
            self._alive[process.pid] = waiter
        waiter.start()
        return process.pid

    def _wait(self, process: subprocess.Popen[bytes], exit_pipe: int) -> None:
        # First wait without reaping: the pid stays taken until no signal can be on its way to it.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            _pid, status, usage = os.wait4(process.pid, 0)
            del self._alive[process.pid]
        process.returncode = os.waitstatus_to_exitcode(status)
        record = {
            "status": process.returncode,
            "user_ms": usage.ru_utime * _MS,
            "system_ms": usage.ru_stime * _MS,
        }
        with contextlib.suppress(OSError):  # the driver is gone, and nobody asks any more
            os.write(exit_pipe, json.dumps(record).encode("ascii"))
        os.close(exit_pipe)

    def signal(self, pid: int, number: int) -> bool:
        """Signal a child; False if it is none of ours or has ended."""
        with self._lock:
            if pid not in self._alive:
                return False
            os.kill(pid, number)
            return True

    def end(self) -> int:
        """Kill every child and every orphan of theirs; how many could not be ended by the deadline."""
        deadline = time.monotonic() + _END_DEADLINE_S
        while True:
            with self._lock:
                waiters = dict(self._alive)
            family = procfs.descendants(os.getpid())
            if not (waiters or family) or time.monotonic() > deadline:
                return len(family)
            for pid in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for waiter in waiters.values():
                waiter.join(max(0.0, deadline - time.monotonic()))
            for pid in set(family) - set(waiters):
                _reap_orphan(pid)


def _reap_orphan(pid: int) -> None:
    """Reap an adopted child; one that is still its killed parent's will be adopted, and found next time."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)

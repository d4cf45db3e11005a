"""The broker's children: started without capabilities, waited for, never outliving it.

A thread for each child waits for its end and writes one JSON record into the pipe that the driver gave: the
fields of ``tcperf.network.interface.Exit`` (wait4(2): the child and the children it waited for).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import threading
import time

import attrs

from tcperf import procfs
from tcperf.network import linux
from tcperf.network.interface import Exit

_END_DEADLINE_S = 10.0
_NUMBER = 8
_KIB = 1024
#: The place of cminflt in what ``procfs.stat_fields`` reads.
_CHILDREN_MINOR_FAULTS = 8


@attrs.frozen
class _Begun:
    """A process that has become its program: when, and the peak of our fork's memory until then."""

    process: subprocess.Popen[bytes]
    began_ns: int
    inherited_bytes: int


class Children:
    """The processes started here that still run, and their orphans."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alive: dict[int, threading.Thread] = {}

    def start(
        self, argv: list[str], cwd: str, env: dict[str, str], *, stdout: int, stderr: int, exit_pipe: int
    ) -> tuple[int, int]:
        """Start a program in the calling thread's namespace.

        Its pid, and the CPU nanoseconds it had used before it became the program: those are our fork's.
        Raises OSError with the reason.
        """
        broker = os.getpid()
        used, report = os.pipe()

        def before_exec() -> None:
            linux.die_with_parent(broker)
            linux.give_up_capabilities()
            inherited_bytes = procfs.peak_bytes(os.getpid())
            numbers = time.process_time_ns(), time.monotonic_ns(), inherited_bytes
            os.write(report, b"".join(number.to_bytes(_NUMBER) for number in numbers))

        try:
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
            launch_cpu_ns, began_ns, inherited_bytes = (
                int.from_bytes(os.read(used, _NUMBER)) for _ in range(3)
            )
        except subprocess.SubprocessError as error:  # all that Python tells of a failure before the exec
            raise OSError(errno.EPERM, "its capabilities cannot be given up") from error
        finally:
            os.close(used)
            os.close(report)
        begun = _Begun(process, began_ns, inherited_bytes)
        waiter = threading.Thread(target=self._wait, args=(begun, os.dup(exit_pipe)), daemon=True)
        with self._lock:
            self._alive[process.pid] = waiter
        waiter.start()
        return process.pid, launch_cpu_ns

    def _wait(self, begun: _Begun, exit_pipe: int) -> None:
        process = begun.process
        # First wait without reaping: the pid stays taken until no signal can be on its way to it.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        ended_ns = time.monotonic_ns()
        fields = procfs.stat_fields(process.pid)
        with self._lock:
            _pid, status, usage = os.wait4(process.pid, 0)
            del self._alive[process.pid]
        process.returncode = os.waitstatus_to_exitcode(status)
        ended = attrs.evolve(
            Exit.of(process.returncode, usage),
            began_ns=begun.began_ns,
            ended_ns=ended_ns,
            peak_bytes=usage.ru_maxrss * _KIB,
            inherited_bytes=begun.inherited_bytes,
            parent=os.getpid(),
            children_faults=None if fields is None else int(fields[_CHILDREN_MINOR_FAULTS]),
        )
        record = attrs.asdict(ended)
        with contextlib.suppress(OSError):  # the driver is gone, and nobody asks any more
            os.write(exit_pipe, json.dumps(record).encode("ascii"))
        os.close(exit_pipe)

    def signal(self, pid: int, number: int, *, group: bool = False) -> bool:
        """Signal a child, or its ``group``, which bears its number; False if it is none of ours or has ended."""
        with self._lock:
            if pid not in self._alive:
                return False
            (os.killpg if group else os.kill)(pid, number)
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

"""A host after tcperf.network.interface that is simply this machine: subprocess and the loopback."""

import os
import socket
import subprocess
import threading
from pathlib import Path

from tcperf.errors import NodeError
from tcperf.network.interface import Exit
from tcperf.nodes.interface import Place


class LoopbackChild:
    def __init__(self, process):
        self._process = process
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._exit = None
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self):
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:  # a signal never hits a pid that is free again
            _pid, status, usage = os.wait4(self.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._exit = Exit.of(self._process.returncode, usage)
            self._ended.set()

    @property
    def pid(self):
        return self._process.pid

    @property
    def launch_cpu_ns(self):
        return 0

    def signal(self, number, *, group=False):
        with self._lock:
            if not self._ended.is_set():
                (os.killpg if group else os.kill)(self.pid, number)

    def wait(self, timeout_s):
        return self._exit if self._ended.wait(timeout_s) else None


class LoopbackHost:
    def __init__(self, name="alice", address="127.0.0.1"):
        self.name = name
        self.address = address
        self.children = []

    def socket(self):
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def spawn(self, argv, *, cwd, env, stdout, stderr):
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            raise NodeError(f"{self.name} cannot be started: {argv[0]}: {error.strerror}") from error
        self.children.append(LoopbackChild(process))
        return self.children[-1]

    def counters(self):
        return None

    def counters_fd(self):
        return None


def make_place(
    folder: Path, name="alice", on_launch=lambda _pid: None, on_end=lambda: None, address="127.0.0.1"
):
    return Place(LoopbackHost(name, address), folder, folder / f"{name}.log", on_launch, on_end)


class CalmWitness:
    """A witness of a node that lives and has printed two lines."""

    name = "alice"
    log_path = Path("/logs/alice.log")

    def __init__(self, fate=None):
        self._fate = fate

    def fate(self):
        return self._fate

    def last_lines(self):
        return ("first", "second")

"""The coordinator's end of one worker process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Final

from tcperf import clock
from tcperf.clock import Deadline
from tcperf.errors import MachineError
from tcperf.lanes.messages import Lines, Message, send
from tcperf.modules import module_command, module_environment
from tcperf.refusals import SHORTAGES
from tcperf.system import own_session

#: The program of a worker.
WORKER: Final = "tcperf.lanes.worker"
_CHUNK: Final = 65536
_LAST_LINES: Final = 20
#: A process that has closed its socket is a moment away from its exit status.
_FATE_S: Final = 1.0


class LaneLostError(Exception):
    """A worker says nothing any more; the lane's ``lost`` tells people why."""


class Lane:
    """A running worker, of the program ``module``.  ``number`` counts from 0; people see it from 1.

    Raises MachineError where it cannot be started.
    """

    def __init__(self, number: int, setup: Message, module: str = WORKER) -> None:
        self.number = number
        self._lines = Lines()
        self._heard_ns = self._asked_ns = clock.monotonic_ns()
        self._silent_s: float | None = None
        self._is_lost = False
        self._read_bytes = 0
        with contextlib.ExitStack() as opened:
            try:
                self._process = self._start(module, opened)
            except OSError as error:
                cure = SHORTAGES.get(error.errno or 0)
                raise MachineError(f"{self} cannot be started: {error.strerror}", cure=cure) from error
            self._opened = opened.pop_all()
        self.send({"setup": setup})

    def _start(self, module: str, opened: contextlib.ExitStack) -> subprocess.Popen[bytes]:
        # What a scenario prints there must not stop it when nobody reads: a file takes everything.
        self._words = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it closes with the stack
        self._socket, theirs = socket.socketpair()
        opened.enter_context(self._socket)
        with theirs:
            return subprocess.Popen(
                module_command(module, str(theirs.fileno())),
                env=module_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=self._words,
                pass_fds=(theirs.fileno(),),
                **own_session(),
            )

    def __str__(self) -> str:
        """What people call it: ``lane 2's worker``."""
        return f"lane {self.number + 1}'s worker"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can take an assignment."""
        return not self._is_lost and self._process.poll() is None

    def fileno(self) -> int:
        """What to wait on for its messages."""
        return self._socket.fileno()

    def expect(self) -> None:
        """From now on it should be heard of: while it had nothing to do nobody listened."""
        self._heard_ns = self._asked_ns = clock.monotonic_ns()

    def begin(self, assignment: Message) -> None:
        """Give it an assignment."""
        self.send({"play": assignment})

    def send(self, message: Message) -> None:
        """Tell it something; one that has ended is told nothing, and ``receive`` raises."""
        with contextlib.suppress(ConnectionError):
            send(self.fileno(), message)

    def receive(self) -> Iterator[Message]:
        """The messages that have come; it waits for a part of one at least.

        Raises LaneLostError where there will be no more.
        """
        chunk = b""
        with contextlib.suppress(ConnectionError):
            chunk = os.read(self.fileno(), _CHUNK)
        if not chunk:
            self._is_lost = True
            raise LaneLostError
        self._heard_ns = clock.monotonic_ns()
        return self._lines.feed(chunk)

    def check(self, silence_s: float) -> None:
        """Ask it for a sign when it has been silent for a while; kill it after ``silence_s`` without any."""
        now_ns = clock.monotonic_ns()
        limit_ns = round(silence_s * clock.NS_PER_S)
        if now_ns - self._heard_ns > limit_ns:
            self._silent_s = silence_s
            self._process.kill()
        elif now_ns - max(self._heard_ns, self._asked_ns) > limit_ns // 4:
            self._asked_ns = now_ns
            self.send({"ping": True})

    def lost(self) -> MachineError:
        """The error of whatever it was doing when it was lost."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_FATE_S)
        return MachineError(
            f"{self}, a process of tcperf's own, {self._fate()}",
            cure="see whether the machine ran out of memory or something killed it",
            details=tuple(self.words()[-_LAST_LINES:]),
        )

    def _fate(self) -> str:
        status = self._process.poll()
        if self._silent_s is not None:
            return f"gave no sign for {self._silent_s:g} s, and was killed"
        if status is None:
            return "said no more"
        return f"ended with status {status}" if status >= 0 else f"was killed by {_signal_name(-status)}"

    def words(self) -> list[str]:
        """The lines that were printed there since the last time: a scenario's, or a traceback."""
        # Not by the file's own position: the process has the same one, and writes there.
        text = b""
        while chunk := os.pread(self._words.fileno(), _CHUNK, self._read_bytes):
            self._read_bytes += len(chunk)
            text += chunk
        return text.decode("utf-8", "replace").splitlines()

    def hang_up(self) -> None:
        """Tell it to end, taking down whatever it has; safe to call twice."""
        self._socket.close()

    def close(self, deadline: Deadline) -> None:
        """Hang up, wait for its end, and kill it at the deadline; safe to call twice."""
        self.hang_up()
        try:
            self._process.wait(deadline.remaining_s())
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._opened.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

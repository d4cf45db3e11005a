"""A program as it is launched, and its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from tcperf.errors import NodeError, TcperfError
from tcperf.network.interface import Child, Exit, Host

_LONG_S: Final = 3600.0


@frozen
class Command:
    """What is to be launched: the words of its command, the folder it runs in, and its environment."""

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str]

    def with_variable(self, name: str, value: str) -> Command:
        """The same, with one more variable."""
        return evolve(self, env={**self.env, name: value})


class Program:
    """A launched program; made by ``launch``.  ``end_fd`` becomes readable when it has ended."""

    def __init__(self, child: Child, stdout: int, stderr: int) -> None:
        self.child = child
        self.stdout = stdout
        self.stderr = stderr
        self.end_fd, self._end = os.pipe()
        self._exit: Exit | None = None
        self._error: TcperfError | None = None
        self._thread = threading.Thread(target=self._await_end, name="program's end", daemon=True)
        self._thread.start()

    @classmethod
    def launch(cls, command: Command, host: Host) -> Program:
        """Start it, with pipes for its outputs; who reads them closes them.  Raises NodeError."""
        pipes = [os.pipe(), os.pipe()]
        (stdout, stdout_end), (stderr, stderr_end) = pipes
        try:
            child = host.spawn(
                command.argv, cwd=command.folder, env=command.env, stdout=stdout_end, stderr=stderr_end
            )
        except BaseException:
            os.close(stdout)
            os.close(stderr)
            raise
        finally:
            os.close(stdout_end)
            os.close(stderr_end)
        return cls(child, stdout, stderr)

    def _await_end(self) -> None:
        try:
            while self._exit is None:
                self._exit = self.child.wait(_LONG_S)
        except TcperfError as error:  # the broker is gone
            self._error = error
        finally:
            os.close(self._end)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.child.pid

    @property
    def has_ended(self) -> bool:
        """Whether its end is known, or that nobody will know it."""
        return not self._thread.is_alive()

    @property
    def parent(self) -> int | None:
        """Of an ended one, the process that adopts what it leaves; None while it runs, and where nobody does."""
        return None if self._exit is None else self._exit.parent

    def ended(self, seconds: float) -> Exit:
        """How it ended.  Raises NodeError where it has not within ``seconds``, MachineError where nobody knows."""
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        if self._exit is None:
            raise NodeError(f"the program (process {self.pid}) still runs {seconds:g} s after SIGKILL")
        return self._exit

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal, unless it has ended; to its process ``group``, as a terminal does: a shell passes on nothing."""
        if not self.has_ended:
            self.child.signal(number, group=group)

    def close(self) -> None:
        """Close the descriptor that tells its end."""
        if self.end_fd >= 0:
            os.close(self.end_fd)
            self.end_fd = -1

"""Drains a program's output into its log, at little cost of our own and without stalling the program.

A program whose pipe is full waits for us, and what it was about to do is late: a node that logs would be
measured as a slow one.  So the output is left in the pipe for a moment only where the pipe is large.  Even then
a program that prints more than 1 MiB within 200 ms may wait for the rest of them, once: after a look that found
that much, output is read as it comes until there is none left.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable

from tcperf.nodes.logs import CappedLog, Lines

if sys.platform == "linux":
    import fcntl

_CHUNK = 65536
#: A chatty node prints dozens of lines a message; to read each as it comes would cost our own CPU more than
#: the message itself.  So, once nobody waits for a line, output is taken in large gulps from a large pipe.
_READ_EVERY_MS = 200
#: What Linux gives to anybody (fs.pipe-max-size), unless the user has too much of it (pipe-user-pages-soft).
_PIPE_SIZE = 1024 * 1024
_CATCH_UP_S = 0.5


class Pump:
    """A thread that owns ``output``, the reading end of the program's pipe, and ``log``.

    ``on_line`` is called in it for each line, ``on_end`` once when the output has ended.  It reads at once
    while ``is_awaited()``, and always from a pipe that cannot be made large; else five times a second.  The end
    is noticed at once in any case.
    """

    def __init__(
        self,
        name: str,
        output: int,
        log: CappedLog,
        *,
        on_line: Callable[[str], None],
        is_awaited: Callable[[], bool],
        on_end: Callable[[], None],
    ) -> None:
        self._output = output
        self._log = log
        self._on_line = on_line
        self._is_awaited = is_awaited
        self._on_end = on_end
        self._lines = Lines()
        self._changed = threading.Condition()
        self._wake_read, self._wake_write = os.pipe()
        self._is_flooding = False
        self._is_closing = False
        self._has_ended = False
        self._asked = 0
        self._answered = 0
        os.set_blocking(output, False)
        self._is_roomy = _enlarge(output)
        self._thread = threading.Thread(target=self._drain, name=f"{name}-log", daemon=True)
        self._thread.start()

    def last_lines(self, count: int) -> tuple[str, ...]:
        """Up to ``count`` last lines that were printed until now, oldest first."""
        self._catch_up()
        return self._lines.last(count)

    def stop(self, drain_s: float) -> None:
        """Wait up to ``drain_s`` seconds for the output's end, then stop reading; safe to call twice."""
        self._thread.join(drain_s)
        with self._changed:
            if self._wake_write >= 0:
                os.close(self._wake_write)
                self._wake_write = -1
        self._thread.join()

    def _drain(self) -> None:
        is_open = True
        try:
            while is_open and not self._is_closing:
                self._pause()
                asked = self._asked
                is_open = self._read()
                with self._changed:
                    self._answered = asked
                    self._changed.notify_all()
            for line in self._lines.end():
                self._on_line(line)
        finally:
            os.close(self._output)
            self._log.close()
            with self._changed:  # nobody may be about to write to what is closed here
                self._has_ended = True
                os.close(self._wake_read)
                self._changed.notify_all()
            self._on_end()

    def _pause(self) -> None:
        """Wait for output while it is awaited or may not wait, else for its end or the time to read."""
        is_eager = not self._is_roomy or self._is_flooding or self._is_awaited()
        poll = select.poll()
        poll.register(self._output, select.POLLIN if is_eager else 0)  # its end is told in any case
        poll.register(self._wake_read, select.POLLIN)
        ready = poll.poll(None if is_eager else _READ_EVERY_MS)
        if any(fd == self._wake_read for fd, _event in ready):
            self._is_closing = not os.read(self._wake_read, _CHUNK)

    def _read(self) -> bool:
        """Take what there is, within bounds; False at the end."""
        self._is_flooding = False
        for _ in range(_PIPE_SIZE // _CHUNK):
            try:
                chunk = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._log.write(chunk)
            for line in self._lines.feed(chunk):
                self._on_line(line)
        self._is_flooding = True
        return True

    def _catch_up(self) -> None:
        """Have the thread read now what was printed so far."""
        with self._changed:
            if self._has_ended or self._wake_write < 0:
                return
            self._asked += 1
            asked = self._asked
            os.write(self._wake_write, b"!")
            self._changed.wait_for(lambda: self._has_ended or self._answered >= asked, _CATCH_UP_S)


def _enlarge(pipe: int) -> bool:
    """Give a pipe _PIPE_SIZE; whether it has it.  Refused, it keeps its size: 64 KiB, or as little as 4."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) >= _PIPE_SIZE

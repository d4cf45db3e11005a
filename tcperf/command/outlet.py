"""One output of a program: read as it comes, kept in a log, shown line by line."""

from __future__ import annotations

import os
import select
import selectors
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tcperf import clock
from tcperf.nodes.logs import CappedLog, Lines

#: As much as a pipe holds, on Linux (pipe(7)).
_CHUNK: Final = 65536
#: Nobody waits for more than so many chunks of a program that does not stop talking.
_CHUNKS: Final = 16
_LAST_LINES: Final = 20


class Outlet:
    """The reading end ``pipe`` of an output, which it owns.

    ``on_lines`` is called with the lines that came at one time, ``on_data`` with whatever came before that.
    ``held_ns`` is how long it took, at most, to pass on what came while the pipe was filled again: who printed then
    had to wait.
    """

    def __init__(
        self,
        pipe: int,
        log: Path,
        selector: selectors.BaseSelector,
        *,
        on_lines: Callable[[Sequence[str]], None],
        on_data: Callable[[bytes], None],
    ) -> None:
        self._pipe = pipe
        self._selector = selector
        self._on_lines = on_lines
        self._on_data = on_data
        self._lines = Lines()
        self._is_open = True
        self.held_ns = 0
        try:
            self._log = CappedLog(log)
        except BaseException:
            os.close(pipe)
            raise
        os.set_blocking(pipe, False)
        selector.register(pipe, selectors.EVENT_READ, self.read)

    @property
    def log_path(self) -> Path:
        """Where it is kept."""
        return self._log.path

    @property
    def log_failure(self) -> str | None:
        """Why the log is incomplete, or None."""
        return self._log.failure

    def last_lines(self) -> tuple[str, ...]:
        """The last lines that were printed, oldest first."""
        return self._lines.last(_LAST_LINES)

    def read(self) -> None:
        """Take what there is, within bounds."""
        for _ in range(_CHUNKS):
            if not self._is_open or not self._read():
                return

    def _read(self) -> bool:
        """Take a chunk; False where there is none now, or none any more."""
        begin_ns = clock.monotonic_ns()
        try:
            chunk = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self.close()
            return False
        self._log.write(chunk)
        try:
            self._on_data(chunk)
        finally:  # what was printed before a mark that cannot be taken is shown all the same
            lines = self._lines.feed(chunk)
            if lines:
                self._on_lines(lines)
        if _is_full(self._pipe):  # it filled while this was passed on, and nobody knows at which moment
            self.held_ns += clock.monotonic_ns() - begin_ns
        return True

    def close(self) -> None:
        """Show the unfinished line, and read no more; safe to call twice."""
        if not self._is_open:
            return
        self._is_open = False
        self._selector.unregister(self._pipe)
        os.close(self._pipe)
        self._log.close()
        lines = list(self._lines.end())
        if lines:
            self._on_lines(lines)


def _is_full(pipe: int) -> bool:
    """Whether a program that writes into the ``pipe`` has to wait now.

    A writing end of our own is asked, for a moment: a pipe is full when its pages are, and how many bytes these hold
    depends on how they were written.
    """
    try:
        end = os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # too many files are open
        return False
    try:
        poll = select.poll()
        poll.register(end, select.POLLOUT)
        return not poll.poll(0)
    finally:
        os.close(end)

"""Drains a program's output where a pipe can be read but not polled (Windows)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from tcperf.nodes.logs import CappedLog, Lines

_CHUNK = 65536
#: The thread reads whatever comes at once: what was printed before is a moment away.
_CATCH_UP_S = 0.1


class BlockingPump:
    """As ``tcperf.nodes.pump.Pump``, by a thread that waits in a read, so always at once.

    Nothing can end that wait but the output's end: ``stop`` gives the log back before it, where another process
    of the program's still holds the pipe, and what that prints is lost.
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
        del is_awaited  # it reads at once in any case
        self._output = output
        self._log = log
        self._on_line = on_line
        self._on_end = on_end
        self._lines = Lines()
        self._lock = threading.Lock()
        self._is_over = False
        self._thread = threading.Thread(target=self._drain, name=f"{name}-log", daemon=True)
        self._thread.start()

    def last_lines(self, count: int) -> tuple[str, ...]:
        """Up to ``count`` last lines that were printed until now, oldest first."""
        self._thread.join(_CATCH_UP_S)
        return self._lines.last(count)

    def stop(self, drain_s: float) -> None:
        """Wait up to ``drain_s`` seconds for the output's end, then write no more; safe to call twice."""
        self._thread.join(drain_s)
        self._finish()

    def _drain(self) -> None:
        try:
            while chunk := os.read(self._output, _CHUNK):
                self._take(chunk)
            for line in self._lines.end():
                self._on_line(line)
        finally:
            os.close(self._output)
            self._finish()

    def _take(self, chunk: bytes) -> None:
        with self._lock:
            if self._is_over:
                return
            self._log.write(chunk)
        for line in self._lines.feed(chunk):
            self._on_line(line)

    def _finish(self) -> None:
        """Close the log and tell the end, once."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
            self._log.close()
        self._on_end()

"""SIGINT and SIGTERM become one exception in the main thread; while things are taken down they wait.

On Windows SIGBREAK does, too: it is what arrives there when a console is closed, or Ctrl-Break pressed.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any, Self

from tcperf.errors import Interrupted

_SIGNALS = [signal.SIGINT, signal.SIGTERM]
if sys.platform == "win32":
    _SIGNALS.append(signal.SIGBREAK)


class Interrupts:
    """Turns these signals into Interrupted between ``with`` and its end.

    Once things are being taken down because of a signal, the ones after it come from impatience and wait:
    the take-down is bounded in time.  Until then each signal is raised, for Python may drop an exception (in
    a finalizer, or where a scenario catches everything).
    """

    def __init__(self) -> None:
        self._pending: int | None = None
        self._is_taken_down = False
        self._shielded = 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_exception: object) -> None:
        """Give the signals back; once one was heeded, an impatient second must not end what is left of us otherwise."""
        for number, handler in self._previous.items():
            signal.signal(number, handler if self._pending is None else signal.SIG_IGN)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._pending = self._pending or number
        if not self._shielded and not self._is_taken_down:
            self._raise()

    def _raise(self) -> None:
        if self._pending is not None:
            raise Interrupted(self._pending, signal.Signals(self._pending).name)

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """A block that no signal breaks; one that arrived before or meanwhile is raised after it."""
        self._shielded += 1
        if self._pending is not None:
            self._is_taken_down = True
        try:
            yield
        finally:
            self._shielded -= 1
        if not self._shielded:
            self._raise()

    @contextmanager
    def resources(self) -> Iterator[ExitStack]:
        """A stack of resources that are given back in reverse, where no signal can break the giving back."""
        stack = ExitStack()
        try:
            yield stack
        finally:
            with self.shielded():
                stack.close()

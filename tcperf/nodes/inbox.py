"""The signals of one node, in the order of their arrival, waited for with a cursor.

A *cursor* is a place between two signals.  A wait looks only at what came after its cursor and gives the
cursor behind what it found, so that a second wait never finds an old signal.  Two messages may come in one
signal: waits for several messages that were sent together start from the same cursor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from attrs import frozen

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.nodes.witness import Witness, failure, loss

#: What is remembered for waits with an older cursor: at most so many signals, and bytes of their text.
_KEPT = 10_000
_KEPT_BYTES = 64 * 1024 * 1024


@frozen
class Signal:
    """One signal; ``at_ns`` is the clock at its socket's receipt, ``event`` is JSON of any kind."""

    type: str
    event: Any
    at_ns: int

    def get(self, *path: str) -> Any:
        """What ``event`` holds at ``path``, or None where there is no such thing."""
        value = self.event
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


class Inbox:
    """Filled by one thread, waited on by any."""

    def __init__(self, witness: Witness, *, kept: int = _KEPT, kept_bytes: int = _KEPT_BYTES) -> None:
        self._witness = witness
        self._kept = kept
        self._kept_bytes = kept_bytes
        self._signals: list[tuple[Signal, int]] = []
        self._base = 0
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed: str | None = None

    def cursor(self) -> int:
        """The place behind everything that has come so far."""
        with self._changed:
            return self._end()

    @property
    def closed(self) -> bool:
        """Whether no signal can come any more."""
        return self._closed is not None

    def put(self, signal: Signal, size: int) -> None:
        """Append a signal whose text had ``size`` bytes."""
        with self._changed:
            self._signals.append((signal, size))
            self._bytes += size
            self._forget()
            self._changed.notify_all()

    def since(self, cursor: int) -> list[Signal]:
        """The signals behind a cursor that are remembered, oldest first."""
        with self._changed:
            return [signal for signal, _size in self._signals[max(0, cursor - self._base) :]]

    def close(self, reason: str) -> None:
        """No more signals: every wait raises NodeError at once.  The first reason counts."""
        with self._changed:
            if self._closed is None:
                self._closed = reason
            self._changed.notify_all()

    def reopen(self, witness: Witness) -> None:
        """Signals may come again, from the process that ``witness`` tells of; all cursors stay what they are."""
        with self._changed:
            self._witness, self._closed = witness, None

    def seek(self, match: Callable[[Signal], bool], *, after: int, deadline: Deadline) -> Signal | None:
        """The first signal behind the cursor ``after`` that ``match`` accepts; None where none comes in time.

        What has come is found after the deadline, too.  Raises NodeError where the node is lost before.
        """
        found = self._search(match, after, deadline)
        if found is None and self._closed is not None and not deadline.expired:
            raise loss(self._witness, self._closed, "while a message was awaited")
        return None if found is None else found[0]

    def wait(
        self, match: Callable[[Signal], bool], *, after: int, deadline: Deadline, what: str
    ) -> tuple[Signal, int]:
        """The first signal behind the cursor ``after`` that ``match`` accepts, and the cursor behind it.

        ``what`` names it in an error: "say that it logged in".  Raises NodeError when the deadline passes
        or the node is lost.
        """
        found = self._search(match, after, deadline)
        if found is not None:
            return found
        if self._closed is not None and not deadline.expired:
            raise loss(self._witness, self._closed, f"before it did {what}")
        raise self._timeout(after, deadline, what)

    def _search(
        self, match: Callable[[Signal], bool], after: int, deadline: Deadline
    ) -> tuple[Signal, int] | None:
        """As ``wait``, or None where nothing will be found any more."""
        position = after
        with self._changed:
            while True:
                for index in range(max(position, self._base), self._end()):
                    signal, _size = self._signals[index - self._base]
                    if match(signal):
                        return signal, index + 1
                position = self._end()
                remaining = deadline.remaining_s()
                if self._closed is not None or not remaining:
                    return None
                self._changed.wait(remaining)

    def _timeout(self, after: int, deadline: Deadline, what: str) -> NodeError:
        forgotten = max(0, self._base - after)
        note = f" ({forgotten} older signals were forgotten)" if forgotten else ""
        return failure(self._witness, f"did not {what} within {deadline}{note}")

    def _end(self) -> int:
        return self._base + len(self._signals)

    def _forget(self) -> None:
        """Drop the oldest half when it is too much, so that the cost per signal stays constant."""
        if len(self._signals) <= 2 * self._kept and self._bytes <= self._kept_bytes:
            return
        dropped = max(1, len(self._signals) // 2)
        self._bytes -= sum(size for _signal, size in self._signals[:dropped])
        del self._signals[:dropped]
        self._base += dropped

"""A subscription over a node's IPC socket: messages are pushed, instead of asked for again and again.

go-ethereum's IPC endpoint is a Unix socket that takes and gives JSON-RPC, an object a line.  Asking for messages costs
the node CPU each time, which would be measured as its own work; of those that are pushed it looks for new ones by
itself, four times a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tcperf.clock import Deadline
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.stream import NonsenseError, Stream
from tcperf.nodes.witness import Witness, failure, quote

_LINE_LIMIT = 32 * 1024 * 1024
_NUMBER = 1
_CALLED = "IPC socket"

#: Makes a signal of a notification's result and the time at which it came.  Raises ValueError for nonsense.
Reader = Callable[[Any, int], Signal]


class Subscription:
    """An open subscription.  Made by ``open``; fills ``inbox`` until the node or ``close`` ends it."""

    def __init__(self, stream: Stream, inbox: Inbox, read: Reader) -> None:
        self._stream = stream
        self._inbox = inbox
        self._read_result = read
        self._partial = b""

    @classmethod
    def open(
        cls,
        path: Path,
        method: str,
        params: list[Any],
        inbox: Inbox,
        *,
        read: Reader,
        witness: Witness,
        deadline: Deadline,
    ) -> Subscription:
        """Connect to the socket at ``path``, subscribe by ``method``, and start to read.

        Raises NodeError where the node does not take it.
        """
        stream = Stream(socket.socket(socket.AF_UNIX), _CALLED)
        made = cls(stream, inbox, read)
        late, lost = f"answer {method} over its {_CALLED}", f"has no {_CALLED} that takes calls"
        with stream.opening(witness, deadline, late=late, lost=lost, when=f"at {method}"):
            try:
                made._begin(path, method, params)
            except NonsenseError as error:
                raise failure(witness, f"answered {method} over its {_CALLED} with {error}") from None
        stream.start("subscription", made._take_chunk, inbox)
        return made

    def close(self) -> None:
        """End the subscription and the thread; safe to call twice."""
        self._stream.close()

    def _begin(self, path: Path, method: str, params: list[Any]) -> None:
        call = {"jsonrpc": "2.0", "id": _NUMBER, "method": method, "params": params}
        with _short(path) as short:
            self._stream.connect(short)
        self._stream.send(json.dumps(call).encode("ascii") + b"\n")
        lines: list[bytes] = []
        while not lines:
            lines = self._lines(self._stream.receive())
        answer = _parse(lines[0])
        if answer.get("id") != _NUMBER or not isinstance(answer.get("result"), str):
            raise NonsenseError(quote(lines[0]))
        self._partial = b"\n".join((*lines[1:], self._partial))  # notifications that came with it

    def _take_chunk(self, chunk: bytes, at_ns: int) -> None:
        for line in self._lines(chunk):
            self._take(line, at_ns)

    def _lines(self, chunk: bytes) -> list[bytes]:
        """The lines that what has come completes."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > _LINE_LIMIT:
            raise NonsenseError(f"a line of more than {_LINE_LIMIT:,} bytes")
        return [line for line in lines if line.strip()]

    def _take(self, line: bytes, at_ns: int) -> None:
        params = _parse(line).get("params")
        if not isinstance(params, dict) or "result" not in params:
            raise NonsenseError(quote(line))
        try:
            signal = self._read_result(params["result"], at_ns)
        except ValueError as error:
            raise NonsenseError(str(error)) from None
        self._inbox.put(signal, len(line))


def _parse(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NonsenseError(quote(line))
    return found


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the socket that fits into its address, which has room for 108 bytes (unix(7))."""
    if sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)

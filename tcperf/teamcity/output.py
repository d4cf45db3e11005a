"""The one owner of a stream that carries service messages between lines of ordinary text.

A message counts only where it starts at column 0, and only whole.  So whatever else is written to the
stream goes through the same object: it knows whether the last byte was a newline.
"""

from __future__ import annotations

import io
import select
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from tcperf.errors import OutputError
from tcperf.teamcity.escaping import START, neutralise

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long a stream that takes nothing is waited for: a build agent under load recovers well within it.
PATIENCE_S = 60.0


class Output:
    """A stream with a newline guard.  Thread-safe: ``lock`` may be held around several calls.

    ``stream`` is a text stream (with or without a ``buffer``) or a binary one.  ``encoding`` is that of
    ordinary text, with what it lacks written as backslash escapes.  ``at_line_start`` says that nothing
    was left unfinished on the stream before; where that is not known, False costs an empty line.
    """

    def __init__(
        self,
        stream: IO[Any],
        *,
        encoding: str = "utf-8",
        at_line_start: bool = True,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.lock = threading.RLock()
        self.stream = stream
        self.encoding = encoding
        buffer = getattr(stream, "buffer", None)
        self._is_text = buffer is None and _is_text(stream)
        self._sink: IO[Any] = stream if buffer is None else buffer
        self._layers = [self._sink] if buffer is None else [stream, buffer]
        self._at_line_start = at_line_start
        self._tail = ""
        self._patience_s = patience_s

    def write_lines(self, lines: str) -> None:
        """Write whole ASCII lines, from column 0, in one call, and flush."""
        if not lines:
            return
        with self.lock:
            self._put(lines if self._at_line_start else f"\n{lines}", "ascii")
            self.flush()

    def write_text(self, text: str, *, neutral: bool = True) -> None:
        """Write ordinary text, flushed with every line's end.

        ``neutral``: a ``##teamcity[`` in it is made harmless, also one that came in pieces.
        """
        if not text:
            return
        with self.lock:
            safe = self._neutralised(text) if neutral else text
            tail = (self._tail + safe)[1 - len(START) :]
            self._put(safe, self.encoding)
            self._tail = tail
            if "\n" in safe:
                self.flush()

    def flush(self) -> None:
        """Flush every layer of the stream."""
        with self.lock:
            for layer in self._layers:
                self._insist(layer.flush)

    def _neutralised(self, text: str) -> str:
        """``text``, harmless also behind the text written before."""
        safe = neutralise(text)
        joined = self._tail + safe[: len(START)]
        return f"_{safe}" if START in joined else safe

    def _put(self, text: str, encoding: str) -> None:
        # Until all is out the line is unfinished: an exception in between leaves the guard armed.
        self._at_line_start = False
        self._tail = ""
        if self._is_text:
            self._sink.write(text)
        else:
            self._put_bytes(text.encode(encoding, "backslashreplace"))
        self._at_line_start = text.endswith("\n")

    def _put_bytes(self, data: bytes) -> None:
        # The text layer may hold what was printed before: it must come out before our bytes do.
        for layer in self._layers[:-1]:
            self._insist(layer.flush)
        deadline = time.monotonic() + self._patience_s
        while data:
            taken = self._take(data)
            data = data[taken:]
            if taken:
                deadline = time.monotonic() + self._patience_s
            else:
                self._wait(deadline)

    def _take(self, data: bytes) -> int:
        """How much of ``data`` the stream took: 0 where it is full for now."""
        try:
            taken: int | None = self._sink.write(data)
        except BlockingIOError as full:
            return int(getattr(full, "characters_written", 0))
        if taken is None:  # from a raw stream: full; a stream of any other kind just does not tell
            return 0 if isinstance(self._sink, io.RawIOBase) else len(data)
        return int(taken)

    def _insist(self, call: Callable[[], object]) -> None:
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                call()
            except BlockingIOError:
                self._wait(deadline)
            else:
                return

    def _wait(self, deadline: float) -> None:
        """Wait until a full stream takes more.  Raises OutputError at the deadline."""
        left_s = deadline - time.monotonic()
        try:
            descriptor = self._sink.fileno()
        except (AttributeError, OSError):
            raise OutputError("the output is full, and has no descriptor to wait on") from None
        if left_s <= 0 or not _wait_writable(descriptor, left_s):
            raise OutputError(
                f"the output took nothing for {self._patience_s:.0f} s",
                cure="its reader has stopped reading: look at the process behind the pipe",
            )


class TextStream(io.TextIOBase):
    """An Output as a text stream, for ``print(file=…)`` and the like.  Closing it leaves the Output open."""

    def __init__(self, output: Output, *, neutral: bool = True) -> None:
        super().__init__()
        self._output = output
        self._neutral = neutral

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of ordinary text."""
        return self._output.encoding

    def write(self, text: str, /) -> int:
        """Write ordinary text; the number of characters, as every text stream has it."""
        self._output.write_text(text, neutral=self._neutral)
        return len(text)

    def flush(self) -> None:
        """Flush the stream behind."""
        self._output.flush()

    def close(self) -> None:
        """Do nothing: the stream belongs to its owner."""

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return bool(getattr(self._output.stream, "isatty", bool)())

    def fileno(self) -> int:
        """The descriptor of the stream behind; OSError where it has none."""
        fileno = getattr(self._output.stream, "fileno", None)
        return super().fileno() if fileno is None else int(fileno())


def _is_text(stream: object) -> bool:
    return isinstance(stream, io.TextIOBase) or (
        hasattr(stream, "encoding") and not isinstance(stream, io.RawIOBase | io.BufferedIOBase)
    )


def _wait_writable(descriptor: int, timeout_s: float) -> bool:
    """Whether the descriptor takes bytes (or would report an error) within ``timeout_s``."""
    if sys.platform == "win32":  # where select knows only sockets, and pipes are never non-blocking
        return False  # pragma: no cover
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(timeout_s * 1000))

"""A node's output: kept in a file that cannot grow without bound, and its last lines in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tcperf.errors import OutputError

KIB = 1024
MIB = 1024 * KIB
#: A line longer than this is cut: a program may print without ever ending its line.
LINE_LIMIT = 4 * KIB
_KEPT_LINES = 50
#: A character of UTF-8 takes no more.
_BYTES = 4


class CappedLog:
    """Keeps the first ``head`` and the last ``tail`` bytes of a stream in a file, and says what was cut.

    The file is readable at any moment.  While the stream lasts it may hold up to twice ``tail``: it is
    rewritten only when that is reached, so a byte is copied at most once.  A file that cannot be written
    any more (a full disk) does not stop the stream: ``failure`` then says why, and the rest is lost.
    """

    def __init__(self, path: Path, *, head: int = MIB, tail: int = MIB) -> None:
        self._path = path
        self._head = head
        self._tail = tail
        self._kept_head = 0
        self._cut = 0
        self._recent_start = 0
        self.failure: str | None = None
        try:
            self._file: BinaryIO = path.open("w+b", buffering=0)
        except OSError as error:
            raise OutputError(
                f"the log {path} cannot be written: {error.strerror}", cure="choose another --out folder"
            ) from error

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    def write(self, data: bytes) -> None:
        """Append ``data``; never raises."""
        if self.failure is None:
            try:
                self._append(memoryview(data))
            except OSError as error:
                self.failure = f"the log {self._path} is incomplete: {error.strerror}"

    def close(self) -> None:
        """Bring the file to its final size and close it; safe to call twice."""
        if self._file.closed:
            return
        if self._recent() > self._tail:
            self.write_compacted()
        self._file.close()

    def write_compacted(self) -> None:
        """Cut the middle now; never raises."""
        try:
            self._compact()
        except OSError as error:
            self.failure = f"the log {self._path} is incomplete: {error.strerror}"

    def _append(self, data: memoryview) -> None:
        first = data[: max(0, self._head - self._kept_head)]
        self._kept_head += len(first)
        self._recent_start = max(self._recent_start, self._kept_head)
        self._write_all(first)
        rest = data[len(first) :]
        for start in range(0, len(rest), self._tail):
            self._write_all(rest[start : start + self._tail])
            if self._recent() >= 2 * self._tail:
                self._compact()

    def _write_all(self, data: memoryview) -> None:
        while data:
            data = data[self._file.write(data) :]

    def _recent(self) -> int:
        """Bytes after the head and the notice."""
        return self._file.tell() - self._recent_start

    def _compact(self) -> None:
        end = self._file.tell()
        self._cut += self._recent() - self._tail
        self._file.seek(end - self._tail)
        last = self._file.read(self._tail)
        self._file.seek(self._kept_head)
        self._file.truncate()
        self._write_all(memoryview(f"\n[tcperf: {self._cut:,} bytes were cut here]\n".encode("ascii")))
        self._recent_start = self._file.tell()
        self._write_all(memoryview(last))


class Lines:
    """Splits a stream into text lines of at most ``LINE_LIMIT`` bytes and remembers the last ones.

    Bytes that are no UTF-8 become U+FFFD; the rest of an overlong line is dropped.
    """

    def __init__(self) -> None:
        self._partial = b""
        self._recent: deque[str] = deque(maxlen=_KEPT_LINES)

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes, without their ends."""
        first, end, rest = data.partition(b"\n")
        if not end:
            self._partial = (self._partial + data[:LINE_LIMIT])[:LINE_LIMIT]
            return []
        line = self._finish(first)
        whole, end, partial = rest.rpartition(b"\n")
        others = _texts(whole) if end else []
        self._recent.extend(others[-_KEPT_LINES:])
        self._partial = partial[:LINE_LIMIT]
        return [line, *others]

    def end(self) -> Iterator[str]:
        """The unfinished line at the end of the stream, if any."""
        if self._partial:
            yield self._finish(b"")

    def _finish(self, rest: bytes) -> str:
        line = (self._partial + rest[:LINE_LIMIT])[:LINE_LIMIT]
        self._partial = b""
        (text,) = _texts(line)
        self._recent.append(text)
        return text

    def last(self, count: int) -> tuple[str, ...]:
        """Up to ``count`` last lines, oldest first, an unfinished one included."""
        partial = self._partial.decode("utf-8", "replace")
        lines = [*self._recent.copy(), *([partial] if partial else [])]
        return tuple(lines[-count:])


def _texts(data: bytes) -> list[str]:
    """The lines of ``data``, whose last one has no end.

    Decoded all at once: no character of several bytes goes over a line's end, so that it is the same as line by line.
    """
    texts = data.decode("utf-8", "replace").split("\n")
    if max(map(len, texts)) > LINE_LIMIT // _BYTES:
        texts = [line[:LINE_LIMIT].decode("utf-8", "replace") for line in data.split(b"\n")]
    return [text.rstrip("\r") for text in texts] if b"\r" in data else texts

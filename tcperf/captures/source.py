"""The bytes of a capture: from a file, a pipe or standard input, compressed with gzip or not.

What cannot be opened is an error; what breaks off while it is read ends there and says why.
"""

from __future__ import annotations

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from tcperf.errors import UsageError
from tcperf.quoting import printable

STDIN: Final = "-"
#: One read: large enough to cost nothing a packet, small enough to stay in the processor's cache.
CHUNK_BYTES: Final = 1 << 18
_GZIP: Final = b"\x1f\x8b"
_OTHERS: Final = {
    b"\xfd7zXZ": "it is compressed with xz",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd",
    b"\x04\x22\x4d\x18": "it is compressed with lz4",
    b"BZh": "it is compressed with bzip2",
    b"PK\x03\x04": "it is a zip archive",
}


class Source:
    """The decompressed bytes of ``raw``, in order.

    ``size`` is what there is to read of ``raw``, where that is known.  ``trouble`` says why reading ended
    before the end, None where it did not.  ``on_read`` is called before each read.
    """

    def __init__(self, raw: BinaryIO, name: str, size: int | None = None) -> None:
        self.name = name
        self.size = size
        self.trouble: str | None = None
        self.on_read: Callable[[], object] | None = None
        self._counting = _Counting(raw)
        self._first = self._counting.exactly(len(_GZIP))
        self._file: gzip.GzipFile | None = None
        if self._first == _GZIP:
            self._file = gzip.GzipFile(
                fileobj=cast("BinaryIO", _Prefixed(self._first, self._counting)), mode="rb"
            )
            self._first = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._counting.close()

    @property
    def done_bytes(self) -> int:
        """How much of the file was read, compressed as it is."""
        return self._counting.count

    def read(self) -> bytes:
        """Some more bytes, at most CHUNK_BYTES; none at the end, or where the rest cannot be read."""
        if self.on_read is not None:
            self.on_read()
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            return self._counting.read(CHUNK_BYTES) if self._file is None else self._file.read1(CHUNK_BYTES)
        except EOFError:
            self.trouble = "the compressed data ends before its end"
        except (zlib.error, gzip.BadGzipFile) as error:
            self.trouble = f"the compressed data is damaged: {error}"
        except OSError as error:
            self.trouble = f"it cannot be read further: {error.strerror or error}"
        return b""


class _Counting:
    """A binary file that counts what was read of it, and never reads more at once than CHUNK_BYTES."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.count = 0

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        data = self._raw.read(min(size, CHUNK_BYTES) if size >= 0 else CHUNK_BYTES) or b""
        self.count += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        data = b""
        while len(data) < size and (more := self.read(size - len(data))):
            data += more
        return data

    def close(self) -> None:
        self._raw.close()


class _Prefixed:
    """What was read of a file already, and then the rest of it."""

    def __init__(self, first: bytes, rest: _Counting) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return self._rest.read(size)


def open_source(name: str) -> Source:
    """Open a capture; "-" is standard input.  Raises UsageError where there is nothing to read."""
    return _standard_input() if name == STDIN else _file(name)


def refuse(name: str, problem: str) -> UsageError:
    """The error for something that is no capture; whoever asks for it raises it."""
    return UsageError(
        f"{printable(name)} is no capture that can be read: {problem}",
        cure="give a pcap or pcapng file, as tcpdump -w, dumpcap and Wireshark write them",
    )


def compression(first: bytes) -> str | None:
    """What else a file is that begins so; None where that is not known."""
    return next((told for magic, told in _OTHERS.items() if first.startswith(magic)), None)


def _file(name: str) -> Source:
    try:
        raw = Path(name).open("rb", buffering=0)  # noqa: SIM115 - the source closes it
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{printable(name)} cannot be read: {problem}", cure="name a capture file") from None
    status = os.fstat(raw.fileno())
    return _checked(raw, name, status.st_size if stat.S_ISREG(status.st_mode) else None)


def _standard_input() -> Source:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("there is no capture on standard input", cure="tcpdump -w - … | tcperf analyze -")
    return _checked(sys.stdin.buffer, "standard input", None)


def _checked(raw: BinaryIO, name: str, size: int | None) -> Source:
    try:
        return Source(raw, name, size)
    except OSError as error:
        raise UsageError(f"{printable(name)} cannot be read: {error.strerror}") from None

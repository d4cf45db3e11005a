"""A run's capture as a pcapng file: what Wireshark opens, with the nodes' names and the phases in it.

One interface description a node, times in nanoseconds.  Blocks are written whole, many at a time and at least
once a second of captured time, so that a process that is killed leaves a file every reader can open.
"""

from __future__ import annotations

import errno
import ipaddress
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import tcperf
from tcperf.captures import blocks
from tcperf.captures.marks import PROGRAM, comment_of
from tcperf.clock import NS_PER_S
from tcperf.errors import OutputError

_ETHERNET: Final = 1
_NANOSECONDS: Final = bytes([9])  # if_tsresol: a negative power of ten
_NO_MORE_NAMES: Final = struct.pack("<HH", blocks.END, 0)
_UNKNOWN_LENGTH: Final = -1
_NO_LIMIT: Final = 0
#: What is gathered before it is written: some hundreds of frames' headers.
_BUFFER_BYTES: Final = 1 << 16
_EVERY_NS: Final = NS_PER_S

_PACKET: Final = struct.Struct("<IIIIIII")
_PACKET_BYTES: Final = _PACKET.size + 4
_LENGTH: Final = struct.Struct("<I")
#: How a block ends: 0 to 3 bytes that fill the data up to a multiple of four, then the block's length again.
_ENDS: Final = tuple(struct.Struct(f"<{pad}xI") for pad in range(4))

_KEEPS: Final = {
    True: "whole frames, message content included",
    False: "headers only: no message content is in it",
}


class CaptureWriter:
    """Writes one capture.  ``path`` must not exist: two captures in one file would count everything twice.

    ``full`` says what the caller keeps of each frame, for the file's own description: cutting is the caller's
    business.  Every method raises OutputError where the file cannot be written; nothing is written after that.
    """

    def __init__(self, path: Path, *, full: bool) -> None:
        self._path = path
        try:
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise _refused(path, error) from error
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0
        self._flushed_ns = 0
        self._comments: list[bytes] = []
        self._interfaces: list[_Counts] = []
        self._put(_section(full=full))
        self.flush()

    def interface(self, name: str, addresses: Iterable[str] = (), mac: bytes | None = None) -> int:
        """Describe a node's interface, with its IP addresses and MAC (6 bytes); its number, for ``frame``.

        The names of the addresses go along, so that a file without an end has them, too.
        """
        described = [blocks.text(blocks.IF_NAME, name)]
        if mac is not None:
            described.append(blocks.option(blocks.IF_MACADDR, mac))
        described.append(blocks.option(blocks.IF_TSRESOL, _NANOSECONDS))
        head = struct.pack("<HHI", _ETHERNET, 0, _NO_LIMIT)
        self._put(blocks.block(blocks.INTERFACE_DESCRIPTION, head + blocks.options(described)))
        records = [_name_record(address, name) for address in addresses]
        if records:
            self._put(blocks.block(blocks.NAME_RESOLUTION, b"".join((*records, _NO_MORE_NAMES))))
        self._interfaces.append(_Counts())
        return len(self._interfaces) - 1

    def frame(self, interface: int, time_ns: int, length: int, data: bytes | memoryview) -> None:
        """Write a frame of ``length`` bytes, of which ``data`` are the first; ``time_ns`` since the epoch."""
        kept = len(data)
        extra = self._comment_options() if self._comments else b""
        end = _ENDS[-kept & 3]
        total = _PACKET_BYTES + kept + (-kept & 3) + len(extra)
        head = _PACKET.pack(
            blocks.ENHANCED_PACKET, total, interface, time_ns >> 32, time_ns & 0xFFFFFFFF, kept, length
        )
        if extra:
            made = b"".join((head, blocks.padded(bytes(data)), extra, _LENGTH.pack(total)))
        else:
            made = b"".join((head, data, end.pack(total)))
        self._interfaces[interface].add(time_ns)
        self._put(made)
        if self._buffered_bytes >= _BUFFER_BYTES or time_ns - self._flushed_ns >= _EVERY_NS:
            self._flushed_ns = time_ns
            self.flush()

    def mark(self, phase: str) -> None:
        """Say that frames from now on belong to ``phase`` ("": to none), by a comment on the next one."""
        self._comments.append(blocks.text(blocks.COMMENT, comment_of(phase)))

    def flush(self) -> None:
        """Write what is gathered.  Raises OutputError where that fails, and after it."""
        if self._file.closed:
            raise OutputError(f"{self._path} was closed: no more frames can be written")
        data = memoryview(b"".join(self._buffer))
        self._buffer.clear()
        self._buffered_bytes = 0
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            self._file.close()
            raise _refused(self._path, error) from error

    def close(self, lost: int = 0) -> None:
        """End the file: marks that no frame followed, each interface's frames, and the ``lost`` frames of all of them.

        Further calls do nothing.
        """
        if self._file.closed:
            return
        for number, counts in enumerate(self._interfaces):
            self._put(self._statistics(number, counts, lost))
        self.flush()
        self._file.close()

    def _put(self, made: bytes) -> None:
        self._buffer.append(made)
        self._buffered_bytes += len(made)

    def _comment_options(self) -> bytes:
        made = blocks.options(self._comments)
        self._comments.clear()
        return made

    def _statistics(self, number: int, counts: _Counts, lost: int) -> bytes:
        """An interface statistics block.

        One ring takes the frames of all interfaces, so what did not fit into it belongs to no single one: the
        first interface's block tells the number, the others' leave it out where it is not 0.
        """
        told = [
            counts.first(),
            counts.last(),
            blocks.option(blocks.ISB_IFRECV, struct.pack("<Q", counts.frames)),
        ]
        if number == 0 or not lost:
            told.append(blocks.option(blocks.ISB_OSDROP, struct.pack("<Q", lost)))
        if number == 0:
            told = [*self._comments, *told]
            if lost:
                told.insert(0, blocks.text(blocks.COMMENT, f"{lost} frames of all interfaces were lost"))
        head = struct.pack("<III", number, *_halves(counts.last_ns))
        return blocks.block(blocks.INTERFACE_STATISTICS, head + blocks.options(told))


class _Counts:
    """What one interface's statistics block will say."""

    __slots__ = ("first_ns", "frames", "last_ns")

    def __init__(self) -> None:
        self.frames = 0
        self.first_ns = 0
        self.last_ns = 0

    def add(self, time_ns: int) -> None:
        """Count a frame."""
        if not self.frames:
            self.first_ns = time_ns
        self.frames += 1
        self.last_ns = time_ns

    def first(self) -> bytes:
        """When the first frame came, as an option; nothing where none did."""
        return _time(blocks.ISB_STARTTIME, self.first_ns) if self.frames else b""

    def last(self) -> bytes:
        """When the last frame came, as an option; nothing where none did."""
        return _time(blocks.ISB_ENDTIME, self.last_ns) if self.frames else b""


def _section(*, full: bool) -> bytes:
    head = struct.pack("<IHHq", blocks.BYTE_ORDER_MAGIC, *blocks.VERSION, _UNKNOWN_LENGTH)
    told = (
        blocks.text(blocks.COMMENT, _KEEPS[full]),
        blocks.text(blocks.SHB_USERAPPL, f"{PROGRAM}{tcperf.__version__}"),
    )
    return blocks.block(blocks.SECTION_HEADER, head + blocks.options(told))


def _name_record(address: str, name: str) -> bytes:
    packed = ipaddress.ip_address(address).packed
    kind = blocks.NRB_IPV4 if len(packed) == 4 else blocks.NRB_IPV6  # noqa: PLR2004 - bytes of an IPv4 address
    return blocks.option(kind, packed + name.encode("utf-8", "replace") + b"\0")


def _time(code: int, time_ns: int) -> bytes:
    return blocks.option(code, struct.pack("<II", *_halves(time_ns)))


def _halves(time_ns: int) -> tuple[int, int]:
    """The upper and the lower 32 bits, as pcapng stores times."""
    return time_ns >> 32, time_ns & 0xFFFFFFFF


def _refused(path: Path, error: OSError) -> OutputError:
    if error.errno == errno.EEXIST:
        return OutputError(
            f"the capture {path} exists already",
            cure="remove it or choose another folder: nothing is ever added to a capture",
        )
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return OutputError(
        f"the capture {path} cannot be written: {error.strerror}",
        cure="free some space there, or run without --pcap" if full else "run without --pcap, or elsewhere",
    )

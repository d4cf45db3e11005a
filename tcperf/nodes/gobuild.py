r"""What a Go program says of its own build, read from its file without running it (``go version -m``).

The format is that of Go's package debug/buildinfo: somewhere in the data, aligned to 16 bytes, stands
``\xff Go buildinf:``, then the pointer size and a byte of flags.  From Go 1.18 on (flag 2) the version and
the module information follow at offset 32, each with its length before it as a varint.  Before, at offset
16, two pointers led to Go strings; they are followed in little-endian 64-bit ELF files.
"""

from __future__ import annotations

import ast
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from tcperf.subject import GoBuild

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEADER = 32
_FLAGS_AT = 15
_BIG_ENDIAN, _INLINE = 1, 2
#: The module information stands between two marks of 16 bytes, the second after a newline (runtime/debug).
_MARK = 16
#: Longer than any: versions have some 30 bytes, modules of large programs some 100 KB.
_VERSION_LIMIT = 1024
_MODULES_LIMIT = 16 * 1024 * 1024
_VARINT_LIMIT = 10
#: ELF64: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
_ELF64_LITTLE = b"\x7fELF\x02\x01"
_PROGRAM_HEADERS_AT, _PROGRAM_HEADER_SIZE_AT, _PT_LOAD = 32, 54, 1

_Bytes = mmap.mmap | bytes


def read(path: Path) -> GoBuild | None:
    """The build information in the file at ``path``; None where there is none or it makes no sense.

    Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return None  # nothing to map
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return parse(data)


def parse(data: _Bytes) -> GoBuild | None:
    """The build information in a program's bytes, or None: the first place where it makes sense counts."""
    for start in _places(data):
        build = _decode(data, start)
        if build is not None:
            return build
    return None


def parse_modules(go_version: str, text: str) -> GoBuild:
    """The information in its text form: lines of ``path``, ``mod``, ``dep`` and ``build``, tabs between."""
    found: dict[str, list[str]] = {}
    settings: dict[str, str] = {}
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        if kind == "build" and fields:
            key, value = _setting("\t".join(fields))
            settings[key] = value
        else:
            found.setdefault(kind, fields)
    module, version = (*found.get("mod", []), "", "")[:2]
    path = (*found.get("path", []), "")[0]
    return GoBuild(go_version, path, module, version, settings)


def _places(data: _Bytes) -> Iterator[int]:
    start = data.find(_MAGIC)
    while start >= 0:
        if start % _ALIGNMENT == 0 and start + _HEADER <= len(data):
            yield start
        start = data.find(_MAGIC, start + 1)


def _decode(data: _Bytes, start: int) -> GoBuild | None:
    strings = _inline(data, start) if data[start + _FLAGS_AT] & _INLINE else _pointed(data, start)
    if strings is None:
        return None
    version, modules = (raw.decode("utf-8", "replace") for raw in (strings[0], _unmark(strings[1])))
    if not version.startswith(("go", "devel")):
        return None
    return parse_modules(version, modules)


def _inline(data: _Bytes, start: int) -> tuple[bytes, bytes] | None:
    version = _counted(data, start + _HEADER, _VERSION_LIMIT)
    if version is None:
        return None
    modules = _counted(data, version[1], _MODULES_LIMIT)
    return (version[0], b"" if modules is None else modules[0])


def _counted(data: _Bytes, start: int, limit: int) -> tuple[bytes, int] | None:
    """The bytes whose count stands before them as a varint (encoding/binary), and where they end."""
    count = 0
    for index in range(_VARINT_LIMIT):
        if start + index >= len(data):
            return None
        byte = data[start + index]
        count |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the varint's continuation bit
            return _slice(data, start + index + 1, count, limit)
    return None


def _slice(data: _Bytes, start: int, count: int, limit: int) -> tuple[bytes, int] | None:
    end = start + count
    return (data[start:end], end) if count <= limit and end <= len(data) else None


def _unmark(modules: bytes) -> bytes:
    """Without its marks; empty where they are not there, as Go itself takes it."""
    if len(modules) > 2 * _MARK and modules[-_MARK - 1 : -_MARK] == b"\n":
        return modules[_MARK:-_MARK]
    return b""


def _pointed(data: _Bytes, start: int) -> tuple[bytes, bytes] | None:
    """The two strings before Go 1.18, or None where the file is not of the kind we can follow."""
    if data[:6] != _ELF64_LITTLE or data[start + 14] != 8 or data[start + _FLAGS_AT] & _BIG_ENDIAN:  # noqa: PLR2004
        return None
    version_at, modules_at = struct.unpack_from("<QQ", data, start + 16)
    version = _go_string(data, version_at, _VERSION_LIMIT)
    return None if version is None else (version, _go_string(data, modules_at, _MODULES_LIMIT) or b"")


def _go_string(data: _Bytes, address: int, limit: int) -> bytes | None:
    """The Go string whose header (pointer, length) is mapped to ``address``."""
    header_at = _offset(data, address, 16)
    if header_at is None:
        return None
    text, length = struct.unpack_from("<QQ", data, header_at)
    text_at = _offset(data, text, length)
    return None if text_at is None or length > limit else data[text_at : text_at + length]


def _offset(data: _Bytes, address: int, size: int) -> int | None:
    """Where in the file ``size`` bytes are that ELF's loadable segments map to ``address``."""
    for kind, offset, start, in_file in _segments(data):
        place = offset + address - start
        if kind == _PT_LOAD and start <= address <= address + size <= start + in_file <= start + len(data):
            return place if place + size <= len(data) else None
    return None


def _segments(data: _Bytes) -> Iterator[tuple[int, int, int, int]]:
    """Kind, file offset, virtual address and size in the file of each of ELF64's program headers."""
    try:
        (table,) = struct.unpack_from("<Q", data, _PROGRAM_HEADERS_AT)
        size, count = struct.unpack_from("<HH", data, _PROGRAM_HEADER_SIZE_AT)
        for index in range(count):
            kind, _flags, offset, address, _physical, in_file = struct.unpack_from(
                "<IIQQQQ", data, table + index * size
            )
            yield kind, offset, address, in_file
    except (struct.error, OverflowError):  # cut off
        return


def _setting(text: str) -> tuple[str, str]:
    """One ``key=value``; Go quotes either where it holds special characters (strconv.Quote)."""
    if text.startswith('"'):
        end = text.find('"=', 1)
        key, value = (text[: end + 1], text[end + 2 :]) if end > 0 else (text, "")
    else:
        key, _equals, value = text.partition("=")
    return _unquote(key), _unquote(value)


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "`":
        return text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(ast.literal_eval(text))
        except (SyntaxError, ValueError):
            return text
    return text

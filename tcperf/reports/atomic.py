"""Files that are written whole or not at all, and what is told where that fails."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tcperf.errors import OutputError
from tcperf.reports.folder import OUT

#: How a file's name ends while it is written.
DRAFT: Final = ".tcperf-draft"
_KIB: Final = 1024

#: Of a report folder, by what went wrong; the option that chooses another one comes behind.
_CURES: Final[dict[int, str]] = {
    errno.ENOSPC: "free some space there, or choose another folder with",
    errno.EDQUOT: "free some of your quota, or choose another folder with",
    errno.EROFS: "the file system is read-only: choose another folder with",
}
_CURE = "choose a folder that you may write to with"


def write_atomically(path: Path, content: str | bytes, *, cure: str | None = None, option: str = OUT) -> None:
    """Write a whole file, UTF-8 for text, or leave what was there.

    Raises OutputError, with ``cure`` where another folder, which ``option`` chooses, would be none.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{os.getpid()}{DRAFT}")
    with failing(path, "written", cure, option):
        try:
            _write_through(draft, data)
            draft.replace(path)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
        _sync(path.parent)


def _write_through(path: Path, data: bytes) -> None:
    """A new file whose bytes are on the disk: after a crash, the name must not lead to an empty file."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have a new name on the disk, too.  Windows has no such call, and its NTFS keeps a journal of names."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # some network file systems have no such thing
                raise
        finally:
            os.close(descriptor)


def probe(folder: Path) -> None:
    """Really write a file: permissions, quotas and read-only mounts show only so."""
    draft = folder / f".probe.{os.getpid()}{DRAFT}"
    try:
        _write_through(draft, b"x" * _KIB)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def failing(path: Path, done: str, cure: str | None = None, option: str = OUT) -> Iterator[None]:
    """Tell an OSError as an OutputError with its cure: the given one, or what fits a report folder that ``option`` chose."""
    try:
        yield
    except FileExistsError as error:
        raise OutputError(
            f"{error.filename or path} is no folder", cure=cure or f"choose another folder with {option}"
        ) from error
    except OSError as error:
        raise OutputError(
            f"{path} cannot be {done}: {error.strerror}", cure=cure or cure_of(error.errno, option)
        ) from error


def cure_of(number: int | None, option: str = OUT) -> str:
    """What helps where a report folder that ``option`` chose cannot be written: by the kernel's number of the error."""
    return f"{_CURES.get(number or 0, _CURE)} {option}"

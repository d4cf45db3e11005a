"""Locks on open files and folders that end with their holder, however it ends.

POSIX has flock(2), for folders too.  Windows locks a range of bytes, and keeps others from reading it: there the
one byte is far behind any text, and a folder is locked by a file in it.

The standard library does it: what is locked here was opened by the caller with precautions of its own (no link
is followed, the text is read under the lock, a folder is itself the lock), and the libraries for lock files open
and truncate theirs by themselves.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: The file that locks its folder on Windows, where a folder cannot be opened.
FOLDER_LOCK = ".tcperf-lock"
#: Behind the end of any file that is locked here: Windows lets nobody read a locked byte.
_FAR_BYTE = 1 << 30


def acquire(descriptor: int) -> None:
    """Lock an open file, waiting for whoever holds it.  Closing the descriptor gives the lock back.

    Raises OSError where the file system has no locks, and on Windows after waiting 10 s.
    """
    if sys.platform == "win32":
        _lock_byte(descriptor, msvcrt.LK_LOCK)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def try_acquire(descriptor: int) -> bool:
    """Lock an open file if nobody holds it; whether it is ours now.  Raises OSError as ``acquire``."""
    try:
        if sys.platform == "win32":
            _lock_byte(descriptor, msvcrt.LK_NBLCK)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # EWOULDBLOCK of flock(2); EACCES of Windows' _locking
        return False
    return True


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock during the block, if nobody else does; yields whether it is ours.

    Raises OSError where the folder cannot be opened (on Windows, where no file can be made in it).
    """
    descriptor = _open_folder(folder)
    try:
        is_ours = try_acquire(descriptor)
        yield is_ours
    finally:
        os.close(descriptor)
    if sys.platform == "win32" and is_ours:
        with contextlib.suppress(OSError):  # the next one holds it already: Windows keeps it then
            (folder / FOLDER_LOCK).unlink()


def _open_folder(folder: Path) -> int:
    if sys.platform == "win32":
        return os.open(folder / FOLDER_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


if sys.platform == "win32":

    def _lock_byte(descriptor: int, mode: int) -> None:
        """Lock the far byte, leaving the file's position where it was."""
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _FAR_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, mode, 1)
        finally:
            os.lseek(descriptor, place, os.SEEK_SET)

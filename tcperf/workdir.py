"""A run's private folder: data folders of the nodes, gone when the run is over, whatever ended it.

A process beside the driver (the network's broker, or its guard) removes it when the driver dies.  Should both be
killed at once, the folder stays until the next tcperf starts: its lock, which dies with its holders, tells that
nobody needs it.  So the lock is the first thing in a folder and the last to go: what cannot be removed now is
recognised later.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tcperf import locks
from tcperf.errors import MachineError

_PREFIX = "tcperf-"
_LOCK = ".tcperf-working-folder"
#: Only a folder with exactly this in its lock, or with nothing but an empty lock, is ever removed by ``sweep``.
_MARK = b"This folder is one run's of tcperf, and removed when the run is over.\n"
#: How tempfile.mkdtemp goes on after the prefix: an empty folder of such a name was ours before it had its lock.
_UNLOCKED_NAME = re.compile(re.escape(_PREFIX) + "[a-z0-9_]{8}")
#: Nobody needs longer than this from the making of a folder to the mark in its lock.
_UNLOCKED_S = 600
#: A link in its place must not lead elsewhere.  Windows has no such flag: there nobody else may make one.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """A new private folder (mode 700) for the block; it is removed after it.

    Enter it where no signal can break in: a folder that was made and not yet locked would stay.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as error:
        raise _no_room(error) from error
    try:
        with _locked(folder):
            yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a working folder as far as that is possible; its lock goes last, when nothing else is left."""
    with contextlib.suppress(OSError):  # gone already
        lock = folder / _LOCK
        for path in list(folder.iterdir()):
            if path != lock:
                _remove_entry(path)
        if list(folder.iterdir()) == [lock]:
            lock.unlink()
        folder.rmdir()


def _remove_entry(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock.  The mark is written when it is held: until then ``sweep`` leaves it alone."""
    try:
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except OSError as error:
        raise _no_room(error) from error
    try:
        try:
            locks.acquire(lock)
            os.write(lock, _MARK)
        except OSError as error:
            raise _no_room(error) from error
        yield
    finally:
        os.close(lock)


def _no_room(error: OSError) -> MachineError:
    return MachineError(
        f"no temporary folder can be made in {tempfile.gettempdir()}: {error.strerror}",
        cure="free some space there, or set TMPDIR to a folder that has room",
    )


def sweep() -> int:
    """Remove this user's folders that earlier tcperf processes left behind; how many there were."""
    place = Path(tempfile.gettempdir())
    locked = sum(_remove_if_abandoned(lock) for lock in place.glob(f"{_PREFIX}*/{_LOCK}"))
    return locked + sum(_remove_if_never_locked(folder) for folder in place.glob(f"{_PREFIX}*"))


def _remove_if_abandoned(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | _NO_LINK)
    except OSError:  # somebody else's, or gone meanwhile
        return False
    try:
        if not locks.try_acquire(descriptor):  # its owner lives
            return False
        if not (_is_ours(descriptor) or _was_never_marked(lock, descriptor)):
            return False
        remove(lock.parent)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    remove(lock.parent)  # Windows keeps the lock until it is closed
    return not lock.exists()


def _remove_if_never_locked(folder: Path) -> bool:
    """Its maker was killed before the lock was there: it is empty, ours, and has been for a while."""
    if _UNLOCKED_NAME.fullmatch(folder.name) is None:
        return False
    try:
        made = folder.lstat()
        is_private = sys.platform == "win32" or stat.S_IMODE(made.st_mode) == stat.S_IRWXU
        if not (is_private and _is_this_users(made)) or time.time() - made.st_mtime < _UNLOCKED_S:
            return False
        folder.rmdir()
    except OSError:  # it is no folder, or not empty
        return False
    return True


def _was_never_marked(lock: Path, descriptor: int) -> bool:
    """Its maker was killed before the mark was in the lock: nothing else is there, and has not been for a while."""
    status = os.fstat(descriptor)
    is_alone = list(lock.parent.iterdir()) == [lock]
    is_old = time.time() - lock.parent.stat().st_mtime >= _UNLOCKED_S
    return _is_this_users(status) and not status.st_size and is_alone and is_old


def _is_ours(descriptor: int) -> bool:
    """Whether this user made the file, and it says what it is for; Windows has one such folder a user."""
    if not _is_this_users(os.fstat(descriptor)):
        return False
    return os.read(descriptor, len(_MARK) + 1) == _MARK


def _is_this_users(status: os.stat_result) -> bool:
    return sys.platform == "win32" or status.st_uid == os.geteuid()

"""A run's private folder: data folders of the nodes, gone when the run is over, whatever ended it.

A process beside the driver (the network's broker, or its guard) removes it when the driver dies.  Should both be
killed at once, the folder stays until the next tcperf starts: its lock, which dies with its holders, tells that
nobody needs it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tcperf import locks
from tcperf.errors import MachineError

_PREFIX = "tcperf-"
_LOCK = ".tcperf-working-folder"
#: Only a folder with exactly this in its lock is ever removed by ``sweep``.
_MARK = b"This folder is one run's of tcperf, and removed when the run is over.\n"
#: A link in its place must not lead elsewhere.  Windows has no such flag: there nobody else may make one.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """A new private folder (mode 700) for the block; it is removed after it."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as error:
        raise _no_room(error) from error
    try:
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
    found = Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}")
    return sum(_remove_if_abandoned(lock) for lock in found)


def _remove_if_abandoned(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | _NO_LINK)
    except OSError:  # somebody else's, or gone meanwhile
        return False
    try:
        if not (locks.try_acquire(descriptor) and _is_ours(descriptor)):  # its owner lives
            return False
        shutil.rmtree(lock.parent, ignore_errors=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    shutil.rmtree(lock.parent, ignore_errors=True)  # Windows keeps the lock until it is closed
    return True


def _is_ours(descriptor: int) -> bool:
    """Whether this user made the file, and it says what it is for; Windows has one such folder a user."""
    if sys.platform != "win32" and os.fstat(descriptor).st_uid != os.geteuid():
        return False
    return os.read(descriptor, len(_MARK) + 1) == _MARK

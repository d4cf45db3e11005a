"""A run's private folder: data folders of the nodes, gone when the run is over, whatever ended it.

The network's broker removes it when the driver dies.  Should both be killed at once, the folder stays until
the next tcperf starts: its lock, which dies with its holders (flock(2)), tells that nobody needs it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tcperf.errors import MachineError

_PREFIX = "tcperf-"
_LOCK = ".tcperf-working-folder"
#: Only a folder with exactly this in its lock is ever removed by ``sweep``.
_MARK = b"This folder is one run's of tcperf, and removed when the run is over.\n"


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
    """Hold the folder's lock.  It gets its name when it is held, so that ``sweep`` never finds it free."""
    draft = folder / f"{_LOCK}.draft"
    try:
        lock = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except OSError as error:
        raise _no_room(error) from error
    try:
        try:
            os.write(lock, _MARK)
            fcntl.flock(lock, fcntl.LOCK_EX)
            draft.rename(folder / _LOCK)
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
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone meanwhile
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = os.fstat(descriptor).st_uid == os.geteuid()
        if is_ours and os.pread(descriptor, len(_MARK) + 1, 0) == _MARK:
            shutil.rmtree(lock.parent, ignore_errors=True)
            return True
    except OSError:  # its owner lives
        return False
    finally:
        os.close(descriptor)
    return False

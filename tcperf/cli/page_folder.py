"""The folder that ``tcperf history``, and ``tcperf report`` of several results, write a page and its figures into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tcperf.errors import OutputError, UsageError
from tcperf.reports.placing import own_folder

_BEGINNING: Final = 4000


def make_ready(path: Path, names: Iterable[str], marks: Sequence[str], maker: str) -> Path:
    """Make the folder into which ``maker`` will write files of these names.

    A file that is there already may be replaced where one of ``marks`` is in its beginning.  Raises UsageError where
    the path is a file, and OutputError where the folder cannot be made, or files of somebody else's are in the way.
    """
    folder = own_folder(path)
    refuse_file(folder)
    make(folder)
    for name in names:
        if not may_be_replaced(folder / name, marks):
            raise OutputError(
                f"{folder / name} is there, and {maker} did not make it",
                cure="choose another folder with --out",
            )
    return folder


def refuse_file(folder: Path) -> None:
    """Raise UsageError where a file is in the folder's place."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file, and a folder is needed", cure="choose another --out")


def make(folder: Path) -> None:
    """Make the folder, if it is not there.  Raises OutputError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror}", cure="choose another --out"
        ) from error


def may_be_replaced(path: Path, marks: Sequence[str]) -> bool:
    """Whether there is no file, or one that has one of ``marks`` in its beginning: ours."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            beginning = file.read(_BEGINNING)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return any(mark in beginning for mark in marks)

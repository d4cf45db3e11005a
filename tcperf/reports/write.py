"""The report folder: checked before the long run, written whole or not at all after it.

A folder becomes tcperf's by a marker file.  Only in such a folder is anything removed, and only what tcperf
itself writes: a run must not leave the reports of an earlier one behind that look like its own.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf import locks
from tcperf.errors import OutputError
from tcperf.model import Result
from tcperf.reports.placing import own_folder
from tcperf.timeseries import Series

#: Reports of ten scenarios with many runs take a tenth of it; the logs are capped.
NEEDED_BYTES: Final = 32 * 1024 * 1024
MARKER = ".tcperf-report"
_MARK = "tcperf writes this folder, and empties it when a new run begins.\n"
_DRAFT = ".tcperf-draft"
_KIB, _MIB = 1024, 1 << 20

_CURES: Final[dict[int, str]] = {
    errno.ENOSPC: "free some space there, or choose another folder with --out",
    errno.EDQUOT: "free some of your quota, or choose another folder with --out",
    errno.EROFS: "the file system is read-only: choose another folder with --out",
}
_CURE = "choose a folder that you may write to with --out"


@frozen
class Folder:
    """A report folder and the names in it."""

    path: Path

    @property
    def results_json(self) -> Path:
        """Everything, for programs and later comparison."""
        return self.path / "results.json"

    @property
    def results_csv(self) -> Path:
        """One row a number, for spreadsheets."""
        return self.path / "results.csv"

    @property
    def report_html(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def comparison_md(self) -> Path:
        """The verdict for a pull request; there where something was to be compared."""
        return self.path / "comparison.md"

    @property
    def reports(self) -> tuple[Path, ...]:
        """The files that hold the figures."""
        return self.results_json, self.results_csv, self.report_html, self.comparison_md

    @property
    def series(self) -> Path:
        """The time series, a file a run."""
        return self.path / "series"

    @property
    def logs(self) -> Path:
        """The nodes' output, a file a node and run."""
        return self.path / "logs"

    @property
    def captures(self) -> Path:
        """The runs' frames, a file a run; there where they were asked for."""
        return self.path / "captures"

    @property
    def profiles(self) -> Path:
        """Go's profiles of the nodes, a file a scenario, node and kind; there where they were asked for."""
        return self.path / "profiles"


def prepare(path: Path) -> Folder:
    """Make the folder, or check the one that is there, and remove an earlier run's reports from it.

    The folders for series and logs are made.  Raises OutputError where it is no folder, is the root of a file system's
    names or the user's home, cannot be written, has too little space, or holds files of these names that tcperf did
    not write.
    """
    folder = Folder(own_folder(path))
    with _failing(folder.path, "prepared"):
        folder.path.mkdir(parents=True, exist_ok=True)
        _probe(folder.path)
        _check_space(folder.path)
        _take_over(folder)
        for part in (folder.series, folder.logs):
            part.mkdir(exist_ok=True)
    return folder


@contextlib.contextmanager
def reserve(path: Path) -> Iterator[Folder]:
    """``prepare`` the folder, and keep other tcperf processes from it during the block.

    Raises OutputError, too, where another one is writing there.
    """
    target = own_folder(path)
    with contextlib.ExitStack() as held:
        with _failing(target, "prepared"):
            target.mkdir(parents=True, exist_ok=True)
            is_ours = held.enter_context(locks.folder_lock(target))
        if not is_ours:
            raise OutputError(
                f"another tcperf is writing to {target}", cure="give each its own folder with --out"
            )
        yield prepare(target)


def write_reports(folder: Folder, result: Result, series: Mapping[str, Series]) -> None:
    """Write results.json, results.csv, report.html and, for a verdict, comparison.md; ``series`` are by the run's id.

    The figures first: should a later report fail, they are safe.  Raises OutputError.
    """
    from tcperf import results
    from tcperf.reports import html, markdown, table_csv
    from tcperf.reports.verdicts import has_verdict

    write_atomically(folder.results_json, results.dumps(result))
    write_atomically(folder.results_csv, table_csv.render(result))
    write_atomically(folder.report_html, html.render(result, series))
    if has_verdict(result):
        write_atomically(folder.comparison_md, markdown.render(result))
    elif (folder.path / MARKER).is_file():  # then it is ours, and of another result
        folder.comparison_md.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a whole file, UTF-8 for text, or leave what was there.  Raises OutputError."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{os.getpid()}{_DRAFT}")
    with _failing(path, "written"):
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


def _probe(folder: Path) -> None:
    """Really write a file: permissions, quotas and read-only mounts show only so."""
    draft = folder / f".probe.{os.getpid()}{_DRAFT}"
    try:
        _write_through(draft, b"x" * _KIB)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise OutputError(
            f"{folder} has {free // _MIB} MiB left, and the reports may need {NEEDED_BYTES // _MIB} MiB",
            cure=_CURES[errno.ENOSPC],
        )


def _take_over(folder: Folder) -> None:
    """Make the folder ours: empty it of our own files, or refuse it where they are somebody else's."""
    marker = folder.path / MARKER
    if marker.is_file():
        for path in list(_ours(folder)):  # all of them known, and allowed, before the first goes
            path.unlink()
        return
    for path in (*folder.reports, folder.series, folder.logs, folder.captures, folder.profiles):
        if os.path.lexists(path):
            raise OutputError(
                f"{path} is there, and {folder.path} was not made by tcperf",
                cure="choose another folder with --out, or remove it yourself",
            )
    write_atomically(marker, _MARK)


def _ours(folder: Folder) -> Iterator[Path]:
    """The files that tcperf wrote.  What others put into the folder stays."""
    for path in folder.reports:
        if os.path.lexists(path):
            yield path
    yield from _files(folder.path, f".*{_DRAFT}")
    yield from _files(folder.series, "*.json.gz")
    yield from _files(folder.series, ".*.json.gz.*")  # a sampler's draft
    yield from _files(folder.logs, "*.log")
    yield from _files(folder.captures, "*.pcapng")
    yield from _files(folder.profiles, "*.pb.gz")
    yield from _files(folder.profiles, f".*{_DRAFT}")


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder, which must not be a link that leads elsewhere."""
    if not os.path.lexists(folder):
        return []
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise OutputError(f"{folder} is no folder", cure="remove it, or choose another folder with --out")
    return [path for path in folder.glob(pattern) if path.is_symlink() or path.is_file()]


@contextlib.contextmanager
def _failing(path: Path, done: str) -> Iterator[None]:
    """Tell an OSError as an OutputError with its cure."""
    try:
        yield
    except FileExistsError as error:
        raise OutputError(
            f"{error.filename or path} is no folder", cure="choose another folder with --out"
        ) from error
    except OSError as error:
        cure = _CURES.get(error.errno or 0, _CURE)
        raise OutputError(f"{path} cannot be {done}: {error.strerror}", cure=cure) from error

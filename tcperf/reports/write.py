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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tcperf import locks
from tcperf.errors import OutputError
from tcperf.model import Result
from tcperf.reports import ours
from tcperf.reports.atomic import DRAFT, cure_of, failing, probe, write_atomically
from tcperf.reports.folder import FORMER, MARKER, OUT, Folder
from tcperf.reports.placing import own_folder
from tcperf.timeseries import Series

__all__ = [
    "MARKER",
    "NEEDED_BYTES",
    "Folder",
    "check_tests",
    "make_way",
    "prepare",
    "reserve",
    "use",
    "write_again",
    "write_atomically",
    "write_reports",
    "write_tests",
]

#: Reports of ten scenarios with many runs take a tenth of it; the logs are capped.
NEEDED_BYTES: Final = 32 * 1024 * 1024
_MARK = "tcperf writes this folder, and empties it when a new run begins.\n"
_MIB: Final = 1 << 20

#: Of the file of test results, which has an option of its own.
_TESTS_CURE = "name a file that you can write with --junit=FILE.xml"
_THEIRS_CURE = "name another file with --junit=FILE.xml, or remove it yourself"


def prepare(path: Path, option: str = OUT) -> Folder:
    """Make the folder, or check the one that is there, and remove an earlier run's reports from it.

    The folders for series and logs are made; ``option`` is the one that named the folder.  Raises OutputError where
    it is no folder, is the root of a file system's names or the user's home, cannot be written, has too little
    space, or holds files of these names that tcperf did not write.
    """
    folder = Folder(own_folder(path, option), option)
    with failing(folder.path, "prepared", option=option):
        folder.path.mkdir(parents=True, exist_ok=True)
        probe(folder.path)
        _check_space(folder)
        _take_over(folder)
        for part in (folder.series, folder.logs):
            part.mkdir(exist_ok=True)
    return folder


def use(folder: Folder) -> Folder:
    """The folder that a result was read from, for its reports; nothing is removed.

    Raises OutputError where it has no marker of tcperf's and holds files of these names that tcperf did not write.
    """
    if not (folder.path / MARKER).is_file():
        with failing(folder.path, "used", option=folder.option):
            ours.check_views(folder)
    return folder


@contextlib.contextmanager
def reserve(path: Path, option: str = OUT) -> Iterator[Folder]:
    """``prepare`` the folder that ``option`` named, and keep other tcperf processes from it during the block.

    Raises OutputError, too, where another one is writing there.
    """
    target = own_folder(path, option)
    with contextlib.ExitStack() as held:
        with failing(target, "prepared", option=option):
            target.mkdir(parents=True, exist_ok=True)
            is_ours = held.enter_context(locks.folder_lock(target))
        if not is_ours:
            raise OutputError(
                f"another tcperf is writing to {target}", cure=f"give each its own folder with {option}"
            )
        yield prepare(target, option)


def write_reports(
    folder: Folder, result: Result, series: Mapping[str, Series], *, feedback: str | None = None
) -> None:
    """Write results.json, results.csv, summary.csv, report.html and report.md; ``series`` are by the run's id.

    ``feedback`` is where readers of the page may say what they think of it; None asks nobody.  The figures first:
    should a later report fail, they are safe.  Raises OutputError.
    """
    from tcperf import results

    write_atomically(folder.results_json, results.dumps(result), option=folder.option)
    _write_views(folder, result, series, feedback)


def write_again(folder: Folder, result: Result, series: Mapping[str, Series], source: bytes) -> None:
    """Write the reports of a result that was read from a file with the bytes ``source``.

    results.json stays what it was, whatever another release wrote into it: one that is there is not touched, else there
    is a copy.  Raises OutputError.
    """
    if not folder.results_json.exists():
        write_atomically(folder.results_json, source)
    _write_views(folder, result, series, None)


def _write_views(folder: Folder, result: Result, series: Mapping[str, Series], feedback: str | None) -> None:
    from tcperf.reports import html, markdown, summary_csv, table_csv

    option = folder.option
    write_atomically(folder.results_csv, table_csv.render(result), option=option)
    write_atomically(folder.summary_csv, summary_csv.render([result]), option=option)
    write_atomically(folder.report_html, html.render(result, series, feedback), option=option)
    write_atomically(folder.report_md, markdown.render(result), option=option)


def check_tests(path: Path) -> None:
    """See that nobody's file is lost when test results are written at ``path``.  Raises OutputError."""
    with failing(path, "read", _TESTS_CURE):
        if path.is_dir():
            raise OutputError(f"{path} is a folder", cure="name a file with --junit=FILE.xml")
        if not ours.is_test_results(path):
            raise OutputError(f"{path} is there, and holds no test results of tcperf", cure=_THEIRS_CURE)


def make_way(path: Path) -> None:
    """See before the long run that test results can be written at ``path``, and remove those of an earlier run.

    They would look like this run's.  Their folder is made.  Raises OutputError, too, where the file is somebody else's.
    """
    check_tests(path)
    with failing(path, "written", _TESTS_CURE):
        path.parent.mkdir(parents=True, exist_ok=True)
        probe(path.parent)
        path.unlink(missing_ok=True)


def write_tests(path: Path, content: str) -> None:
    """Write test results, and make their folder.  Raises OutputError, too, where the file is somebody else's."""
    check_tests(path)
    with failing(path, "written", _TESTS_CURE):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content, cure=_TESTS_CURE)


def _check_space(folder: Folder) -> None:
    free = shutil.disk_usage(folder.path).free
    if free < NEEDED_BYTES:
        raise OutputError(
            f"{folder.path} has {free // _MIB} MiB left, and the reports may need {NEEDED_BYTES // _MIB} MiB",
            cure=cure_of(errno.ENOSPC, folder.option),
        )


def _take_over(folder: Folder) -> None:
    """Make the folder ours: empty it of our own files, or refuse it where they are somebody else's."""
    marker = folder.path / MARKER
    if marker.is_file():
        for path in list(_ours(folder)):  # all of them known, and allowed, before the first goes
            path.unlink()
        return
    for path in (
        *folder.reports,
        folder.journal,
        folder.series,
        folder.logs,
        folder.captures,
        folder.profiles,
    ):
        if os.path.lexists(path):
            raise OutputError(
                f"{path} is there, and {folder.path} was not made by tcperf",
                cure=f"choose another folder with {folder.option}, or remove it yourself",
            )
    write_atomically(marker, _MARK)


def _ours(folder: Folder) -> Iterator[Path]:
    """The files that tcperf wrote.  What others put into the folder stays."""
    for path in (*folder.reports, folder.journal, *(folder.path / name for name in FORMER)):
        if os.path.lexists(path):
            yield path
    for place, pattern in (
        (folder.path, f".*{DRAFT}"),
        (folder.series, "*.json.gz"),
        (folder.series, ".*.json.gz.*"),  # a sampler's draft
        (folder.logs, "*.log"),
        (folder.captures, "*.pcapng"),
        (folder.profiles, "*.pb.gz"),
        (folder.profiles, f".*{DRAFT}"),
    ):
        yield from _files(place, pattern, folder.option)


def _files(folder: Path, pattern: str, option: str) -> list[Path]:
    """The files of a folder, which must not be a link that leads elsewhere."""
    if not os.path.lexists(folder):
        return []
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise OutputError(f"{folder} is no folder", cure=f"remove it, or choose another folder with {option}")
    return [path for path in folder.glob(pattern) if path.is_symlink() or path.is_file()]

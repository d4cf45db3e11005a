"""Where a suite's reports may go: never among its tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tcperf.errors import UsageError

_CONFTEST: Final = "conftest.py"
_OWN: Final = "tcperf-report"


def check(folder: Path, tests: Iterable[Path], patterns: Iterable[str]) -> None:
    """Raise UsageError for a ``folder`` of reports that holds tests.

    That is one of the places that ``tests`` are taken from (folders, files), and one in which, or in whose folders,
    a file has a name of tests: ``patterns`` are pytest's ``python_files``.
    """
    target = folder.resolve()
    for found in (*_same(target, tests), *_files(target, patterns)):
        raise UsageError(
            f"--tcperf-out {folder}: tests are there ({found}), and the reports would lie among them",
            cure=f"give them a folder of their own, such as {folder / _OWN}",
        )


def _same(target: Path, tests: Iterable[Path]) -> Iterator[Path]:
    for each in tests:
        found = each.resolve()
        if target == (found.parent if found.is_file() else found):
            yield each


def _files(target: Path, patterns: Iterable[str]) -> Iterator[Path]:
    names = [_CONFTEST, *(pattern for pattern in patterns if "/" not in pattern)]
    return (
        found
        for name in names
        for depth in ("", "*/")
        for found in target.glob(depth + name)
        if found.is_file()
    )

"""``--junit``: where the verdicts go as test results."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from tcperf.errors import UsageError
from tcperf.options import AUTO, JUNIT_ENDING, parse_junit
from tcperf.reports.folder import Folder

_OPTION: Final = "--junit"


def add_junit(parser: argparse.ArgumentParser) -> None:
    """The option; without a FILE it is ``auto``."""
    parser.add_argument(
        _OPTION,
        nargs="?",
        const=AUTO,
        metavar="FILE.xml",
        help="write the verdicts as JUnit test results, which Jenkins and others show: into this file, or into "
        "junit.xml among the reports; what is worse, or over its limit, is a failure",
    )


def spelled_out(words: Sequence[str]) -> list[str]:
    """The command line with ``--junit=auto`` for a ``--junit`` that has no file.

    What stands behind it is its file only where it is called so (.xml): else a scenario or a result, behind the
    options as the usage has it, would be taken for one.
    """
    found, before = [*words], [*words, "--"].index("--")
    for place in range(before):
        following = found[place + 1] if place + 1 < before else ""
        is_its = following == AUTO or following.lower().endswith(JUNIT_ENDING)
        if found[place] == _OPTION and not is_its:
            found[place] = f"{_OPTION}={AUTO}"
    return found


def asked(text: str | None, folder: Path) -> Path | Literal["auto"] | None:
    """What the option says, relative to ``folder``; None where it is not given.  Raises UsageError."""
    if text is None:
        return None
    try:
        return parse_junit(text, folder)
    except UsageError as error:
        raise UsageError(f"argument --junit: {error.message}", cure=error.cure) from error


def place(option: Path | Literal["auto"] | None, folder: Folder | None) -> Path | None:
    """The file to be written, None where none is; ``folder`` is that of the reports, None where there are none.

    Raises UsageError where neither a file nor a folder is given.
    """
    if option is None or isinstance(option, Path):
        return option
    if folder is None:
        raise UsageError(
            "--junit has no folder to be written into", cure="give --junit=FILE.xml, or a folder with --out"
        )
    return folder.junit_xml

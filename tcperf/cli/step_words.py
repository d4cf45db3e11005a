"""The words of ``run`` that ``settings`` hands on to the step, and their paths as an agent's checkout has them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from tcperf.errors import UsageError
from tcperf.quoting import shown

#: The options that are paths, and those of them that are files of the repository, which no agent has of its own.
_PATHS: Final = ("scenarios", "node", "config")
_FILES: Final = ("scenarios", "config")


def words(arguments: argparse.Namespace) -> Iterator[str]:
    """The words of ``run`` that were given here: the step is to take the same node and scenarios.

    Raises UsageError for what no settings can carry.
    """
    found = [*arguments.names]
    for option in (*_PATHS, "param"):
        for value in _given(arguments, option):
            found += [f"--{option}", _in_checkout(value) if option in _PATHS else value]
    for word in found:
        if not word.isprintable():
            raise UsageError(
                f"{shown(word)} holds control characters or broken text: no settings can carry it"
            )
        yield word


def outside(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The options that were given a file which no other checkout has, and its path."""
    for option in _FILES:
        yield from ((option, path) for path in _given(arguments, option) if _is_outside(from_here(path)))


def from_here(path: str) -> str:
    """A path seen from the folder that this is called in, with slashes; one on another drive stays as it is."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:
        return Path(path).as_posix()


def _given(arguments: argparse.Namespace, option: str) -> tuple[str, ...]:
    given = getattr(arguments, option) or ()
    return (given,) if isinstance(given, str) else tuple(given)


def _in_checkout(path: str) -> str:
    """As an agent has it, where it is absolute and within the checkout that this is called at the top of."""
    relative = from_here(path)
    return relative if Path(path).is_absolute() and not _is_outside(relative) else path


def _is_outside(relative: str) -> bool:
    return PurePosixPath(relative).parts[:1] == ("..",) or Path(relative).is_absolute()

"""Which programs the tests start, as Python's audit events tell (sys.addaudithook): what was too short to be seen has a name.

Of these events of Python's own library; what a module of C starts by itself is not among them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath
from typing import Any, Final

from tcperf.watching.choosing import fits_any, names_of

#: The events that a program is started with, and where their arguments have its command line.
EVENTS: Final = {"subprocess.Popen": 1, "os.posix_spawn": 1, "os.spawn": 2, "os.system": 0}
_SHELL: Final = "sh"


def command(event: str, arguments: Sequence[Any]) -> list[str]:
    """The command line of the program that one of EVENTS is about."""
    words = arguments[EVENTS[event]]
    if event == "os.system":
        return [_SHELL, "-c", os.fsdecode(words)]
    return [words] if isinstance(words, str) else [os.fsdecode(word) for word in words]


def name(words: Sequence[str], names: Collection[str]) -> str | None:
    """What a program of this command line is called, where it may be, or may start, one that has one of ``names``.

    Without names all are meant.  None where it is not, or its command line is empty.
    """
    called = names_of(None, words)
    if not called or (names and not fits_any((*called, *_mentioned(words)), names)):
        return None
    return called[-1]


def _mentioned(words: Sequence[str]) -> Iterator[str]:
    """The names of all files that it may be about, those in a shell's command line among them."""
    return (PurePath(part).name for word in words for part in word.split())

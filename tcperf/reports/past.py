"""The figures of past builds, as ``tcperf history`` tells them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from attrs import frozen

from tcperf.history import History
from tcperf.reports.keyname import KeyName, in_order

#: So many builds say what is usual.
WINDOW: Final = 20


@frozen
class Past:
    """The builds of a ``configuration`` (the server's id of it), and which of their figures are told, in their order."""

    configuration: str
    history: History
    names: tuple[KeyName, ...]


def past(configuration: str, history: History, patterns: Sequence[str] = ()) -> Past:
    """The figures whose keys match one of the ``patterns``; without one, all that tcperf measured.

    A pattern is that of ``fnmatch``, and matches the whole key or what follows ``tcperf.[reference.]``: it may name
    what was made of other figures, too.
    """
    names = in_order(key for build in history.builds for key in build.statistics)
    return Past(configuration, history, tuple(name for name in names if _is_told(name, patterns)))


def _is_told(name: KeyName, patterns: Iterable[str]) -> bool:
    given = tuple(patterns)
    if not given:
        return name.is_measured
    return any(fnmatchcase(text, pattern) for pattern in given for text in (name.key, name.tail))

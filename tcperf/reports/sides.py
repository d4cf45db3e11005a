"""What the sides of a comparison are called: their files and versions, and only where these are alike their hashes."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.model import Result
from tcperf.reports.text import shorten
from tcperf.subject import Subject
from tcperf.summary import HEAD

#: What Go calls a build that nobody gave a version: it tells nothing.
_UNTOLD: Final = frozenset(("", "devel", "(devel)", "unknown"))
#: So much of a hash tells two binaries apart.
HASH_SHOWN: Final = 12
_NAME_LIMIT: Final = 66

#: Names, before each what it is in the comparison, "" where that needs no word.
Titled = tuple[tuple[str, str], ...]


@frozen
class Side:
    """A side: ``name`` tells it from the other one, ``hash`` is the beginning of its binary's SHA-256."""

    name: str
    hash: str


@frozen
class Sides:
    """The head and the base, which is None where there is none; ``is_same`` where both are one binary."""

    head: Side
    base: Side | None
    is_same: bool

    @property
    def titled(self) -> Titled:
        """Who is who, ``(("head", "node-2"), ("compared with base", "node-1"))``: names are cut, for some are nobody's.

        What has no other side, or only itself, is called by its name alone.
        """
        head = shorten(self.head.name, _NAME_LIMIT)
        if self.base is None:
            return (("", head),)
        if self.is_same:
            return ("", head), ("compared with", "itself")
        return ("head", head), ("compared with base", shorten(self.base.name, _NAME_LIMIT))

    @property
    def title(self) -> str:
        """The same in a line: ``head node-2 compared with base node-1``."""
        return in_a_line(self.titled)


def in_a_line(titled: Titled) -> str:
    """The names, before each what it is here."""
    return " ".join(f"{role} {name}" if role else name for role, name in titled)


def sides(result: Result) -> Sides | None:
    """The sides; None where nothing was measured."""
    head, base = result.subjects.get(HEAD), result.subjects.get(BASE)
    if head is None:
        return None
    if base is None:
        return Sides(_side(head, _name(head)), None, is_same=False)
    names = _name(head), _name(base)
    if names[0] == names[1] and head.sha256 != base.sha256:
        names = _hashed(names[0], head), _hashed(names[1], base)
    return Sides(_side(head, names[0]), _side(base, names[1]), is_same=head.is_same(base))


def _side(subject: Subject, name: str) -> Side:
    return Side(name, subject.sha256[:HASH_SHOWN])


def _name(subject: Subject) -> str:
    """The command, or the file and the version, where one is told."""
    if subject.command is not None:
        return subject.command
    what = "Bundled reference node" if subject.reference else PurePosixPath(subject.path).name
    return what if subject.version in _UNTOLD else f"{what} {subject.version}"


def _hashed(name: str, subject: Subject) -> str:
    mark = f" (sha256 {subject.sha256[:HASH_SHOWN]})"
    return f"{shorten(name, _NAME_LIMIT - len(mark))}{mark}"

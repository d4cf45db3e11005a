"""Marks: how a program says that a phase of its own begins.  Bytes in, marks and answers out; no I/O.

On its standard output, a line by itself::

    tcperf: phase NAME

On the Unix socket whose path is in TCPERF_SOCKET, a line ``phase NAME``, answered by ``ok`` as soon as the phase has
been cut, or by ``error: `` and the reason.  ``phase`` without a name ends the open phase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

#: No line that is a mark is longer; one that is, is none.
LINE_LIMIT: Final = 1024
_LEAD: Final = b"tcperf: phase"
OK: Final = b"ok\n"
_PRINTED: Final = re.compile(rb"tcperf: phase(?:[ \t]+(.*?))?[ \t\r]*\Z", re.DOTALL)
_ASKED: Final = re.compile(rb"phase(?:[ \t]+(.*?))?[ \t\r]*\Z", re.DOTALL)


@frozen
class Mark:
    """From now on it is the phase ``name``; "" is none, so that the open one ends.  The name may be anything."""

    name: str


@frozen
class NoMark:
    """A line of the socket that says nothing that it could."""

    line: bytes


def refusal(why: str) -> bytes:
    """The answer to a mark that is not taken: one line, whatever was asked."""
    return b"error: " + " ".join(why.split()).encode("utf-8", "replace") + b"\n"


class Splitter:
    """Splits a stream into lines of at most LINE_LIMIT bytes; of a longer one only so much is kept."""

    def __init__(self) -> None:
        self._partial = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that ``data`` completes, without their ends; a longer one is longer by a byte."""
        room = LINE_LIMIT + 1
        *complete, last = data.split(b"\n")
        for line in complete:
            yield (self._partial + line[:room])[:room]
            self._partial = b""
        self._partial = (self._partial + last[:room])[:room]

    def completes(self, text: bytes, data: bytes) -> bool:
        """Whether a line that ``data`` completes can have ``text`` in it; where none can, its lines are passed over."""
        if text in self._partial + data:
            return True
        _lines, end, last = data.rpartition(b"\n")
        self._partial = (last if end else self._partial + last)[: LINE_LIMIT + 1]
        return False

    @property
    def overlong(self) -> bytes:
        """What was kept of the line that has no end yet, if it is already too long; else nothing."""
        return self._partial if len(self._partial) > LINE_LIMIT else b""


class PrintedMarks:
    """The marks in what a program prints to its standard output, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._lines = Splitter()

    def feed(self, data: bytes) -> Iterator[Mark]:
        """The marks that ``data`` completes; a program may print much that is none."""
        if not self._lines.completes(_LEAD, data):
            return
        for line in self._lines.feed(data):
            found = _PRINTED.match(line) if len(line) <= LINE_LIMIT else None
            if found is not None:
                yield _mark(found)


class AskedMarks:
    """The marks that one connection asks for, in whatever pieces they come."""

    def __init__(self) -> None:
        self._lines = Splitter()
        self._is_answered = False

    def feed(self, data: bytes) -> Iterator[Mark | NoMark]:
        """What the lines say that ``data`` completes, in their order: each is to be answered.

        A line that is too long is answered before its end, which may never come: who sent it waits.
        """
        for line in self._lines.feed(data):
            if not self._is_answered:
                found = _ASKED.match(line) if len(line) <= LINE_LIMIT else None
                yield NoMark(line) if found is None else _mark(found)
            self._is_answered = False
        if self._lines.overlong and not self._is_answered:
            self._is_answered = True
            yield NoMark(self._lines.overlong)


def _mark(found: re.Match[bytes]) -> Mark:
    return Mark((found[1] or b"").decode("utf-8", "replace"))

"""Which processes are meant: by their ids, by what they are called, or all that one process starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Final

from attrs import frozen

from tcperf.watching import table

#: Who is watched at this moment, by process id; asked again at every look.
Choice = Callable[[], Collection[int]]

#: Programs that run another: what these are called says nothing, what they run does.
_INTERPRETER: Final = re.compile(r"(python|pypy|node|ruby|perl|java|sh|bash|dash)[\d.]*(\.exe)?\Z")
_MODULE_OPTION: Final = "-m"
#: What follows is a program, not the name of one.
_CODE_OPTIONS: Final = frozenset({"-c", "-e"})
#: Python's options that take a word of their own.
_WITH_VALUE: Final = frozenset({"-X", "-W"})
#: After so many looks a process has become the program that it was forked for; whoever has not is asked every so often.
_ENOUGH, _NOW_AND_THEN = 5, 25
#: So many strangers are remembered, and so many of their names told.
_REMEMBERED, _TOLD = 1000, 20


@frozen
class Heard:
    """What became of the names that somebody was to be called by.

    ``matched`` are those names that somebody was called by, ``strangers`` what the others were called, each once and at
    most 20 of them.
    """

    matched: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def by_id(pids: Collection[int]) -> Choice:
    """These processes, whatever they are called; the collection may grow."""
    return lambda: tuple(pids)


class ByName:
    """All ``among`` some processes that are called so (``called``), but for ourselves; a ``Choice``.

    ``names`` may be patterns (``fnmatch``): ``status-backend*``.

    A process that was asked a few times, and is called otherwise, is asked but now and then again: it may yet
    become the program (exec).
    """

    def __init__(self, names: Collection[str], among: Callable[[], Iterable[int]] = table.everybody) -> None:
        self._names = frozenset(names)
        self._among = among
        self._strangers: dict[int, int] = {}
        self._rounds = 0
        self._matched: set[str] = set()
        self._called: dict[int, str] = {}

    def __call__(self) -> list[int]:
        """Who is called so now."""
        self._rounds += 1
        present = [pid for pid in self._among() if pid != os.getpid()]
        known = {pid: self._strangers.get(pid, 0) for pid in present}
        found = [pid for pid in present if self._is_due(known[pid]) and self._is_one(pid)]
        self._strangers = {pid: asked + 1 for pid, asked in known.items() if pid not in set(found)}
        return found

    @property
    def heard(self) -> Heard:
        """Who was called so until now, and how the others are called."""
        strangers = sorted(set(self._called.values()))
        return Heard(tuple(sorted(self._matched)), tuple(strangers[:_TOLD]))

    def _is_one(self, pid: int) -> bool:
        told = called(pid)
        matched = {name for name in self._names if fits_any(told, (name,))}
        self._matched |= matched
        if matched:
            self._called.pop(pid, None)  # it has become the program
        elif (
            told and (pid in self._called or len(self._called) < _REMEMBERED) and not table.forked_image(pid)
        ):
            self._called[pid] = told[-1]
        return bool(matched)

    def _is_due(self, asked: int) -> bool:
        return asked < _ENOUGH or self._rounds % _NOW_AND_THEN == 0


def fits_any(called_so: Iterable[str], names: Collection[str]) -> bool:
    """Whether anything that somebody is called is one of ``names``, which may be patterns."""
    return any(fnmatchcase(each, name) for each in called_so for name in names)


def below(pid: int) -> Callable[[], list[int]]:
    """The descendants of a process."""
    return lambda: table.descendants(pid)


def started_by(pid: int) -> Choice:
    """All that a process starts: its children, each of which has its own with it."""
    return lambda: table.children(pid)


def called(pid: int) -> list[str]:
    """What a process is called; empty where it has ended.

    That is the name of the file it executes and that of its command line, without folders and without ``.exe``; of an
    interpreter its script, its script's stem, or its module.
    """
    return names_of(table.program(pid), table.command_line(pid))


def names_of(path: str | None, words: Sequence[str]) -> list[str]:
    """What a process is called that executes ``path``, where that is known, and has the command line ``words``."""
    found = [_plain(each) for each in (path, words[0] if words else None) if each]
    if any(_INTERPRETER.match(each) for each in found):
        found += _run_by_interpreter(words[1:])
    return list(dict.fromkeys(found))


def _run_by_interpreter(words: Sequence[str]) -> list[str]:
    """The names of the script or the module in an interpreter's command line, behind its options."""
    rest = iter(words)
    for word in rest:
        if word in _CODE_OPTIONS:
            return []
        if word == _MODULE_OPTION:
            return [module] if (module := next(rest, "")) else []
        if word in _WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            return [PurePath(word).name, PurePath(word).stem]
    return []


def _plain(path: str) -> str:
    return Path(path).name.removesuffix(".exe")

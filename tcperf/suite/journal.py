"""What was heard of the tests, written down as it comes: where pytest ends before it could report, reports are made of it.

One JSON object a line: the first has the facts of the session, each other one a test that begins or what a report told.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import frozen

from tcperf.conversion import converter
from tcperf.suite.collected import Collected, Told
from tcperf.suite.gathering import Facts

_FACTS: Final = "facts"
_BEGUN: Final = "begun"
_TOLD: Final = "told"
_KNOWN: Final = "known"


@frozen
class Opening:
    """What the journal begins with.

    ``gate`` is its mode; ``option`` chose the reports' folder, which is called ``artifacts`` among TeamCity's
    artifacts.
    """

    facts: Facts
    gate: str
    option: str
    artifacts: str


class Journal:
    """Written at ``path``, anew.  Raises OSError where it cannot be begun; later it is given up in silence, for the tests go on."""

    def __init__(self, path: Path, opening: Opening) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8")
        self._write(attrs.asdict(opening, recurse=False) | {_FACTS: converter().unstructure(opening.facts)})

    def know(self, tests: int) -> None:
        """So many tests are to be run."""
        self._write({_KNOWN: tests})

    def begin(self, test: str) -> None:
        """A test begins, by pytest's id."""
        self._write({_BEGUN: test})

    def take(self, told: Told) -> None:
        """A report has come."""
        self._write({_TOLD: attrs.asdict(told)})

    def _write(self, line: dict[str, Any]) -> None:
        with suppress(OSError, ValueError):  # the disk is full; it is closed
            self._file.write(f"{json.dumps(line)}\n")
            self._file.flush()

    def close(self) -> None:
        """Nothing more is written; safe to call twice."""
        with suppress(OSError):
            self._file.close()

    def discard(self) -> None:
        """It is not needed any more; safe to call twice."""
        self.close()
        with suppress(OSError):
            self._path.unlink()


@frozen
class Read:
    """What a journal tells; ``known`` is how many tests were to be run, None where nobody knew."""

    opening: Opening
    collected: Collected
    known: int | None


def read(path: Path) -> Read:
    """All whole lines of a journal, whose last one may have been cut off.

    Raises OSError where it cannot be read, ValueError where it is none.
    """
    try:
        return _read(path.read_text("utf-8"))
    except (KeyError, TypeError, ExceptionGroup) as error:  # the last are those of cattrs
        raise ValueError(f"{path} is no journal of tcperf's") from error


def _read(text: str) -> Read:
    first, *rest = text.splitlines(keepends=True)
    told = json.loads(first)
    opening = Opening(**told | {_FACTS: converter().structure(told[_FACTS], Facts)})
    collected, known = Collected(), None
    for line in (json.loads(each) for each in rest if each.endswith("\n")):
        known = line.get(_KNOWN, known)
        if _BEGUN in line:
            collected.begin(line[_BEGUN])
        if _TOLD in line:
            collected.take(Told(**line[_TOLD]))
    return Read(opening, collected, known)

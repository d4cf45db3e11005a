"""The fixture ``tcperf`` where tests are measured: what a test may ask for, and what is said where it cannot be."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, SupportsIndex

from attrs import frozen

from tcperf.keys import NAME_RULE, is_name
from tcperf.watching import table

_CURE: Final = "hand over the id of a process that the tests start, such as subprocess.Popen(…).pid"


@frozen
class Handle:
    """Asks ``_watch`` for a process, by its id, and ``_measured`` for a phase, by its name."""

    _watch: Callable[[int], bool]
    _measured: Callable[[str], AbstractContextManager[None]]

    def watch(self, pid: SupportsIndex) -> None:
        """Measure this process with its descendants, too, from now on.

        Raises TypeError for what is no number, ProcessLookupError where there is no such process, and ValueError
        for a process that the tests descend from, or their own: its figures would be those of the tests, and of all
        that they start.
        """
        number = _number(pid)
        if number in (os.getpid(), *table.ancestors(os.getpid())):
            raise ValueError(
                f"tcperf.watch({number}): that is pytest itself or what started it, and would be measured with all that is "
                f"below it, the tests included ({_CURE})"
            )
        if not self._watch(number):
            raise ProcessLookupError(
                f"tcperf.watch({number}): there is no such process, or it has ended ({_CURE})"
            )

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block by itself, too, with a key of its own; not if it raises.

        Phases may lie in one another.  Raises ValueError for a name that makes no key.
        """
        if not is_name(name):
            raise ValueError(f"{name!r} cannot name a phase: {NAME_RULE}")
        with self._measured(name):
            yield


def _number(pid: SupportsIndex) -> int:
    try:
        return operator.index(pid)
    except TypeError as error:
        raise TypeError(f"tcperf.watch({pid!r}): a process is told by its number ({_CURE})") from error

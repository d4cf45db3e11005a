"""Who lives in this process's private network, which nobody can reach once its pytest is gone.  Linux's alone.

What a test starts lives there whatever becomes of it: also a daemon, which is nobody's child.
"""

from __future__ import annotations

import os
import re
import select
import signal
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.watching import table
from tcperf.watching.choosing import called
from tcperf.watching.interface import LOOK_S

#: pytest's variable, which whatever a test starts inherits: ``test_a.py::test_b (call)``.
_CURRENT_TEST: Final = b"PYTEST_CURRENT_TEST="
_STAGE: Final = re.compile(r" \((setup|call|teardown)\)\Z")
#: Python's own helpers of multiprocessing, which end with the process that they serve.
_HELPER: Final = "from multiprocessing."
#: So many are named where they are told, of so many it is known who they are, and so much of a test's id is.
_NAMED: Final = 4
_KNOWN: Final = 100
_TEST_LIMIT: Final = 400


@frozen
class Inhabitant:
    """A living process, what it is called, and for how many seconds it has lived.

    ``test`` is pytest's id of the test in which it was started, as its environment tells; None where that says nothing.
    """

    pid: int
    name: str
    age_s: float
    test: str | None = None


def inhabitants(but: Collection[int] = ()) -> list[Inhabitant]:
    """The first 100 of this network namespace in the order of their start, but for ourselves and the processes ``but``."""
    found = [
        (identity, each)
        for pid in _pids(but)
        if not _is_helper(pid)
        and (identity := table.identity(pid)) is not None
        and (each := _inhabitant(identity)) is not None
    ]
    ranked = sorted(found, key=lambda pair: (pair[0].start, pair[0].pid))
    return [each for _identity, each in ranked[:_KNOWN]]


def named(found: Sequence[Inhabitant]) -> str:
    """``sleep (4711, of test_a.py::test_b), node (4712)`` and how many more; the texts are not yet harmless."""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(map(_named, found[:_NAMED]))}{more}"


def _named(each: Inhabitant) -> str:
    return f"{each.name} ({each.pid}{f', of {each.test}' if each.test else ''})"


def end_inhabitants() -> None:
    """End every process of this network namespace, but for ourselves; as long as there are any."""
    while found := _pids():
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        select.select([], [], [], LOOK_S)


def _pids(but: Collection[int] = ()) -> list[int]:
    ours = Path("/proc/self/ns/net").readlink()
    return [pid for pid in table.everybody() if pid not in {os.getpid(), *but} and _lives_in(pid, ours)]


def _lives_in(pid: int, namespace: Path) -> bool:
    try:
        return table.identity(pid) is not None and Path(f"/proc/{pid}/ns/net").readlink() == namespace
    except OSError:
        return False


def _is_helper(pid: int) -> bool:
    return any(word.startswith(_HELPER) for word in table.command_line(pid))


def _inhabitant(identity: table.Identity) -> Inhabitant | None:
    """None where it has just ended."""
    names = called(identity.pid)
    age_s = table.age_s(identity)
    return Inhabitant(identity.pid, names[-1], age_s, _test_of(identity.pid)) if names else None


def _test_of(pid: int) -> str | None:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    told = next((each for each in variables if each.startswith(_CURRENT_TEST)), None)
    if told is None:
        return None
    return _STAGE.sub("", told.removeprefix(_CURRENT_TEST).decode("utf-8", "replace"))[:_TEST_LIMIT]

"""Which kind of program a path is, found out by asking it.

A Go program tells its package in its build information; a script, or a program of before 2018, has but its name.
What says ``statusd`` is asked for its version: it prints one, and the configuration that it would run with, in which
every protocol stands that it knows.  Everything else is taken for a status-backend, and not run for that.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.clock import Deadline
from tcperf.nodes.flavour import FLAVOURS, Flavour
from tcperf.subject import GoBuild

_STATUSD: Final = "statusd"
_STATUS_BACKEND: Final = "status-backend"
_TITLE: Final = re.compile(r"^statusd$", re.IGNORECASE | re.MULTILINE)
_VERSION: Final = re.compile(r"^Version:[ \t]*(?P<version>[\w.+-]{1,40})[ \t]*$", re.MULTILINE)
#: It takes a tenth of a second; a program that is none of ours may do anything.
_PATIENCE_S: Final = 10.0
_LIMIT: Final = 1 << 20
_CHUNK: Final = 1 << 16


@frozen
class StatusdProgram:
    """What a statusd tells of itself: its version, and the protocols that it knows, the newest first."""

    version: str
    flavours: tuple[Flavour, ...]


def ask(path: str, go: GoBuild | None, env: Mapping[str, str]) -> StatusdProgram | None:
    """What the program at ``path`` tells; None where it is no statusd, and so taken for a status-backend.

    What may be one is run for a moment, in a folder of its own.  ``go`` is what it tells of its build.
    """
    if sys.platform == "win32" or not may_be_statusd(path, go):
        return None
    return parse(_said((path, "-version"), env))


def may_be_statusd(path: str, go: GoBuild | None) -> bool:
    """Whether its package says so or, where that says neither kind, its file's name."""
    package = "" if go is None else go.path.rpartition("/")[2]
    if package in (_STATUSD, _STATUS_BACKEND):
        return package == _STATUSD
    return _STATUSD in Path(path).name.lower()


def parse(said: str) -> StatusdProgram | None:
    """What a program's answer means; None where it is not statusd's."""
    version = _VERSION.search(said)
    if not _TITLE.search(said) or version is None:
        return None
    return StatusdProgram(version["version"], tuple(each for each in FLAVOURS if f'"{each.config}"' in said))


def _said(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """What a program prints within a while; it and what it started are gone then."""
    with tempfile.TemporaryDirectory(prefix="tcperf-ask-") as folder:
        try:
            child = subprocess.Popen(
                argv,
                cwd=folder,
                env={**env, "HOME": folder, "TMPDIR": folder},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError:  # its driver will say why it cannot be started
            return ""
        try:
            return _read(child, Deadline.after(_PATIENCE_S)).decode("utf-8", "replace")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            _close(child)


def _close(child: subprocess.Popen[bytes]) -> None:
    """Without waiting for the output's end: whoever left the group may hold it."""
    assert child.stdout is not None
    child.stdout.close()
    child.wait()


def _read(child: subprocess.Popen[bytes], deadline: Deadline) -> bytes:
    assert child.stdout is not None
    found = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while len(found) < _LIMIT and not deadline.expired and selector.select(deadline.remaining_s()):
            chunk = os.read(child.stdout.fileno(), _CHUNK)
            if not chunk:
                break
            found += chunk
    return found

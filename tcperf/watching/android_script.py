"""The script that reads all of one moment on a phone, and its answer cut into sections.

It needs no more than Android's own shell and toybox (Android 8 and later): ``grep -z``, ``cat``, ``dumpsys``.  The
sections are marked by a word that nobody on the phone can know beforehand, so no text of an app, a network or a log
can make one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final

from tcperf.errors import NodeError, UsageError
from tcperf.quoting import shown

#: developer.android.com/build/configure-app-module: at least two segments, each of letters, digits and _, a letter first.
_PACKAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+\Z")
_MARK_BYTES: Final = 12

#: The name of a section, and its text.
Section = tuple[str, str]

#: Bytes by user id are kept in memory until they are asked for: ``--poll`` writes them into the history, which then is printed.
TRAFFIC: Final = """\
dumpsys netstats --poll >/dev/null
say traffic; dumpsys netstats --uid
"""
#: A process's name is its first argument: ``PACKAGE`` or ``PACKAGE:service``.
PROCESSES: Final = """\
say uptime; cat /proc/uptime
for file in $(grep -lz -e '^{pattern}$' -e '^{pattern}:' /proc/[0-9]*/cmdline); do
  place=${{file%/cmdline}}
  say name; cat $file
  say stat; cat $place/stat
  say status; cat $place/status
done
"""
#: It makes each process look through its own memory, so it comes when all else was read.
MEMORY: Final = "say memory; dumpsys meminfo --package {package}\n"
#: Asked once.
ABOUT: Final = """\
say uid; pm list packages -U {package}
say ticks; getconf CLK_TCK
"""


def check_package(package: str) -> str:
    """``package``, that may stand in a script.  Raises UsageError where it is no name of an Android package."""
    if not _PACKAGE.match(package):
        raise UsageError(
            f"{shown(package)} is no name of an Android package",
            cure="`adb shell pm list packages` lists them",
        )
    return package


def script(package: str, *parts: str) -> tuple[str, str]:
    """A script of ``parts`` in their order, and the mark of its sections."""
    mark = secrets.token_hex(_MARK_BYTES)
    words = {"package": package, "pattern": package.replace(".", r"\.")}
    body = "".join(part.format(**words) for part in parts)
    return f"exec 2>/dev/null\nsay() {{ echo; echo {mark} $1; }}\n{body}say end\n", mark


def sections(answer: str, mark: str) -> Sequence[Section]:
    """The sections of an answer, in their order, without their last line break (``say`` adds one).

    Raises NodeError where the last one is missing: the answer was cut off.
    """
    pieces = answer.replace("\r\n", "\n").split(f"\n{mark} ")
    found = [
        (name, text.removesuffix("\n"))
        for name, _line, text in (piece.partition("\n") for piece in pieces[1:])
    ]
    if not found or found[-1][0] != "end":
        raise NodeError(
            "the phone's answer was cut off", cure="see that it stays connected, and that `adb shell` works"
        )
    return found[:-1]

"""Which operating system this is: read once, here.  Whatever depends on it asks here.

On Linux everything is measured.  On other systems (macOS and Windows are those with users) nodes share the
machine's network and psutil tells their figures: see ``tcperf.network.opening`` and ``tcperf.probes.recording``.
"""

from __future__ import annotations

import platform
import signal
import subprocess
import sys
from functools import cache
from typing import Any, Final

from attrs import frozen

#: Ends a process at once.  Windows has one way to end a process, and Python calls it SIGTERM.
KILL: Final = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL
_NAMES = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


@frozen
class System:
    """An operating system: its name for people, and whether it is the one that can measure everything."""

    name: str
    is_linux: bool


@cache
def this_system() -> System:
    """The system this process runs on."""
    name = _NAMES.get(sys.platform) or platform.system() or sys.platform
    return System(name, is_linux=sys.platform == "linux")


def own_session() -> dict[str, Any]:
    """Arguments for subprocess.Popen: what the user presses (Ctrl-C) must not reach the program before us."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}

"""What makes the drivers of a run: which program is started, and what it gets to see."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

import tcperf
from tcperf.nodes.flavour import Flavour
from tcperf.nodes.interface import Place
from tcperf.nodes.status_backend import StatusBackendNode
from tcperf.nodes.statusd import StatusdNode
from tcperf.nodes.timeouts import Timeouts

_LOOPBACK = "127.0.0.1"
#: A node of status-go takes 27 to 36 s.  The bundled one is to show what a scenario does, and that within seconds;
#: on the busiest machine an acknowledgement is back long before.
_RESEND_AFTER_S = 5.0
_WINDOWS_VARIABLES = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT")


def _no_arguments(_place: Place) -> Sequence[str]:
    return ()


@frozen
class StatusBackend:
    """Starts one program as status-backend; a ``tcperf.nodes.interface.DriverFactory``, which can be pickled.

    ``command`` starts it (``--address`` is added).  ``logs`` makes the node write its own geth.log into its
    data folder.  ``env`` adds to the few variables it gets (``minimal_environment``), ``arguments`` to the
    command what depends on the place.
    """

    command: Sequence[str]
    timeouts: Timeouts = field(factory=Timeouts, kw_only=True)
    logs: bool = field(default=False, kw_only=True)
    env: Mapping[str, str] = field(factory=dict, kw_only=True)
    arguments: Callable[[Place], Sequence[str]] = field(default=_no_arguments, kw_only=True)

    def __call__(self, place: Place) -> StatusBackendNode:
        """A driver, not yet started, for a node at ``place``."""
        return StatusBackendNode(
            place,
            (*self.command, "--address", "127.0.0.1:0", *self.arguments(place)),
            env={**minimal_environment(place.folder / place.host.name), **self.env},
            timeouts=self.timeouts,
            logs=self.logs,
        )


@frozen
class Statusd:
    """Starts one program as statusd; a ``tcperf.nodes.interface.DriverFactory``, which can be pickled.

    ``command`` starts it (``-c`` and ``-dir`` are added).  It speaks ``flavour``; ``version`` is what it told of
    itself.
    """

    command: Sequence[str]
    flavour: Flavour
    version: str
    timeouts: Timeouts = field(factory=Timeouts, kw_only=True)
    env: Mapping[str, str] = field(factory=dict, kw_only=True)

    def __call__(self, place: Place) -> StatusdNode:
        """A driver, not yet started, for a node at ``place``."""
        return StatusdNode(
            place,
            tuple(self.command),
            self.flavour,
            self.version,
            env={**minimal_environment(place.folder / place.host.name), **self.env},
            timeouts=self.timeouts,
        )


#: What starts a program by its command, whichever kind it is.
Starter = StatusBackend | Statusd


def reference_node(
    api: str, *, timeouts: Timeouts | None = None, resend_after_s: float = _RESEND_AFTER_S
) -> StatusBackend:
    """The factory of the bundled reference node, answering as generation ``api`` does.

    What nobody has acknowledged it sends again after ``resend_after_s``.

    It is imported from where this very package is, installed or not, and never from the folder that it runs
    in (``-P``).  On the host's own network it keeps to
    the loopback.
    """
    return StatusBackend(
        (
            *(sys.executable, "-P", "-m", "tcperf.nodes.reference"),
            *("--api", api, "--resend-after", f"{resend_after_s:g}"),
        ),
        timeouts=timeouts or Timeouts(),
        env={"PYTHONPATH": str(Path(tcperf.__file__).resolve().parent.parent)},
        arguments=_peers_on_loopback,
    )


def _peers_on_loopback(place: Place) -> Sequence[str]:
    return ("--peers-on", _LOOPBACK) if place.host.address == _LOOPBACK else ()


def minimal_environment(folder: Path) -> dict[str, str]:
    """All that a node gets to see: the variables of a user's shell, tokens among them, do not reach it."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
    }
    return {**environment, **_windows(folder)} if sys.platform == "win32" else environment


def _windows(folder: Path) -> dict[str, str]:
    """What a program needs there: the system's folders (sockets fail without), and its own for HOME and TMPDIR."""
    kept = {name: os.environ[name] for name in _WINDOWS_VARIABLES if name in os.environ}
    return {**kept, **dict.fromkeys(("USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"), str(folder))}

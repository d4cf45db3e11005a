"""The phone at the other end of ``adb``: which one is meant, and what a script says there.

Source: Android's own documentation of the client (developer.android.com/tools/adb: ``devices -l``, ``-s``,
``shell``, ANDROID_SERIAL, ANDROID_HOME) and of the states that ``devices`` lists (packages/modules/adb:
SERVICES.TXT, OVERVIEW.TXT).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.errors import MachineError, NodeError, UsageError
from tcperf.quoting import printable, shown
from tcperf.teamcity.escaping import neutralise

_PROGRAM: Final = "adb"
_SDKS: Final = ("ANDROID_HOME", "ANDROID_SDK_ROOT")
_READY: Final = "device"
_TIMEOUT_S: Final = 60.0
#: Two days of everybody's buckets are some hundred KiB; whoever sends more is no phone.
_OUTPUT_LIMIT: Final = 16 << 20
_SAID_LIMIT: Final = 300
#: What to do about the states that are not ``device``.
_CURES: Final = {
    "unauthorized": "unlock the phone and allow debugging from this computer (adb kill-server asks again)",
    "authorizing": "wait a moment, or unlock the phone and allow debugging from this computer",
    "offline": "plug the phone in again, or switch its USB debugging off and on (adb reconnect offline)",
    "no permissions": "let this user use the phone's USB device (on Debian: apt install android-sdk-platform-tools-common)",
    "recovery": "start Android on it (adb reboot)",
    "sideload": "start Android on it (adb reboot)",
    "bootloader": "start Android on it (fastboot reboot)",
}


@frozen
class Phone:
    """A phone that ``adb`` reaches."""

    serial: str
    _adb: str
    _env: Mapping[str, str]

    def shell(self, script: str) -> str:
        """What a script prints there; undecodable bytes are replaced.  One call, so of about one moment.

        Raises NodeError where the phone does not answer, and MachineError where adb fails.
        """
        output, said, status = _run([self._adb, "-s", self.serial, "shell", script], self._env)
        if status:
            raise NodeError(
                f"the phone {shown(self.serial)} does not answer: {said or f'adb ended with status {status}'}",
                cure="see `adb devices`: its cable, its screen lock and its USB debugging",
            )
        return output


def find_phone(serial: str | None, env: Mapping[str, str]) -> Phone:
    """The phone with this serial number, else ANDROID_SERIAL's, else the only one there is.

    Raises MachineError where there is no ``adb`` or no phone that is ready, and UsageError where several are.
    """
    adb = _program(env)
    states = _states(adb, env)
    chosen = serial or env.get("ANDROID_SERIAL") or _only(states)
    state = states.get(chosen)
    if state == _READY:
        return Phone(chosen, adb, env)
    if state is None:
        raise MachineError(
            f"adb sees no phone {shown(chosen)}, {'only ' + _listed(states) if states else 'nor any other'}",
            cure="see `adb devices`; for one on the network: adb connect ADDRESS",
        )
    known = next((name for name in _CURES if state.startswith(name)), None)
    raise MachineError(
        f"the phone {shown(chosen)} is not ready: {printable(state)}",
        cure=_CURES[known] if known else "start Android on it, and switch on USB debugging",
    )


def _program(env: Mapping[str, str]) -> str:
    found = shutil.which(_PROGRAM, path=env.get("PATH", os.defpath))
    places = [Path(env[sdk]) / "platform-tools" / _PROGRAM for sdk in _SDKS if env.get(sdk)]
    found = found or next((str(place) for place in places if place.is_file()), None)
    if found is None:
        raise MachineError(
            "there is no adb program here",
            cure="install it (apt install adb), or set ANDROID_HOME to Android's SDK",
        )
    return found


def _states(adb: str, env: Mapping[str, str]) -> dict[str, str]:
    """The state of each phone by its serial number: ``SERIAL<tab or blanks>STATE …``, below a line that is ours."""
    output, said, status = _run([adb, "devices"], env)
    if status:
        raise MachineError(
            f"adb fails: {said}", cure="try `adb devices`; a stale server ends with adb kill-server"
        )
    rows = [
        line.split(None, 1)
        for line in output.splitlines()
        if line.strip() and not line.startswith(("*", "List of"))
    ]
    return {row[0]: neutralise(row[1].strip()) for row in rows if len(row) > 1}


def _only(states: Mapping[str, str]) -> str:
    ready = [serial for serial, state in states.items() if state == _READY]
    if len(ready) > 1:
        raise UsageError(
            f"adb sees {len(ready)} phones: {_listed(ready)}",
            cure="say which one: PACKAGE@SERIAL, or set ANDROID_SERIAL",
        )
    if ready or states:
        return (ready or list(states))[0]
    raise MachineError(
        "adb sees no phone",
        cure="connect one with USB debugging switched on, start an emulator, or adb connect ADDRESS",
    )


def _listed(serials: Sequence[str] | Mapping[str, str]) -> str:
    return ", ".join(shown(serial) for serial in serials)


def _run(argv: Sequence[str], env: Mapping[str, str]) -> tuple[str, str, int]:
    """What a call of adb prints, what it says on standard error (on one line, short), and its exit status."""
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=dict(env)
        ) as process:
            late = threading.Timer(_TIMEOUT_S, process.kill)
            late.start()
            try:
                output = process.stdout.read(_OUTPUT_LIMIT + 1) if process.stdout else b""
                if len(output) > _OUTPUT_LIMIT:
                    process.kill()
            finally:
                late.cancel()
        errors.seek(0)
        said = _last_words(errors.read(1 << 16).decode("utf-8", "replace"))
    if len(output) > _OUTPUT_LIMIT:
        return "", f"it sends more than {_OUTPUT_LIMIT >> 20} MiB", 1
    if process.returncode < 0:
        return "", f"no answer within {_TIMEOUT_S:.0f} s", 1
    return output.decode("utf-8", "replace"), said, process.returncode


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("*")]
    return neutralise(printable(" ".join(lines)[-_SAID_LIMIT:])) if lines else ""

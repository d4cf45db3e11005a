"""A phone for tests: the real adb client and server, a device of ours, this machine's /proc, and Android's own commands.

Android's shell is mksh, and its programs are toybox's: where those are installed, the phone has nothing else.

What Android's services would print is made of numbers that a test sets; ``--poll`` alone makes the history know them.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import contained_program
import pytest
from adb_device import Device
from fake_host import LoopbackHost
from telling import Telling

from tcperf.clock import Deadline
from tcperf.nodes.statusd_config import reserved_port

#: Tests that run beside these have apps of their own.
PACKAGE = f"im.example.app{os.getpid()}"
NAME = PACKAGE.replace(".", "_")
needs_adb = pytest.mark.skipif(shutil.which("adb") is None, reason="there is no adb here (apt install adb)")
_numbers = count()

DUMPSYS = """#!/bin/sh
cd "$PHONE" || exit 1
case "$1 $2" in
"netstats --poll") cp pending history; echo Forced poll ;;
"netstats --uid") [ ! -f history ] || cat history ;;
"meminfo --package") [ ! -f memory ] || cat memory ;;
esac
"""
PM = """#!/bin/sh
[ "$1 $2 $3" = "list packages -U" ] && cat "$PHONE/packages"
"""


def netstats(rows, uid, title="UID stats:"):
    """What ``dumpsys netstats --uid`` prints, shortened: other users and tags are in it, and an odd network's name."""
    lines = [
        "Active interfaces:",
        "  iface=wlan0 ident=[{type=1, metered=false}]",
        "Xt stats:",
        "  History since boot:",
    ]
    lines += ["  ident=[{type=1}] uid=-1 set=ALL tag=0x0", "    NetworkStatsHistory: bucketDuration=3600"]
    lines += [
        "      st=1700003600 rb=999999 rp=999 tb=888888 tp=888 op=0",
        title,
        "  Pending bytes: 0",
        "  History since boot:",
    ]
    for network, owner, part, tag, buckets in rows:
        lines += [f"  ident=[{{{network}}}] uid={uid if owner is None else owner} set={part} tag={tag:#x}"]
        lines += ["    NetworkStatsHistory: bucketDuration=7200"]
        lines += [
            f"      st={start} rb={rb} rp={rp} tb={tb} tp={tp} op=0" for start, rb, rp, tb, tp in buckets
        ]
    return "\n".join([*lines, "UID tag stats:", "  Pending bytes: 0", ""])


def meminfo(totals):
    """What ``dumpsys meminfo --package`` prints of each process, shortened."""
    parts = ["Applications Memory Usage (in Kilobytes):", "Uptime: 86400123 Realtime: 90000456", ""]
    for pid, total in totals.items():
        parts += [
            f"** MEMINFO in pid {pid} [{PACKAGE}] **",
            "                   Pss  Private",
            "                 Total    Dirty",
        ]
        parts += ["  Native Heap     1111     1000", f"        TOTAL    {total}     2000", "", " App Summary"]
        parts += [f"           TOTAL PSS:    {total}            TOTAL RSS:   999999", ""]
    return "\n".join(parts)


class App(Telling):
    """A program whose name, as Android has it, is its first argument."""

    def __init__(self, folder, name=PACKAGE):
        path = folder / f"app-{next(_numbers)}.sock"
        argv = [name, contained_program.__file__, str(path)]
        self.process = subprocess.Popen(argv, executable=sys.executable)
        self.pid = self.process.pid
        super().__init__(path)

    def stop(self):
        self.release()
        self.process.kill()
        self.process.wait()


class Phone:
    """A device with a folder of what its services would say."""

    def __init__(self, folder, **how):
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        for name, text in {"dumpsys": DUMPSYS, "pm": PM}.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        self.uid = os.geteuid()
        self.say("packages", f"package:{PACKAGE}.beta uid:10999\npackage:{PACKAGE} uid:{self.uid}\n")
        self.traffic([])
        shell = shutil.which("mksh") or "/bin/sh"
        self.device = Device({"PATH": self._path(), "PHONE": str(folder), "LC_ALL": "C"}, shell=shell, **how)

    def _path(self):
        toybox = shutil.which("toybox")
        if toybox is None:
            return f"{self.folder / 'bin'}:/usr/bin:/bin"
        for name in ("cat", "cp", "echo", "getconf", "grep", "seq"):
            (self.folder / "bin" / name).symlink_to(toybox)
        return str(self.folder / "bin")

    @property
    def serial(self):
        return self.device.serial

    def say(self, name, text):
        (self.folder / name).write_text(text)

    def traffic(self, rows, **how):
        """What the phone counted so far, but shows only when it is polled."""
        self.say("pending", netstats(rows, self.uid, **how))


class Bench:
    """An adb server of the test's own, and the phones that it knows."""

    def __init__(self, folder):
        self._folder = folder
        (folder / "home").mkdir()
        with reserved_port(LoopbackHost()) as self._port:
            self.env = self._environment()
            with (folder / "adb.log").open("wb") as log:
                self._server = subprocess.Popen(
                    ["adb", "server", "nodaemon"], env=self.env, stdout=log, stderr=log
                )
            self._await_listening()
        self.phones = []

    def _environment(self):
        changes = {
            "ANDROID_ADB_SERVER_PORT": str(self._port),
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder),
        }
        # No look for emulators nor for devices on the network: only this test's own are seen.
        changes |= {"ADB_LOCAL_TRANSPORT_MAX_PORT": "5554", "ADB_MDNS": "0"}
        return {key: value for key, value in os.environ.items() if key != "ANDROID_SERIAL"} | changes

    def _await_listening(self):
        deadline = Deadline.after(20)
        while True:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self._port)) == 0:
                    break
            assert not deadline.expired
            time.sleep(0.01)

    def adb(self, *words):
        return subprocess.run(
            ["adb", *words], env=self.env, capture_output=True, text=True, check=False, timeout=60
        ).stdout

    def phone(self, **how):
        """A phone, once adb has told what it thinks of it; ``state`` may keep it from being ready."""
        made = Phone(self._folder / f"phone-{next(_numbers)}", **how)
        self.phones.append(made)
        waits = subprocess.Popen(["adb", "connect", made.serial], env=self.env, stdout=subprocess.DEVNULL)
        deadline = Deadline.after(20)
        while self.state(made) in {None, "authorizing"} or (
            self.state(made) != "device" and "state" not in how
        ):
            assert not deadline.expired
            time.sleep(0.01)
        waits.kill()  # it would wait ten seconds for a phone that is not ready
        waits.wait()
        return made

    def state(self, phone):
        """What ``adb devices`` says of it; None where it is not listed."""
        rows = [line.split("\t") for line in self.adb("devices").splitlines() if "\t" in line]
        return dict(rows).get(phone.serial)

    def close(self):
        for phone in self.phones:
            phone.device.unplug()
        self._server.kill()  # on SIGTERM it is sometimes stuck in its own way out
        self._server.wait(10)


@contextlib.contextmanager
def bench(folder: Path):
    made = Bench(folder)
    try:
        yield made
    finally:
        made.close()

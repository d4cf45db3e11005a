"""The operating system is read in one place."""

import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tcperf import system
from tcperf.system import KILL, System, own_session, this_system


@pytest.fixture(autouse=True)
def _read_anew():
    this_system.cache_clear()
    yield
    this_system.cache_clear()


def test_here():
    assert this_system() == System("Linux", is_linux=True)
    assert KILL is signal.SIGKILL
    assert this_system() is this_system()


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macOS"), ("win32", "Windows")])
def test_elsewhere(monkeypatch, platform, name):
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform=platform))
    assert this_system() == System(name, is_linux=False)


def test_a_system_that_nobody_named(monkeypatch):
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform="freebsd15"))
    monkeypatch.setattr(system.platform, "system", lambda: "FreeBSD")
    assert this_system() == System("FreeBSD", is_linux=False)
    this_system.cache_clear()
    monkeypatch.setattr(system.platform, "system", str)
    assert this_system() == System("freebsd15", is_linux=False)


def test_a_session_of_its_own():
    code = "import os; print(os.getsid(0) == os.getpid())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, **own_session())
    assert done.stdout == b"True\n"


def test_a_process_group_of_its_own_on_windows(monkeypatch):
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    assert own_session() == {"creationflags": 0x200}

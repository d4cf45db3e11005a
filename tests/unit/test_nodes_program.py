"""Which kind of program a path is: by its package or its name, and by what it answers when it is asked."""

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.cli.node import choose
from tcperf.errors import UsageError
from tcperf.nodes import program
from tcperf.nodes.factory import StatusBackend, Statusd
from tcperf.nodes.flavour import WAKU, WHISPER
from tcperf.nodes.program import StatusdProgram, ask, may_be_statusd, parse
from tcperf.subject import GoBuild

FAKE = Path(__file__).parent.parent / "support" / "fake_statusd.py"
PACKAGE = "github.com/status-im/status-go/cmd/"
#: What v0.63.9 prints, and v0.17.0, in our own words: the title, the version, the configuration with its keys.
OF_2020 = """Statusd
Version: 0.63.9
Network ID: 3
Loaded Config:  {
    "NoDiscovery": false,
    "WhisperConfig": {
        "Enabled": false
    },
    "WakuConfig": {
        "Enabled": true
    }
}
"""
OF_2019 = """Statusd
Version: 52a1bdfed
Build Stamp: N/A
Loaded Config:  {
    "WhisperConfig": {
        "Enabled": true
    }
}
"""
ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def script(tmp_path):
    def make(name, text):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.mark.parametrize(
    ("name", "package", "is_one"),
    [
        ("node", f"{PACKAGE}statusd", True),
        ("statusd", f"{PACKAGE}status-backend", False),
        ("node", f"{PACKAGE}status-backend", False),
        ("Statusd-v0.13.exe", None, True),
        ("statusd", "command-line-arguments", True),
        ("node", "command-line-arguments", False),
        ("status-backend", None, False),
    ],
)
def test_the_package_decides_and_where_it_says_nothing_the_name(name, package, is_one):
    go = None if package is None else GoBuild("go1.21.13", package)
    assert may_be_statusd(f"/bin/{name}", go) is is_one


def test_what_it_answers_tells_its_version_and_its_protocols():
    assert parse(OF_2020) == StatusdProgram("0.63.9", (WAKU, WHISPER))
    assert parse(OF_2019) == StatusdProgram("52a1bdfed", (WHISPER,))
    assert parse("Statusd\nVersion: 0.1\n") == StatusdProgram("0.1", ())


@given(st.text())
def test_what_is_no_such_answer_is_none(text):
    assert parse(text) is None
    assert parse(f"flag provided but not defined: -version\n{text}") is None


def test_what_is_none_is_never_run(script, tmp_path):
    node = script("node", f"touch {tmp_path}/was-run")
    assert ask(str(node), None, ENV) is None
    assert not (tmp_path / "was-run").exists()


def test_it_is_run_in_a_folder_of_its_own_and_gets_nothing_to_see(script, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    node = script(
        "statusd", f'env > {tmp_path}/seen; pwd >> {tmp_path}/seen; touch here; cat <<"."\n{OF_2020}\n.'
    )
    assert ask(str(node), None, ENV) == parse(OF_2020)
    seen = (tmp_path / "seen").read_text()
    assert "hunter2" not in seen
    home = next(line for line in seen.splitlines() if line.startswith("HOME=")).removeprefix("HOME=")
    assert seen.splitlines()[-1] == home
    assert not Path(home).exists()


@pytest.mark.parametrize(
    "text",
    [
        "exit 1",
        "echo no statusd",
        "sleep 60 & exec sleep 60",
        "kill -9 $$",
        "yes Statusd | head -c 9999999; sleep 60",
    ],
)
def test_one_that_does_not_answer_is_none_and_gone_in_a_while(script, text, monkeypatch):
    monkeypatch.setattr(program, "_PATIENCE_S", 0.5)
    begin_s = time.monotonic()
    assert ask(str(script("statusd", text)), None, ENV) is None
    assert time.monotonic() - begin_s < 20


def test_one_that_cannot_be_run_is_left_to_its_driver(tmp_path):
    path = tmp_path / "statusd"
    path.write_bytes(b"\x7fELF nothing")
    path.chmod(0o755)
    assert ask(str(path), None, ENV) is None


def test_the_node_that_was_asked_for_is_driven_as_what_it_is(script):
    node = script("statusd-fake", f'exec {sys.executable} {FAKE} "$@"')
    chosen = choose(node)
    assert isinstance(chosen.factory, Statusd)
    assert (chosen.factory.flavour, chosen.factory.version) == (WAKU, "0.99.1")
    assert chosen.subject.version == "0.99.1"
    older = choose(script("statusd-old", f'exec {sys.executable} {FAKE} --knows shh "$@"'))
    assert older.factory.flavour == WHISPER
    assert older.pace.message_s > chosen.pace.message_s
    assert isinstance(choose(script("node", "exit 1")).factory, StatusBackend)


def test_a_statusd_that_knows_neither_is_refused(script):
    node = script("statusd", f'exec {sys.executable} {FAKE} --knows "" "$@"')
    with pytest.raises(UsageError, match=r"the base .* knows neither Whisper nor Waku v1"):
        choose(node, "base")

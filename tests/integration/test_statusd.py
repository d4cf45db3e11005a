"""A statusd as a user meets it: found out, driven through every shipped scenario that it can, and what it cannot."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tcperf import results
from tcperf.modules import module_environment

pytestmark = pytest.mark.integration

FAKE = Path(__file__).parent.parent / "support" / "fake_statusd.py"
NEEDY = '''"""Opens an account again."""
from attrs import frozen
from tcperf.scenario import Phase
NEEDS = ("relay", "accounts")
PHASES = (Phase("all", publish=True),)
@frozen
class Params:
    pass
def run(stage, params):
    (alice,) = stage.start("alice")
    with stage.phase("all"):
        alice.create_account()
        alice.logout()
        alice.login()
'''
CANNOT = "needy needs accounts with a password, which statusd 0.99.1 (waku_*) has not"
QUICK = (
    "one_to_one.messages=4",
    "one_to_one.step=0",
    "idle.seconds=0.5",
    "burst.messages=5",
    "burst.drain=0.1",
)


def call(cwd, *arguments):
    environment = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    return subprocess.run(
        [sys.executable, "-m", "tcperf", "run", "--scenarios", ".", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=module_environment(environment),
        timeout=120,
        check=False,
    )


@pytest.fixture
def statusd(tmp_path):
    """The path of a statusd; beside it is a scenario that it cannot play."""
    (tmp_path / "needy.py").write_text(NEEDY)
    path = tmp_path / "statusd"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(FAKE))} "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_all_that_it_can_is_measured_and_what_it_cannot_is_said(tmp_path, statusd):
    wanted = ("one_to_one", "burst", "idle", "cold_start")
    params = (word for each in QUICK for word in ("-p", each))
    done = call(tmp_path, "--runs", "1", "--node", statusd, *wanted, "needy", "--junit=junit.xml", *params)
    assert done.returncode == 0, done.stderr
    found = results.load(tmp_path / "tcperf-report" / "results.json")
    assert found.subjects["head"].generation == "statusd 0.99.1 (waku_*)"
    assert found.subjects["head"].version == "0.99.1"
    assert [info.name for info in found.scenarios] == list(wanted)
    for run in found.runs:
        assert run.closing.closes
        assert run.warnings == ()
        assert {ended.status for ended in run.exits.values()} == {0}
        assert not any(row.role == "control" for row in run.traffic)
    messages = found.runs_of("one_to_one")[0].phase("messages")
    assert len(messages.operations_ms) == 4
    assert messages.totals["sent_bytes"].value > 0
    assert messages.totals["go_heap_bytes"].source == "debug_memStats"
    (lacking,) = found.unsupported
    assert lacking.reason == f"not supported by this node: {CANNOT}"
    assert found.warnings == ()
    assert lacking.reason in " ".join(done.stdout.split())
    assert "needy: not supported" in done.stderr
    assert "failed" not in done.stderr
    assert "NOT SUPPORTED" in (tmp_path / "junit.xml").read_text()


@pytest.mark.long
def test_where_it_can_nothing_that_was_asked_nothing_was_measured(tmp_path, statusd):
    done = call(tmp_path, "--runs", "1", "--node", statusd, "needy")
    assert done.returncode == 3
    assert f"tcperf: not supported by this node: {CANNOT}\n" in done.stderr
    assert "failed" not in done.stderr
    done = call(tmp_path, "--node", "reference", "--base", statusd, "--pairs", "1", "needy")
    assert done.returncode == 3
    assert f"tcperf: not supported by the base's node: {CANNOT}\n" in done.stderr
    assert not (tmp_path / "tcperf-report" / "results.json").exists()

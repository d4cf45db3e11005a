"""pytest --tcperf around suites whose nodes live in a container, or whose app on a phone; the suites know nothing of it."""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
from containers import contained, needs_groups
from fake_engine import engine
from phones import NAME, PACKAGE, App, bench, needs_adb

from tcperf import results
from tcperf.network.run_network import RunNetwork

pytestmark = [pytest.mark.integration, pytest.mark.long]

#: What a stranger's suite may be like: it talks to a program that was there before.
SUITE = """
import json, os, select, socket, pytest

@pytest.fixture
def node():
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(os.environ["NODE"])
    with connection, connection.makefile("rw") as stream:
        def tell(*what):
            stream.write(json.dumps(what) + "\\n")
            stream.flush()
            return json.loads(stream.readline())
        yield tell

def test_burns(node):
    assert node("burn", 0.15) >= 150

@pytest.mark.skipif("PEER" not in os.environ, reason="alone")
def test_sends(node):
    node("send", os.environ["PEER"], 9, 30, 500)

@pytest.mark.skipif("ENGINE_PID" not in os.environ, reason="alone")
def test_restarted(node):
    pid = int(os.environ["ENGINE_PID"])
    ended = os.pidfd_open(pid)
    os.kill(pid, 9)
    assert select.select([ended], [], [], 10)[0]
    os.close(ended)
"""


def run(folder, env, *arguments, status=0):
    """The process, and the phases of its results by their names."""
    (folder / "test_stranger.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "-q",
        "--tcperf",
    ]
    left = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TCPERF_", "PYTEST_", "TEAMCITY_"))
    }
    done = subprocess.run(
        [*argv, *arguments],
        cwd=folder,
        env=left | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    path = folder / "tcperf-report" / "results.json"
    return done, results.loads(path.read_text()) if path.exists() else None


def phases(result):
    return {phase.name: phase for phase in result.runs[0].phases}


@needs_groups
def test_a_container(tmp_path):
    with ExitStack() as held:
        network = held.enter_context(RunNetwork("private"))
        alice, bob = (network.add_host(name) for name in ("alice", "bob"))
        docker = held.enter_context(engine(tmp_path))
        made = held.enter_context(contained(alice, tmp_path))
        docker.start("functional-tests-status-backend-7", made.pid)
        made.release()
        env = {**docker.env, "NODE": str(made.path), "PEER": bob.address, "ENGINE_PID": str(made.pid)}
        env["TEAMCITY_VERSION"] = "2026.1"
        done, result = run(tmp_path, env, "--tcperf-container", "*-status-backend-*")
        tests = phases(result)
        assert list(tests["stranger_burns"].nodes) == ["status_backend"]
        assert 145 < tests["stranger_burns"].totals["cpu_ms"].value < 250
        assert tests["stranger_sends"].totals["sent_bytes"].value == 30 * (500 + 42)
        assert tests["stranger_sends"].totals["sent_bytes"].exactness == "exact"
        assert result.subjects["head"].path == "container *-status-backend-*"
        assert "key='tcperf.pytest.stranger_burns.cpu_ms'" in done.stdout
        assert "no packet of the tests" not in done.stdout
        assert tests["stranger_restarted"].nodes == {}
        assert any("stopped within a measured stretch" in warning for warning in result.warnings)


@needs_adb
def test_an_app_on_a_phone(tmp_path):
    with bench(tmp_path) as shelf:
        phone, app = shelf.phone(), App(tmp_path)
        app.release()
        try:
            env = {key: shelf.env[key] for key in shelf.env if shelf.env[key] != os.environ.get(key)} | {
                "NODE": str(app.path)
            }
            for arguments in ((), ("-n", "1")):
                _done, result = run(
                    tmp_path, env, "--tcperf-android", f"{PACKAGE}@{phone.serial}", *arguments
                )
                [(name, figures)] = phases(result)["stranger_burns"].nodes.items()
                assert name == NAME
                assert 140 <= figures["cpu_ms"].value <= 300
                assert figures["sent_bytes"].value == 0
                assert phases(result)["stranger_burns"].totals["cpu_ms"] == figures["cpu_ms"]
        finally:
            app.stop()


def test_what_is_wrong_is_said_before_the_first_test(tmp_path):
    for said, *arguments in (
        ("write pid:NUMBER", "--tcperf-container", "pid:none", "-n", "1"),
        ("no name of an Android package", "--tcperf-android", "app"),
        ("over this machine's network", "--tcperf-network", "private", "--tcperf-android", "a.b"),
    ):
        done, _nothing = run(tmp_path, {}, *arguments, status=4)
        assert said in done.stderr
        assert "INTERNALERROR" not in done.stderr + done.stdout

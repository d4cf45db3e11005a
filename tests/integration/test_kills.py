"""Killed at any moment: nothing is left behind, and no half result poses as a whole one."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import await_gone, inhabitants, network_namespaces
from teamcity_parser import check_output

from tcperf import procfs, workdir
from tcperf.modules import module_environment

pytestmark = pytest.mark.integration

PAUSED = Path(__file__).parents[1] / "support" / "paused_tcperf.py"
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
EVENTS = ["network made", "node started", "phase open", "taking down", "file being written"]


@contextmanager
def paused(event, out, temporary, **env):
    """tcperf, paused at an event, and everything it has started."""
    with subprocess.Popen(
        [sys.executable, str(PAUSED), event, "run", "one_to_one", "-p", "messages=4", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=module_environment(
            {**os.environ, "TMPDIR": str(temporary), "TEAMCITY_VERSION": "2025.07", **env}
        ),
        cwd=temporary,
    ) as process:
        try:
            for line in process.stderr:
                if line == b"paused\n":
                    break
            yield process, procfs.descendants(process.pid)
        finally:
            process.kill()


@pytest.fixture
def temporary(tmp_path):
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("event", EVENTS)
def test_nothing_is_left(event, number, tmp_path, temporary):
    out = tmp_path / "out"
    with paused(event, out, temporary) as (process, family):
        if event != "file being written":
            assert family
        private = set().union(*map(network_namespaces, family)) - network_namespaces(os.getpid())
        assert bool(private) == bool(family)
        private_lives = inhabitants(private)
        assert private_lives <= set(family)
        process.send_signal(number)
        # Impatience: more of them, while things are taken down.
        if number != signal.SIGKILL:
            process.send_signal(number)
        output, talk = process.communicate(timeout=60)
    assert await_gone(family) == []
    assert list(temporary.iterdir()) == []
    assert process.returncode == STATUS[number], talk
    assert b"Traceback" not in talk
    messages = check_output(output[: output.rfind(b"\n") + 1]) if number != signal.SIGKILL else []
    if event != "file being written":
        assert b"buildStatisticValue" not in output
        assert not (out / "results.json").exists()
    if (out / "results.json").exists():
        json.loads((out / "results.json").read_text())
    if number != signal.SIGKILL:
        (problem,) = [message for message in messages if message.name == "buildProblem"]
        assert problem.attributes["identity"] == "tcperf_interrupted_error"
        assert number.name in problem.attributes["description"]


def test_killed_together_with_its_broker(tmp_path, temporary):
    """Then nobody can remove the folder at once: the next tcperf does."""
    with paused("phase open", tmp_path / "out", temporary) as (process, family):
        for pid in (*family, process.pid):  # the broker before us: it would tidy up
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()
    assert await_gone(family) == []
    (left,) = temporary.iterdir()
    code = "from tcperf.workdir import sweep; print(sweep())"
    swept = subprocess.run(
        [sys.executable, "-c", code],
        env=module_environment({**os.environ, "TMPDIR": str(temporary)}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert swept.stdout == "1\n"
    assert not left.exists()


def test_a_living_folder_is_not_swept(temporary, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with workdir.working_folder() as folder:
        assert workdir.sweep() == 0
        assert folder.is_dir()
    assert not folder.exists()

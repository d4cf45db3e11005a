"""What a suite's programs leave: those that are gone before anybody looks, and those that outlive their tests."""

import sys

import pytest
import suites
from processes import await_gone

pytestmark = [
    pytest.mark.traced,
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="private networks are Linux's"),
]

#: Daemons that become their program when they are nobody's child any more, and their test is over.
CONFTEST = """
import contextlib, os, select, subprocess, pytest
from pathlib import Path

@pytest.fixture
def daemon(tmp_path):
    begun = []
    def begin(command):
        text = f"setsid sh -c 'read line <{gate}; exec {command}' >/dev/null 2>&1 </dev/null & echo $!"
        begun.append(int(subprocess.run(["sh", "-c", text], capture_output=True, text=True).stdout))
        return begun[-1]
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    yield begin
    (pid,) = begun
    is_gone = os.pidfd_open(pid)
    gate.write_text("")  # waits for who reads it
    while not select.select([is_gone], [], [], 0.01)[0]:
        with contextlib.suppress(OSError):  # it may be gone by now
            if Path(f"/proc/{pid}/cmdline").read_bytes() == b"tail\\0-f\\0/dev/null\\0":
                break
    os.close(is_gone)
"""
#: One daemon that ends then, one that lives on, and a program that a fixture forgets.
LEAVING = """
import subprocess, sys, time, pytest

def note(pid):
    with open("pids", "a") as file:
        print(pid, file=file)

def test_daemon_of_a_moment(daemon):
    daemon("tail /dev/null")

def test_daemon(daemon):
    note(daemon("tail -f /dev/null"))

@pytest.fixture(scope="session")
def forgotten():
    time.sleep(0.1)
    program = subprocess.Popen(["tail", "-f", "/dev/null"], env={"PATH": "/usr/bin:/bin"})
    note(program.pid)
    yield program

def test_forgets(forgotten):
    time.sleep(0.2)

def test_cleans_up():
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as program:
        time.sleep(0.1)
        program.kill()

def test_of_python_alone():
    assert 1 + 1 == 2
"""


@pytest.mark.parametrize("workers", [None, pytest.param(1, marks=pytest.mark.long)])
def test_what_was_too_short_and_what_was_left_are_told(tmp_path, workers):
    suites.write(tmp_path, conftest=CONFTEST, test_leaving=LEAVING)
    done = suites.run(tmp_path, "--tcperf-process", "tail", workers=workers)
    assert done.returncode == 0, done.stdout + done.stderr
    pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
    assert await_gone(pids) == []

    result = suites.load(tmp_path)
    unseen = {
        each.test.partition("::")[2]: each.started for each in result.unmeasured if each.outcome == "unseen"
    }
    # Those that ran beside what an earlier test had left have its figures.
    assert unseen == {"test_daemon_of_a_moment": ("sh",), "test_daemon": ("sh",)}
    told = " ".join(done.stdout.split())
    assert (
        "2 tests passed, without figures, for what was started for them was gone before anybody looked"
        in told
    )
    assert "test_leaving.py::test_daemon (sh)" in told

    (left,) = [warning for warning in result.warnings if "left running" in warning]
    assert left.startswith("2 processes that tests left running are ended with pytest;")
    daemon, forgotten = pids
    assert left.endswith(
        f": tail ({daemon}, of test_leaving.py::test_daemon), tail ({forgotten}, of test_leaving.py::test_forgets)"
    )
    assert f"tail ({daemon}, of" in told


def test_where_all_is_cleaned_up_nothing_is_said(tmp_path):
    suites.write(tmp_path, conftest=CONFTEST, test_leaving=LEAVING)
    done = suites.run(tmp_path, "-k", "cleans_up or python_alone")
    assert done.returncode == 0, done.stdout + done.stderr
    result = suites.load(tmp_path)
    assert not result.warnings
    assert not result.unmeasured
    assert "left running" not in done.stdout
    assert "without figures" not in done.stdout


def test_where_nothing_was_measured_it_is_told_as_well(tmp_path):
    failing = LEAVING.partition("@pytest")[0] + "    assert False\n"
    suites.write(tmp_path, conftest=CONFTEST, test_failing=failing)
    done = suites.run(tmp_path, "-k", "daemon and not moment")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "no test has passed" in done.stdout
    (pid,) = (tmp_path / "pids").read_text().split()
    assert f" ({pid}, of test_failing.py::test_daemon)" in done.stdout

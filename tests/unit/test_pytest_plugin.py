"""The plug-in's door: what it does where nobody measures."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from tcperf import pytest_plugin


def configured(*words, asks_help=False, **more):
    config = SimpleNamespace(
        option=SimpleNamespace(tcperf=False, help=asks_help),
        invocation_params=SimpleNamespace(args=words),
        **more,
    )
    pytest_plugin.pytest_configure(config)


@pytest.mark.parametrize("word", ["--tcperf-process", "--tcperf-out=x", "--tcperf-keys=1"])
def test_its_options_alone_are_refused_with_the_cure(word):
    with pytest.raises(pytest.UsageError, match=r"^--tcperf-[a-z]+ without --tcperf: .*give --tcperf, too"):
        configured("-q", word, "node")


def test_what_is_no_option_of_the_command_line_is_none():
    configured("-q", "tests", "--", "--tcperf-process")
    configured("--tcperf-process", "node", workerinput={})
    configured("--tcperf-process", "node", "--help", asks_help=True)


def test_the_fixture_does_nothing():
    off = pytest_plugin._Off()
    off.watch(1)
    with off.phase("send"):
        pass
    with pytest.raises(ValueError, match="cannot name a phase"):
        off.phase("Send")


@pytest.mark.parametrize(
    "option",
    [
        "--fixtures",
        "--fixtures-per-test",
        "--cache-show",
        "--setup-plan",
        "--setup-only",
        "--co",
        "--markers",
    ],
)
def test_where_pytest_runs_no_test_nothing_is_measured_nor_missed(tmp_path, option):
    (tmp_path / "test_one.py").write_text("def test_one(tcperf): pass")
    (tmp_path / "pytest.ini").write_text("[pytest]")
    words = ("-p", "no:xdist", "-p", "no:hypothesispytest", "--tcperf", "--tcperf-network", "host", option)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}, done.stdout
    assert "nothing was measured" not in done.stdout + done.stderr
    assert not (tmp_path / "tcperf-report").exists()

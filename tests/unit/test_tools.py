"""The programs in tools/: each teaches with --help, and does its work."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


def run(tool, *arguments):
    return subprocess.run(
        [sys.executable, str(TOOLS / tool), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("tool", sorted(path.name for path in TOOLS.glob("*.py")))
def test_help(tool):
    done = run(tool, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ")
    assert len(done.stdout.splitlines()) > 5


def test_check_runs_a_stage():
    done = run("check.py", "imports")
    assert done.returncode == 0, done.stdout
    assert "=== imports: ok after" in done.stdout
    assert "0 broken" in done.stdout


def test_check_knows_its_stages():
    done = run("check.py", "spelling")
    assert done.returncode == 2
    assert "no stage is called spelling: choose from format, lint" in done.stderr


def test_the_start_is_measured():
    done = run("bench_startup.py", "--rounds", "1")
    assert "tcperf --help" in done.stdout
    assert "limit 150.0 ms" in done.stdout


def test_what_the_plug_in_costs_a_suite_that_does_not_ask_for_it_is_measured():
    done = run("bench_plugin.py", "--rounds", "1", "--tests", "3")
    assert done.stdout.startswith("3 tests: "), done.stderr
    assert "ms a test; at most 1 ms is the aim" in done.stdout

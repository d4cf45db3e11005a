"""``tcperf run --junit`` as a Jenkins step meets it: real nodes, a status, and a file of test results."""

import os
import subprocess
import sys

import junit_schema
import pytest

from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.long]

FAILING = '''"""Fails in the middle."""
from attrs import frozen
from tcperf.scenario import Phase
PHASES = (Phase("all", publish=True),)
@frozen
class Params:
    pass
def run(stage, params):
    with stage.phase("all"):
        stage.start("alice")
        raise ValueError("a slip")
'''
QUICK = ("-p", "messages=4", "-p", "step=0", "--network", "host")
LIMIT = '[[gate.rule]]\nmatch = "one_to_one.messages.memory_peak_bytes"\nmax = "{}"\n'
CI = ("TEAMCITY_VERSION", "CI")


def step(folder, *arguments, toml=""):
    (folder / "tcperf.toml").write_text(toml)
    return subprocess.run(
        [sys.executable, "-m", "tcperf", "run", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=module_environment({name: value for name, value in os.environ.items() if name not in CI}),
        timeout=120,
        check=False,
    )


def read(path):
    return junit_schema.check(path.read_text("utf-8"))


def test_a_limit_that_is_exceeded_fails_the_step_and_is_a_failure(tmp_path):
    done = step(tmp_path, *QUICK, "--junit", toml=LIMIT.format("1 MiB"))
    assert done.returncode == 1, done.stderr
    (suite,) = read(tmp_path / "tcperf-report" / "junit.xml")
    assert suite.get("name") == "reference.one_to_one"
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "OVER BUDGET"
    assert "is over the limit of 1.00 MiB" in failure.get("message")


def test_without_a_base_what_was_measured_is_skipped(tmp_path):
    (tmp_path / "ci").mkdir()
    stale = tmp_path / "ci" / "tests.xml"
    stale.write_text('<testsuites name="tcperf"/>')
    done = step(tmp_path, *QUICK, "--junit=ci/tests.xml")
    assert done.returncode == 0, done.stderr
    root = read(stale)
    assert int(root.get("tests")) == len(list(root.iter("skipped"))) > 0
    assert {"report.md", "summary.csv"} <= {path.name for path in (tmp_path / "tcperf-report").iterdir()}
    assert not (tmp_path / "tcperf-report" / "junit.xml").exists()


def test_a_run_that_fails_leaves_no_test_results_of_an_earlier_one(tmp_path):
    stale = tmp_path / "tests.xml"
    stale.write_text('<testsuites name="tcperf"/>')
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\nexit 7\n")
    node.chmod(0o755)
    done = step(tmp_path, *QUICK, "--junit=tests.xml", "--node", "./node")
    assert done.returncode == 3, done.stderr
    assert not stale.exists()


def test_a_scenario_that_fails_beside_others_is_an_error(tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    done = step(tmp_path, "failing", "one_to_one", "--scenarios", ".", *QUICK, "--junit")
    assert done.returncode == 3, done.stderr
    root = read(tmp_path / "tcperf-report" / "junit.xml")
    assert [suite.get("name") for suite in root] == ["reference.one_to_one", "reference.failing"]
    assert root.get("errors") == "1"
    (error,) = root[1].iter("error")
    assert error.get("type") == "FAILED"
    assert error.get("message").startswith("failing: ")
    assert "raised ValueError: a slip" in error.get("message")


def test_a_file_that_cannot_be_written_is_told_before_anything_runs(tmp_path):
    (tmp_path / "tests.xml").mkdir()
    done = step(tmp_path, *QUICK, "--junit=tests.xml")
    assert done.returncode == 3
    assert "tests.xml is a folder (name a file with --junit=FILE.xml)" in done.stderr
    assert "measuring" not in done.stderr

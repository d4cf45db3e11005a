"""A pytest that ends before it could report: what its tests measured until then is kept, and it is said where."""

import sys

import pytest
import suites
from teamcity_parser import parse_service_message

pytestmark = [
    pytest.mark.traced,
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="the post is Linux's"),
]

ENDING = """
import os, subprocess, time, pytest

@pytest.fixture
def program():
    with subprocess.Popen(["sleep", "60"]) as started:
        time.sleep(0.1)
        yield started
        started.kill()

def test_first(program, tcperf):
    with tcperf.phase("part"):
        time.sleep(0.01)
    with pytest.raises(ValueError), tcperf.phase("bad"):
        raise ValueError("no")

def test_fails(program):
    assert False

def test_exits(program):
    os._exit(0)

def test_never(program):
    pass
"""
EXITING = """
import os
def pytest_sessionfinish(exitstatus):
    os._exit(exitstatus)
"""


def test_what_was_measured_before_an_exit_is_kept_and_it_is_said_where(tmp_path):
    suites.write(tmp_path, test_ending=ENDING)
    done = suites.run(tmp_path)
    assert done.returncode == 0  # which nobody else can change
    cry, ended, saved = done.stderr.strip().splitlines()
    assert cry.startswith("tcperf: pytest ended before it could report (os._exit")
    assert ended.startswith("tcperf: ended what lived on of it: sleep (")
    assert ended.endswith(", of test_ending.py::test_exits)")
    page = tmp_path / "tcperf-report" / "report.html"
    assert saved == (
        f"tcperf: it ended in test_ending.py::test_exits: what the test measured that had passed is in {page} and "
        "results.json, compared with nothing; 1 test never began"
    )
    result = suites.load(tmp_path)
    assert [phase.name for phase in result.runs[0].phases] == ["ending_first", "ending_first__part"]
    assert [(each.test, each.outcome) for each in result.unmeasured] == [
        ("test_ending.py::test_fails", "failed"),
        ("test_ending.py::test_exits", "failed"),
    ]
    assert result.subjects["head"].path.endswith("/sleep")
    assert result.conditions.network == "loopback"
    partial, raised = result.warnings
    assert partial.startswith("pytest ended before it could report, in test_ending.py::test_exits")
    assert "phase bad was not measured: it raised ValueError: no" in raised
    assert "pytest ended before it could report" in page.read_text("utf-8")
    assert not (tmp_path / "tcperf-report" / "unfinished.jsonl").exists()


@pytest.mark.long
def test_under_teamcity_it_is_a_build_problem_whatever_the_status(tmp_path):
    suites.write(tmp_path, test_ending=ENDING)
    done = suites.run(tmp_path, "-p", "no:teamcity", TEAMCITY_VERSION="2025.1")
    assert done.returncode == 0
    told = [
        parse_service_message(line)
        for line in done.stdout.splitlines()
        if line.startswith("##teamcity[") and "tcperf" in line
    ]
    (problem,) = [each["description"] for each in told if each.name == "buildProblem"]
    assert "pytest ended before it could report, in test_ending.py::test_exits" in problem
    (published,) = [each.argument for each in told if each.name == "publishArtifacts"]
    assert published == f"{tmp_path / 'tcperf-report'} => tcperf"


@pytest.mark.long
@pytest.mark.parametrize(("workers", "network"), [(1, "private"), (None, "host")])
def test_a_suite_that_exits_at_its_end_has_lost_nothing(tmp_path, workers, network):
    suites.write(tmp_path, test_ending=ENDING, conftest=EXITING)
    # A network that can be had is not asked for by name: the tests must run where none can be.
    words = ("--tcperf-network", "host") if network == "host" else ()
    done = suites.run(tmp_path, *words, "-k", "first or never", workers=workers)
    assert "tcperf: it ended after a test: what the 2 tests measured that had passed is in " in done.stderr
    result = suites.load(tmp_path)
    assert {phase.name for run in result.runs for phase in run.phases} == {
        "ending_first", "ending_first__part", "ending_never",
    }  # fmt: skip


def test_an_exit_behind_the_report_is_no_loss(tmp_path):
    suites.write(
        tmp_path, test_ending=ENDING, conftest=EXITING.replace("sessionfinish(exitstatus)", "unconfigure()")
    )
    conftest = tmp_path / "conftest.py"
    conftest.write_text(conftest.read_text().replace("exitstatus", "5"))
    done = suites.run(tmp_path, "-k", "first")
    assert done.returncode == 5
    assert done.stderr == ""
    assert "pytest.ending_first (1 run)" in done.stdout
    assert not (tmp_path / "tcperf-report" / "unfinished.jsonl").exists()

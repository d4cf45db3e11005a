"""``tcperf run --as-tests`` as TeamCity meets it: whole builds of real nodes, good and bad."""

import os
import subprocess
import sys

import pytest
from teamcity_parser import check_output, statistics_of

from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.long]

QUICK = ("one_to_one", "-p", "messages=4", "-p", "step=0")
LIMIT = '[teamcity]\nas_tests = true\ntag = true\n[[gate.rule]]\nmatch = "one_to_one.messages.memory_peak_bytes"\nmax = "{}"\n'
MEMORY = "messages.memory_peak_bytes"


class Build:
    """A build step that has ended."""

    def __init__(self, folder, *arguments, toml=""):
        (folder / "tcperf.toml").write_text(toml)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("TEAMCITY_")}
        done = subprocess.run(
            [sys.executable, "-m", "tcperf", "run", *QUICK, *arguments],
            capture_output=True,
            cwd=folder,
            env=module_environment({**variables, "TEAMCITY_VERSION": "2026.1"}),
            timeout=240,
            check=False,
        )
        self.status = done.returncode
        self.messages = check_output(done.stdout)
        self.statistics = statistics_of(done.stdout)
        assert done.stderr == b""

    def named(self, name):
        return [message.attributes for message in self.messages if message.name == name]


def test_a_limit_that_is_exceeded_is_a_failed_test_and_no_problem(tmp_path):
    build = Build(tmp_path, toml=LIMIT.format("1 MiB"))
    assert build.status == 0, "the failed test is what fails the build"
    assert build.named("buildProblem") == []
    assert [suite["name"] for suite in build.named("testSuiteStarted")] == ["reference.one_to_one"]
    (failure,) = build.named("testFailed")
    assert failure["name"] == MEMORY
    assert "is over the limit of 1.00 MiB" in failure["message"]
    assert "limit 1.00 MiB\nruns of the head: " in failure["details"]
    figures = {
        each["name"]: float(each["value"])
        for each in build.named("testMetadata")
        if each["testName"] == MEMORY
    }
    assert figures["limit"] == 1 << 20
    assert figures["value"] == build.statistics["tcperf.reference.one_to_one.messages.memory_peak_bytes"]
    (finished,) = [each for each in build.named("testFinished") if each["name"] == MEMORY]
    time_ms = build.statistics["tcperf.reference.one_to_one.messages.time_ms"]
    assert float(finished["duration"]) == pytest.approx(time_ms, abs=1)
    ignored = build.named("testIgnored")
    assert len(ignored) == len(build.named("testFinished")) - 1, (
        "what has no limit had nothing to be compared with"
    )
    assert all("there was nothing to compare with" in each["message"] for each in ignored)
    assert build.named("addBuildTag") == [], "a limit is no comparison"


def test_on_the_command_line_it_can_be_switched_off(tmp_path):
    build = Build(tmp_path, "--no-as-tests", toml=LIMIT.format("1 MiB"))
    assert build.named("testSuiteStarted") == build.named("testFailed") == []
    assert len(build.named("buildProblem")) == 1


def test_the_tests_are_the_same_with_and_without_a_comparison(tmp_path):
    earlier, later = tmp_path / "earlier", tmp_path / "later"
    for folder in (earlier, later):
        folder.mkdir()
    alone = Build(earlier, "--as-tests")
    assert {test["name"] for test in alone.named("testIgnored")} == {
        test["name"] for test in alone.named("testStarted")
    }, "nothing was compared"
    build = Build(later, "--baseline", str(earlier / "tcperf-report" / "results.json"), "--as-tests", "--tag")
    assert build.status == 0
    names = {test["name"] for test in build.named("testStarted")}
    assert names == {test["name"] for test in alone.named("testStarted")}
    gated = {
        key.removeprefix("tcperf.reference.one_to_one.").removesuffix("_delta_pct")
        for key in build.statistics
        if key.endswith("_delta_pct")
    }
    assert {MEMORY, "messages.sent_bytes", "messages.cpu_ms"} <= gated <= names
    assert build.named("testFailed") == build.named("addBuildTag") == [], "one run proves nothing"
    assert {test["name"] for test in build.named("testFinished")} == names
    assert len(build.named("testStdOut")) + len(build.named("testIgnored")) == len(names)

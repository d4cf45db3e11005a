"""``tcperf run --baseline teamcity`` in whole builds on a stand-in server: the first one, the next, one that is worse."""

import os
import subprocess
import sys

import histories
import pytest
from teamcity_parser import check_output, statistics_of
from teamcity_server import FakeBuild, TeamCityServer, faults

from tcperf import results
from tcperf.baselines.teamcity import RESULTS
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.long]

QUICK = ("one_to_one", "-p", "step=0")
MEMORY = "tcperf.reference.one_to_one.messages.memory_peak_bytes"
COUNT = "tcperf.reference.{}_count"


class Build:
    """A build on the server that has ended."""

    def __init__(self, server, folder, *, messages=4, toml="", baseline="teamcity", words=None):
        folder.mkdir()
        (folder / "tcperf.toml").write_text(toml)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("TEAMCITY_")}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tcperf",
                *QUICK,
                "-p",
                f"messages={messages}",
                *(words or ("--baseline", baseline)),
            ],
            capture_output=True,
            cwd=folder,
            env=module_environment({**variables, **histories.environment(server, folder)}),
            timeout=300,
            check=False,
        )
        self.status = done.returncode
        self.out = done.stdout
        self.messages = check_output(self.out)
        self.statistics = statistics_of(self.out)
        self.folder = folder / "tcperf-report"
        assert done.stderr == b""
        assert server.password.encode() not in self.out

    @property
    def result(self):
        return results.load(self.folder / "results.json")

    def named(self, name):
        return [message.attributes for message in self.messages if message.name == name]

    def warned(self):
        return [each["text"] for each in self.named("message") if each["status"] == "WARNING"]

    def text(self):
        return self.named("buildStatus")[-1]["text"]

    def became_history(self, count, **ratios):
        """Builds as the server keeps them, each of this one's figures strayed a little and times its ratio."""
        kept = (self.folder / "results.json").read_bytes()
        return [
            FakeBuild(
                number,
                finished=f"202610{number:02}T021407+0000",
                statistics={
                    key: f"{value * ratios.get(key, 1.0) * histories.wobble(number):.6f}"
                    for key, value in self.statistics.items()
                },
                artifacts={RESULTS: kept},
            )
            for number in range(1, count + 1)
        ]


@pytest.fixture(scope="module")
def server():
    with TeamCityServer() as running:
        yield running


@pytest.fixture(scope="module")
def first(server, tmp_path_factory):
    """The first build of all: there is no history yet."""
    return Build(server, tmp_path_factory.mktemp("builds") / "first")


@pytest.fixture
def past(server, first):
    """The server has history, made of the first build; whatever a test does to it is undone."""
    server.builds = first.became_history(8)
    yield server
    server.builds = []
    server.forget()


def test_the_first_build_is_green_and_says_loudly_that_nothing_was_compared(first):
    assert first.status == 0
    assert first.named("buildProblem") == []
    reason = "not compared: there is no successful build with figures of tcperf yet, of the default branch"
    assert sum(reason in text for text in first.warned()) == 1
    assert first.out.count(b"there is nothing to compare with; why is said at the end") == 1
    assert first.statistics[COUNT.format("not_compared")] > 0
    assert COUNT.format("regressions") not in first.statistics
    assert "not compared" in first.text()
    assert first.result.history is None


def test_the_next_build_is_seen_beside_those_before(past, tmp_path):
    build = Build(past, tmp_path / "next")
    assert build.status == 0
    assert build.named("buildProblem") == []
    assert build.statistics[COUNT.format("not_compared")] == 0
    assert build.statistics[COUNT.format("regressions")] == 0
    assert COUNT.format("pairs") not in build.statistics
    assert "; history, not a paired run; " in build.text()
    assert f"{MEMORY}_delta_pct" in build.statistics
    assert len(build.result.history.builds) == 8
    assert {each.history_builds for each in build.result.comparisons} == {8}
    assert b"the baseline is the history of builds: 8 successful builds of the default branch" in build.out
    assert "history, not a paired run" in (build.folder / "report.md").read_text("utf-8")


def test_what_became_worse_is_a_warning_and_where_it_is_asked_for_a_problem(first, past, tmp_path):
    past.builds = first.became_history(
        8, **{MEMORY: 0.02}
    )  # no busy machine makes anything else as much worse
    warned = Build(past, tmp_path / "warned")
    assert warned.status == 0
    assert warned.named("buildProblem") == []
    assert warned.statistics[COUNT.format("regressions")] == 0
    assert any("UNUSUAL one_to_one.messages memory_peak_bytes +" in text for text in warned.warned())
    assert "worse than usual: one_to_one.messages memory_peak_bytes +" in warned.text()
    failed = Build(past, tmp_path / "failed", toml='[gate]\nhistory = "fail"\n')
    assert failed.status == 0  # the problem fails the build, and not the step as well
    identities = [each["identity"] for each in failed.named("buildProblem")]
    assert "tcperf_reference_one_to_one_messages_memory_peak_bytes" in identities
    assert failed.statistics[COUNT.format("regressions")] >= 1


def test_pairs_as_the_generated_step_plays_them_are_shown_beside_past_builds(first, past, tmp_path):
    past.builds = first.became_history(
        8, **{MEMORY: 0.5}
    )  # beside these, each of the pairs' heads is unusual
    past.forget()
    build = Build(past, tmp_path / "pairs", words=("--trend", "--base", "reference", "--pairs", "7"))
    assert build.status == 0
    assert len(past.requests) > 0
    before, _line, played = build.out.partition(b"report.html shows past builds: 8 successful builds")
    assert b"pair " not in before
    assert b"pair " in played, "all is read before anything is played"
    assert len(build.result.history.builds) == 8
    assert build.statistics[COUNT.format("pairs")] == 7
    assert build.statistics[COUNT.format("not_compared")] == 0
    assert {each.history_builds for each in build.result.comparisons} == {None}
    assert not any("UNUSUAL" in text for text in build.warned())
    assert "history" not in build.text()
    page = (build.folder / "report.html").read_text("utf-8")
    assert 'id="history"' in page
    assert "it has no part in the verdict" in page


def test_a_server_that_fails_leaves_an_earlier_result_compared(first, past, tmp_path):
    past.fail(faults.status(401), times=9)
    earlier = f"?:{first.folder / 'results.json'}"
    build = Build(past, tmp_path / "file", words=("--trend", "--baseline", earlier, "--runs", "1"))
    assert build.status == 0
    assert sum("no past builds are shown" in text for text in build.warned()) == 1
    assert build.statistics[COUNT.format("not_compared")] == 0
    assert not any("not compared" in text for text in (*build.warned(), build.text()))
    assert 'id="history"' not in (build.folder / "report.html").read_text("utf-8")


def test_builds_with_other_parameters_are_not_compared(past, tmp_path):
    build = Build(past, tmp_path / "other", messages=6)
    assert build.status == 0
    assert build.statistics[COUNT.format("not_compared")] > 0
    assert any("unlike parameters: messages: 4 against 6" in text for text in build.warned())
    assert "not compared" in build.text()


def test_a_server_that_fails_breaks_no_build(past, tmp_path):
    past.fail(faults.status(401), times=9)
    build = Build(past, tmp_path / "refused")
    assert build.status == 0
    assert any("not compared: the history of builds cannot be read" in text for text in build.warned())
    assert build.statistics[COUNT.format("not_compared")] > 0


def test_a_baseline_file_that_is_missing_was_asked_for(past, tmp_path):
    folder = tmp_path / "file"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tcperf", "idle", "--baseline", ".tcperf-baseline/results.json"],
        capture_output=True,
        cwd=folder,
        env=module_environment({**os.environ, **histories.environment(past, folder)}),
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    (problem,) = [message for message in check_output(done.stdout) if message.name == "buildProblem"]
    assert "there is no baseline" in problem["description"]


def test_a_change_of_parameters_is_no_dead_end_where_the_last_good_build_is_the_baseline(tmp_path):
    """A build that fails leaves nothing to be compared with: the next would find the same unlike results."""
    missing = tmp_path / "none.json"
    with TeamCityServer() as server:
        first = Build(server, tmp_path / "first", baseline=f"?:{missing}")
        changed = Build(
            server, tmp_path / "changed", messages=6, baseline=f"?:{first.folder / 'results.json'}"
        )
        after = Build(server, tmp_path / "after", messages=6, baseline=f"?:{changed.folder / 'results.json'}")
    assert (first.status, changed.status, after.status) == (0, 0, 0)
    assert any(f"not compared: there is no baseline {missing}" in text for text in first.warned())
    assert any(
        "not compared: measured with unlike parameters: messages: 4 against 6" in text
        for text in changed.warned()
    )
    for build in (first, changed):
        assert build.statistics[COUNT.format("not_compared")] > 0
        assert "not compared" in build.text()
        assert not build.named("buildProblem")
    assert after.statistics[COUNT.format("not_compared")] == 0
    assert not any("not compared" in text for text in after.warned())

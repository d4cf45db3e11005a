"""The pages of docs/ as a reader follows them: files are made, commands are typed, in their order, in one folder.

A block with a caption is a file of that name; every other block of shell commands is run, but for those that
tests/unit/test_docs_examples.py says cannot be.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_examples import HELD, examples
from teamcity_parser import check_output, statistics_of

from tcperf import results
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.long]


COMPARED_AGAIN = "tcperf compare tcperf-report/results.json tcperf-report/results.json"


class Reader:
    """Somebody who does what a page says; ``told`` is what each block printed, by its first line."""

    def __init__(self, page, folder, statuses=()):
        self.folder = folder
        self.told = {}
        statuses = dict(statuses)
        for example in examples(page):
            if (page, example.first) in HELD:
                continue
            if example.caption is not None:
                self.write(example)
            elif example.language == "sh":
                done = self.type(example.text)
                expected = statuses.pop(example.first, {0})
                assert done.returncode in expected, f"{example.place}: {done.stdout}{done.stderr}"
                self.told[example.first] = done
        assert not statuses, "what is said of a status is of no block"

    def write(self, example):
        path = self.folder / example.caption
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.text, "utf-8")

    def type(self, text):
        """Run commands as in a shell in which the virtual environment is active."""
        variables = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
        variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), variables["PATH"]])
        return subprocess.run(
            ["sh", "-eu", "-c", text],
            cwd=self.folder,
            env=module_environment(variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )

    def result(self, folder):
        return results.load(self.folder / folder / "results.json")


@pytest.mark.alone
def test_the_tutorial_ends_with_a_verdict_that_is_accepted(tmp_path):
    reader = Reader("docs/tutorial.rst", tmp_path, {"chmod +x parent branch": {1}, COMPARED_AGAIN: {0, 1}})
    doctor, measured, compared, accepted, teamcity = reader.told.values()
    assert "\nok  private network: " in doctor.stdout
    assert "one_to_one.messages (1 run)" in measured.stdout
    assert re.search(r"^ WORSE +sent_bytes +\+(19|20|21)\.\d %", compared.stdout, re.MULTILINE)
    # By chance all pairs of what varies may go one way, too: that is not accepted, and seldom enough.
    worse = [each.metric for each in reader.result("tcperf-report").comparisons if each.is_regression]
    assert set(worse) <= {"sent_bytes", "time_ms", "latency_ms", "send_ms", "cpu_ms"}
    assert (reader.told[COMPARED_AGAIN].returncode == 0) == (worse == ["sent_bytes"])
    assert f"WORSE: {len(worse)} metric" in compared.stdout
    assert "worse in 8 of 8 pairs, p=0.0039" in " ".join(compared.stdout.split())
    assert "larger keys (until 2099-12-31)" in " ".join(accepted.stdout.split())
    assert "ACCEPTED" in accepted.stdout
    check_output(teamcity.stdout.encode())
    assert statistics_of(teamcity.stdout.encode())["tcperf.one_to_one.messages.sent_bytes"] > 0
    assert reader.result("tcperf-report").pairings[0].pairs == 8


def test_a_bad_network_is_measured(tmp_path):
    reader = Reader("docs/networks.rst", tmp_path)
    link = reader.result("bad").conditions.link
    assert (link.delay_ms, link.rate_bits_per_s, link.loss_ratio) == (20, 10_000_000, 0.01)


def test_a_capture_is_kept_and_read(tmp_path):
    reader = Reader("docs/captures.rst", tmp_path)
    (told,) = reader.told.values()
    assert "alice" in told.stdout
    assert (
        tmp_path / reader.result("kept").runs[0].capture.file.replace("captures", "kept/captures")
    ).exists()


def test_a_scenario_is_made_listed_played_changed_and_played_again(tmp_path):
    reader = Reader("docs/scenarios.rst", tmp_path)
    made, first, _changed = reader.told.values()
    listing, run = (line.strip() for line in made.stdout.splitlines()[1:])
    listed_and_played = [line for line in first.args[-1].splitlines() if line]
    assert listed_and_played == [listing, f"{run} --out first"], "the page types what new-scenario tells"
    assert "tcperf.reference.greeting.messages.latency_ms" in first.stdout
    assert reader.result("first").scenarios[0].params == {"messages": 10}
    greeting = reader.result("greeting").runs[0].phase("greeting")
    assert greeting.totals["deliveries_count"].value == 12


def test_results_are_compared_and_told_again(tmp_path):
    reader = Reader("docs/results_files.rst", tmp_path)
    compared, _again = reader.told.values()
    assert "CAN'T TELL" in compared.stdout
    assert {path.name for path in (tmp_path / "again").iterdir()} >= {"report.html", "results.csv"}


def test_any_program_is_measured(tmp_path):
    reader = Reader("docs/exec.rst", tmp_path)
    plain, *_others = reader.told.values()
    assert "\nsh.run (1 run)\n" in plain.stdout
    assert "  | working\n" in plain.stderr
    assert [phase.name for phase in reader.result("first").runs[0].phases] == ["fill", "sum", "run"]
    assert [phase.name for phase in reader.result("table").runs[0].phases] == ["build", "search", "run"]
    assert {each.phase for each in reader.result("second").comparisons} == {"run", "fill", "sum"}


def test_a_suite_is_measured_and_compared(tmp_path):
    reader = Reader("docs/pytest.rst", tmp_path)
    first, second, parts = reader.told.values()
    assert "pytest.site_twenty_pages (1 run)" in first.stdout
    assert "no program was measured" not in first.stdout
    assert "CAN'T TELL" in second.stdout
    plain, _, measured = parts.stdout.partition("1 passed")
    assert "time_ms" not in plain
    assert "pytest.parts_two_parts (1 run)" in measured
    assert [phase.name for phase in reader.result("parts").runs[0].phases] == [
        "parts_two_parts",
        "parts_two_parts__one",
        "parts_two_parts__two",
    ]


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_a_command_that_fails_is_not_overlooked(tmp_path):
    (tmp_path / "tcperf.toml").write_text("[run]\nruns = 0\n")
    with pytest.raises(AssertionError, match=r"docs/networks.rst:\d+: "):
        Reader("docs/networks.rst", tmp_path)

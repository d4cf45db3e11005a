"""Two binaries in one step, as a user and as TeamCity meet them: in order, in lanes, crashing, and killed."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest
from processes import await_gone
from teamcity_parser import check_output, statistics_of

from tcperf import procfs, results
from tcperf.modules import module_environment
from tcperf.pairing import UNFINISHED

pytestmark = [pytest.mark.integration, pytest.mark.alone]

REFERENCE = [sys.executable, "-m", "tcperf.nodes.reference"]
#: As short as a run of real processes can be: one node that makes an account.
TINY = '''"""Makes an account."""
from attrs import frozen
from tcperf.scenario import Phase
PHASES = (Phase("all", publish=True),)
@frozen
class Params:
    pass
def run(stage, params):
    (alice,) = stage.start("alice")
    with stage.phase("all"):
        alice.create_account()
'''
QUICK = ("tiny", "--scenarios", ".")


@pytest.fixture(autouse=True)
def _tiny(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)


def command(*arguments):
    return [sys.executable, "-m", "tcperf", "run", *arguments]


def environment(*, teamcity=False, **more):
    variables = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    if teamcity:
        variables["TEAMCITY_VERSION"] = "2025.07"
    return module_environment({**variables, **more})


class Call:
    """One finished call of ``tcperf run``."""

    def __init__(self, *arguments, cwd, teamcity=False):
        done = subprocess.run(
            command(*arguments),
            capture_output=True,
            cwd=cwd,
            env=environment(teamcity=teamcity),
            timeout=180,
            check=False,
        )
        self.status, self.raw = done.returncode, done.stdout
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        self.folder = cwd / "tcperf-report"
        if teamcity:
            self.messages = check_output(self.raw)

    @property
    def result(self):
        return results.load(self.folder / "results.json")


def wrapper(path, before=""):
    """A node of the user's: the reference node behind a shell script."""
    package = shlex.quote(module_environment({})["PYTHONPATH"])
    words = " ".join(shlex.quote(word) for word in REFERENCE)
    path.write_text(f'#!/bin/sh\nexport PYTHONPATH={package}\n{before}\nexec {words} "$@"\n')
    path.chmod(0o755)
    return path


def failing_after(path, starts):
    """A node that starts so many times, and then no more."""
    count = shlex.quote(str(path) + ".count")
    return wrapper(path, f"echo x >> {count}\nif [ $(wc -l < {count}) -gt {starts} ]; then exit 3; fi")


def whole_pairs(result):
    """The pairs that count, each with its sides in the order in which they were played."""
    found = {}
    for run in result.runs:
        if run.pair is not None and not run.discarded:
            found.setdefault(run.pair, []).append(run.subject)
    return found


def test_one_node_against_itself(tmp_path):
    call = Call(
        "--base", "reference", "--pairs", "2", "-p", "messages=2", "--format", "teamcity", cwd=tmp_path
    )
    assert call.status == 0, call.out + call.err
    result = call.result
    assert set(result.subjects) == {"head", "base"}
    assert whole_pairs(result) == {0: ["base", "head"], 1: ["head", "base"]}
    (pairing,) = result.pairings
    assert (pairing.pairs, pairing.lanes, pairing.stopped, pairing.problem) == (2, 1, "pairs", None)
    assert [run.order for run in result.runs] == list(range(len(result.runs)))
    names = [run.id for run in result.runs]
    assert len(set(names)) == len(names)
    assert names[:3] == ["one_to_one-warmup-base", "one_to_one-warmup-head", "one_to_one-p01-base"]
    assert all(run.surroundings.outside_cores >= 0 for run in result.runs)
    assert all((call.folder / run.series).exists() for run in result.runs)
    assert any("same binary" in warning for warning in result.warnings)
    sent = next(each for each in result.comparisons if each.key.endswith("messages.sent_bytes"))
    assert sent.pairs == 2
    statistics = statistics_of(call.raw)
    assert "tcperf.reference.one_to_one.messages.sent_bytes" in statistics
    assert statistics["tcperf.reference.pairs_count"] == 2
    told = "with 2 pairs nothing can be WORSE, BETTER or OK"
    warned = [m["text"] for m in check_output(call.raw) if m.attributes.get("status") == "WARNING"]
    assert sum(told in text for text in warned) == 2, "before the pairs, and in the result"
    assert any(told in warning for warning in result.warnings)
    assert "ok" not in {each.change for each in result.comparisons}
    progress = [m.argument for m in check_output(call.raw) if m.name == "progressMessage"]
    assert any("2 of at most 2 pairs" in text for text in progress)


def test_lanes_play_side_by_side(tmp_path):
    call = Call(*QUICK, "--base", "reference", "--pairs", "1", "--lanes", "2", cwd=tmp_path)
    assert call.status == 0, call.err
    result = call.result
    assert set(whole_pairs(result)) == {0}
    assert result.pairings[0].lanes == 2
    counting = [run for run in result.runs if run.pair is not None and not run.discarded]
    assert {(run.lane, run.subject) for run in counting if run.pair == 0} in (
        {(0, "base"), (1, "head")},
        {(1, "base"), (0, "head")},
    )
    assert [run.order for run in result.runs] == list(range(len(result.runs)))
    assert "2 lanes, as asked for" in call.err


def test_a_base_that_fails_in_the_middle(tmp_path):
    base = failing_after(tmp_path / "base", starts=2)
    head = wrapper(tmp_path / "head")
    call = Call(*QUICK, "--node", str(head), "--base", str(base), "--pairs", "9", cwd=tmp_path, teamcity=True)
    assert call.status == 4, call.out
    problem = call.result.pairings[0].problem
    assert re.match("the base failed 2 times in a row: .*ended with status 3 before it was ready", problem)
    assert call.result.pairings[0].stopped == "failed"
    assert call.result.runs_of("tiny", "head")
    assert "tcperf.tiny.all.cpu_ms" in statistics_of(call.raw)
    (status,) = [message for message in call.messages if message.name == "buildStatus"]
    assert "not compared" in status.attributes["text"].lower()
    again = subprocess.run(
        [sys.executable, "-m", "tcperf", "report", str(call.folder / "results.json")],
        capture_output=True,
        env=environment(),
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert b"NOT COMPARED" in again.stdout


def test_a_base_that_never_starts_leaves_the_heads_figures(tmp_path):
    base = failing_after(tmp_path / "base", starts=0)
    call = Call(*QUICK, "--base", str(base), cwd=tmp_path)
    assert call.status == 4, call.err
    assert "NOT COMPARED: tiny: the base failed in its warm-up 2 times in a row" in call.err
    assert [run.id for run in call.result.runs if not run.discarded] == ["tiny-1"]
    assert "the base failed in its warm-up" in call.result.pairings[0].problem


def test_a_head_that_never_starts_leaves_nothing(tmp_path):
    head = failing_after(tmp_path / "head", starts=0)
    call = Call(*QUICK, "--node", str(head), "--base", "reference", cwd=tmp_path)
    assert call.status == 3
    assert not (call.folder / "results.json").exists()
    assert "ended with status 3" in call.err


def test_a_budget_that_leaves_too_few_pairs_is_no_green_build(tmp_path):
    """The warm-ups use it up: one heat is played, and no more."""
    call = Call(*QUICK, "--base", "reference", "--budget", "1s", cwd=tmp_path, teamcity=True)
    played = [run for run in call.result.runs if run.pair is not None or not run.discarded]
    assert 1 <= len(played) <= 2
    if call.result.runs_of("tiny", "head"):
        assert call.status == 4, call.out
        assert "its budget of 1.00 s was over after" in call.result.pairings[0].problem
        assert "tcperf.reference.regressions_count" not in statistics_of(call.raw)
        (status,) = [message for message in call.messages if message.name == "buildStatus"]
        assert "NOT COMPARED: tiny: its budget of 1.00 s was over" in status.attributes["text"]
    else:  # other programs kept the machine busy in the only run that there was time for
        assert call.status == 3, call.out


def test_an_earlier_result_as_baseline(tmp_path):
    old = tmp_path / "old"
    assert Call(*QUICK, "--out", str(old), cwd=tmp_path).status == 0
    call = Call(*QUICK, "--baseline", str(old / "results.json"), cwd=tmp_path)
    assert call.status == 0, call.err
    assert any(each.change != "not_compared" and not each.paired for each in call.result.comparisons)


def test_limits_are_kept_without_a_base_and_a_required_comparison_is_missed(tmp_path):
    (tmp_path / "tcperf.toml").write_text(
        '[gate]\nrequire_comparison = true\n[[gate.rule]]\nmatch = "tiny.*.cpu_ms"\nmax = "1 ms"\n'
    )
    call = Call(*QUICK, cwd=tmp_path)
    assert call.status == 4, call.err
    assert "OVER BUDGET" in call.out
    assert "NOT COMPARED: gate.require_comparison" in call.err


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_in_the_middle_the_results_so_far_are_there_and_nothing_else(tmp_path, number):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        command(*QUICK, "--base", "reference", "--pairs", "9"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(TMPDIR=str(temporary)),
        text=True,
    ) as process:
        try:
            for line in process.stderr:
                if re.search("[1-9] of at most 9 pairs", line):
                    break
            family = procfs.descendants(process.pid)
            process.send_signal(number)
            _out, talk = process.communicate(timeout=60)
        finally:
            process.kill()
    assert await_gone(family) == []
    # Killed before the broker knew of it, a run's folder stays for the next tcperf to remove.  A broker that was
    # begun after the family was listed may still be at it.
    deadline = time.monotonic() + 15
    while left := list(temporary.iterdir()):
        assert time.monotonic() < deadline, left
        subprocess.run(
            [sys.executable, "-c", "from tcperf.workdir import sweep; sweep()"],
            env=environment(TMPDIR=str(temporary)),
            check=True,
        )
    path = tmp_path / "tcperf-report" / "results.json"
    json.loads(path.read_text())
    result = results.load(path)
    assert result.pairings[0].problem == UNFINISHED
    assert result.runs_of("tiny", "head")
    assert result.runs_of("tiny", "base")
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "the results so far are in" in talk

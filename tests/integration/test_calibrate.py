"""``tcperf calibrate`` with real nodes: as few pairs as it takes, in one lane and in two; and what goes wrong."""

import os
import shlex
import subprocess
import sys

import pytest
from teamcity_parser import check_output

from tcperf import config, results
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.alone, pytest.mark.long]

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
QUICK = ("tiny", "--scenarios", ".", "--pairs", "10")


@pytest.fixture(autouse=True)
def _tiny(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)


def calibrate(folder, *arguments, teamcity=False, timeout=300):
    variables = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    if teamcity:
        variables["TEAMCITY_VERSION"] = "2025.07"
    return subprocess.run(
        [sys.executable, "-m", "tcperf", "calibrate", *arguments],
        cwd=folder,
        env=module_environment(variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def test_in_lanes_and_in_one_lane(tmp_path):
    done = calibrate(tmp_path, *QUICK, "--lanes", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    several = results.load(tmp_path / "tcperf-calibration" / "results.json")
    one = results.load(tmp_path / "tcperf-calibration" / "one-lane" / "results.json")
    assert [(each.pairings[0].pairs, each.pairings[0].lanes) for each in (several, one)] == [(10, 2), (10, 1)]
    # All pairs are made, and whether they have decided it is nobody's question.
    assert {each.pairings[0].stopped for each in (several, one)} <= {"pairs", "decided"}
    assert several.subjects["head"] == several.subjects["base"]
    assert (tmp_path / "tcperf-calibration" / "report.html").exists()
    # data on stdout, and nothing else: it is a tcperf.toml as it stands
    (tmp_path / "tcperf.toml").write_text(done.stdout)
    read = config.load(None, tmp_path)
    rules = {rule.match: rule for rule in read.gate.rules}
    assert rules["tiny.all.memory_peak_bytes"].worse_by is not None
    assert "tiny.all.time_ms" not in rules
    cpu = rules.get("tiny.all.cpu_ms")
    assert read.run.lanes == (2 if cpu is not None and cpu.report_only is False else None)
    assert "in 2 lanes against one" in " ".join(done.stderr.split())
    assert "tiny, 10 pairs with itself in 2 lanes" in done.stderr
    assert "the same in one lane" in done.stderr


def test_a_node_that_fails_in_the_middle_is_not_calibrated(tmp_path):
    """After the warm-ups, three pairs that a busy machine may spoil, and at least one more."""
    node, calls = tmp_path / "node", tmp_path / "calls"
    package = shlex.quote(module_environment({})["PYTHONPATH"])
    node.write_text(
        f"#!/bin/sh\necho >> {shlex.quote(str(calls))}\n"
        f"[ $(wc -l < {shlex.quote(str(calls))}) -gt 10 ] && exit 7\n"
        f'export PYTHONPATH={package}\nexec {sys.executable} -m tcperf.nodes.reference "$@"\n'
    )
    node.chmod(0o755)
    done = calibrate(tmp_path, *QUICK, "--node", str(node))
    assert done.returncode == 4, done.stderr
    assert done.stdout == ""
    assert "not calibrated: tiny: " in done.stderr
    assert results.load(tmp_path / "tcperf-calibration" / "results.json").runs


def test_under_teamcity_nothing_is_said_but_messages_and_neutral_text(tmp_path):
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho \"##teamcity[buildProblem description='x']\"\nexit 7\n")
    node.chmod(0o755)
    done = calibrate(tmp_path, *QUICK, "--node", str(node), teamcity=True)
    assert done.returncode == 3
    check_output(done.stdout.encode())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--pairs", "9"), "9 pairs say too little of noise"),
        (("--pairs", "none"), "--pairs"),
        (("nothing",), "nothing"),
        (("--node", "nowhere"), "does not exist"),
        (("-p", "speed=3"), "speed"),
    ],
)
def test_mistakes_are_told_before_anything_is_played(tmp_path, arguments, words):
    done = calibrate(tmp_path, *arguments, timeout=60)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "tcperf-calibration").exists()

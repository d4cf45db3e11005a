"""README.rst tells the truth: its examples run, its commands and keys exist."""

import io
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from teamcity_parser import check_output, statistics_of

from tcperf import config
from tcperf.cli import parser
from tcperf.metrics import METRICS, OPERATION_METRICS, PHASE_METRICS
from tcperf.options import GATES
from tcperf.registry import discover
from tcperf.teamcity import ServiceMessages

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.rst").read_text("utf-8")


def blocks(language):
    """The code blocks of a language, without their indentation."""
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", README, re.MULTILINE)
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE).strip() + "\n" for block in found]


def test_the_two_commands():
    shell = blocks("sh")
    assert shell[0] == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/python -m tcperf\n"
    assert shell[1].startswith("python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && ")
    assert (ROOT / shell[1].split()[-1]).is_file()
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.rst" in ci


def test_every_tcperf_command_line_is_understood():
    lines = [line for block in blocks("sh") for line in block.splitlines() if "tcperf run" in line]
    assert lines
    for line in lines:
        words = line.split("tcperf run", 1)[1].split()
        assert parser.parse(["run", *words]).names == []


# --- the step that makes the base --------------------------------------------------------------------

STEP = next(block for block in blocks("sh") if "git worktree" in block)
TOOLS = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("make")), reason="git and make are needed"
)
#: A build as teams have it: what it makes tells from which source.
MAKEFILE = "status-backend:\n\tmkdir -p build/bin && cp source build/bin/status-backend\n"
#: In the place of tcperf: writes down what it was called with, and both binaries.
WRITER = """#!/bin/sh
printf '%s\\n' "$*" > called
while [ $# -gt 0 ]; do
  case $1 in
    --node|--base) cat "$2" >> called; shift;;
  esac
  shift
done
"""


class Checkout:
    """A clone as an agent has it, and the repository that it is of: develop went on after the branch left it."""

    def __init__(self, folder):
        self.folder = folder / "checkout"
        self.env = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": "somebody@localhost"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        team = folder / "team"
        self.call(folder, "git", "init", "-q", "-b", "develop", str(team))
        (team / "Makefile").write_text(MAKEFILE)
        for branch, source in (("", "first"), ("", "parent"), ("mine", "mine"), ("develop", "later")):
            if branch:
                flag = ["-b"] if branch == "mine" else []
                self.call(team, "git", "checkout", "-q", *flag, branch)
            (team / "source").write_text(f"{source}\n")
            self.call(team, "git", "add", ".")
            self.call(team, "git", "commit", "-q", "-m", source)
        self.call(folder, "git", "clone", "-q", str(team), str(self.folder))
        python = self.folder / ".tcperf" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(WRITER)
        python.chmod(0o755)

    def call(self, folder, *words, **env):
        done = subprocess.run(
            words, cwd=folder, env={**self.env, **env}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    def step(self, commit, **env):
        """The step on ``commit``, as an agent checks it out; what tcperf was called with, and the two sources."""
        self.call(self.folder, "git", "checkout", "-q", "--detach", commit)
        self.call(self.folder, "make", "-s", "status-backend")
        self.call(self.folder, "sh", "-c", STEP, **env)
        return (self.folder / "called").read_text().splitlines()


@TOOLS
def test_the_step_compares_with_the_merge_base(tmp_path):
    checkout = Checkout(tmp_path)
    command, head, base = checkout.step("origin/mine")
    assert command.startswith("-m tcperf run --node build/bin/status-backend --base ")
    assert (head, base) == ("mine", "parent"), "develop went on: that is not the branch's doing"
    assert checkout.step("origin/mine")[1:] == ["mine", "parent"], "agents keep their folders"


@TOOLS
def test_on_the_target_itself_the_step_compares_with_the_commit_before(tmp_path):
    checkout = Checkout(tmp_path)
    assert checkout.step("origin/develop")[1:] == ["later", "parent"]
    assert checkout.step("origin/mine", TARGET="mine")[1:] == ["mine", "parent"]


@TOOLS
def test_a_step_whose_base_cannot_be_built_fails_before_anything_is_measured(tmp_path):
    checkout = Checkout(tmp_path)
    with pytest.raises(AssertionError, match="nowhere"):
        checkout.step("origin/mine", TARGET="nowhere")
    assert not (checkout.folder / "called").exists()


# --- the other examples ------------------------------------------------------------------------------


def test_the_configuration(tmp_path):
    (text,) = blocks("toml")
    path = tmp_path / "tcperf.toml"
    path.write_text(text, "utf-8")
    loaded = config.load(path, tmp_path)
    assert loaded.run.names == ("one_to_one", "idle")
    assert loaded.run.runs == 5
    assert tomllib.loads(text)["params"]["one_to_one"] == {"messages": 50}


def test_the_scenario(tmp_path):
    scenario, emitter = blocks("python")
    (tmp_path / "greeting.py").write_text(scenario, "utf-8")
    greeting = discover([tmp_path]).get("greeting")
    assert greeting.help == "Two accounts greet each other."
    assert "tcperf.greeting.greeting.latency_ms" in greeting.keys(reference=False)
    assert len(scenario.strip().splitlines()) <= 30
    assert "ServiceMessages" in emitter


def test_the_emitter(monkeypatch):
    _scenario, example = blocks("python")
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, write_through=True))
    exec(compile(example, "README.rst", "exec"), {"ServiceMessages": ServiceMessages})
    names = [message.name for message in check_output(raw.getvalue())]
    assert names == [
        "blockOpened",
        "buildStatisticValue",
        "buildStatisticValue",
        "blockClosed",
        "buildStatus",
    ]
    assert statistics_of(raw.getvalue()) == {"package.size_bytes": 48_211, "package.files_count": 12}


@pytest.mark.parametrize("key", [*PHASE_METRICS, *OPERATION_METRICS])
def test_every_published_metric_is_explained(key):
    assert key in METRICS
    assert f"``{key}``" in README


def test_every_exit_status_is_explained():
    for status in (0, 1, 2, 3, 4, 5, "130 143"):
        assert re.search(rf"^{status} +\w", README, re.MULTILINE), status


def test_every_gate_mode_is_explained():
    for mode in GATES:
        assert f"``{mode}``" in README


def test_the_pages_that_are_named_exist():
    named = set(re.findall(r"docs/\w+\.\w+", README))
    assert {"docs/verdict.rst", "docs/thresholds.rst"} <= named
    assert all((ROOT / name).is_file() for name in named)


@pytest.mark.parametrize("command", parser.COMMANDS)
def test_every_subcommand_is_named(command):
    assert f"``tcperf {command}``" in README

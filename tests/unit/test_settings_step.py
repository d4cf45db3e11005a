"""The build step: shell that a shell takes, and that finds what there is to compare with, played for real."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import attrs
import pytest
import settings_requests as made

from tcperf.buildsettings import BuildSettings
from tcperf.cli import parser
from tcperf.errors import NotComparedError
from tcperf.teamcity.settings.step import base_path, has_baseline, kept_node, script

TOOLS = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("make")), reason="git and make are needed"
)
PLAIN = BuildSettings(build="make -s status-backend")
WITH_PARENT = attrs.evolve(PLAIN, base_build="make -s status-backend")
REQUESTS = {
    "plain": made.request(settings=PLAIN),
    "whole": made.whole(),
    "parent": made.request(settings=WITH_PARENT),
    "kept": made.request(settings=attrs.evolve(PLAIN, keep_node=True)),
    "compared": made.request(compared=True),
    "reference": made.reference(settings=made.WHOLE),
    "nasty": made.request(settings=made.NASTY),
}
#: In the place of `tcperf run`: writes down what it was called with, and what is in the binaries.
WRITER = f"""#!/bin/sh
test "$2" = tcperf || exec {shlex.quote(sys.executable)} "$@"
printf '%s\\n' "$*" > called
while [ $# -gt 0 ]; do
  case $1 in
    --node|--base) cat "$2" >> called; test -x "$2" || echo "not executable" >> called; shift;;
  esac
  shift
done
"""
MAKEFILE = (
    "status-backend:\n\tmkdir -p build/bin && cp source build/bin/status-backend && chmod +x build/bin/*\n"
)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_shell_understands_every_one(request_):
    done = subprocess.run(["sh", "-n"], input=script(request_), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_each_ends_at_the_first_failure_and_calls_run_last(request_):
    lines = script(request_).splitlines()
    assert lines[:2] == ["#!/bin/sh", "set -eu"]
    assert lines[-1].endswith(" --gate condition")
    assert " -m tcperf run" in lines[-1]
    assert script(request_).endswith("\n")


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "nasty"])
def test_the_call_is_one_that_tcperf_understands(name):
    last = script(REQUESTS[name]).splitlines()[-1].replace('"$@"', "--baseline teamcity")
    words = shlex.split(last)
    arguments = parser.parse(words[words.index("run") :])
    assert arguments.gate == "condition"
    assert arguments.base == base_path(REQUESTS[name])


def test_what_was_given_goes_into_the_step():
    (last,) = script(made.whole()).splitlines()[-1:]
    assert last == (
        ".tcperf/bin/python -m tcperf run one_to_one --node build/bin/status-backend --param messages=20 "
        "--trend --base .parent/build/bin/status-backend --gate condition"
    )


def test_a_word_is_one_word_whatever_is_in_it():
    words = ("--param", "text=$(touch x) `y` \"é\" 'z'", "--node", made.NODE)
    last = script(made.request(words=words, compared=True)).splitlines()[-1]
    assert shlex.split(last)[4:8] == list(words)


@pytest.mark.parametrize(("wanted", "gate"), [(None, "condition"), ((), "problem")])
def test_the_gate_is_the_conditions_or_else_tcperfs_own(wanted, gate):
    text = script(made.request(settings=BuildSettings(conditions=wanted)))
    assert text.endswith(f' "$@" --gate {gate}\n')


def test_without_a_source_tcperf_is_taken_as_installed():
    text = script(made.request())
    assert "pip" not in text
    assert text.splitlines()[-1].startswith("python3 -m tcperf run ")
    installed = script(made.request(settings=BuildSettings(install="tcperf[changepoints]")))
    assert ".tcperf/bin/pip install -q 'tcperf[changepoints]'\n" in installed


def test_the_bundled_node_needs_no_build():
    text = script(REQUESTS["reference"])
    assert "make" not in text
    assert base_path(REQUESTS["reference"]) is None
    assert text.splitlines()[-1] == '.tcperf/bin/python -m tcperf run --trend "$@" --gate condition'


def test_what_tcperf_toml_names_itself_is_left_to_it():
    text = script(REQUESTS["compared"])
    assert "baseline" not in text
    assert not has_baseline(REQUESTS["compared"])
    assert text.splitlines()[-1].endswith(f"--node {made.NODE} --trend --gate condition")


def test_it_asks_for_past_builds_unless_tcperf_toml_says_whether():
    assert shlex.split(script(REQUESTS["parent"]).splitlines()[-1]).count("--trend") == 1
    assert "--trend" not in script(attrs.evolve(REQUESTS["parent"], trend=False))


def test_what_is_looked_for():
    assert [name for name, each in REQUESTS.items() if has_baseline(each)] == ["plain", "kept", "reference"]
    assert [name for name, each in REQUESTS.items() if kept_node(each)] == ["kept"]
    assert kept_node(REQUESTS["kept"]) == "status-backend"


# --- played ------------------------------------------------------------------------------------------


class Checkout:
    """A clone as an agent has it: develop went on after ``mine`` left it, ``stacked`` left ``mine``."""

    def __init__(self, folder):
        self.folder = folder / "checkout"
        who = {f"GIT_{role}_{what}": "x@y" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TEAMCITY")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **who,
        }
        team = folder / "team"
        self.call(folder, "git", "init", "-q", "-b", "develop", str(team))
        (team / "Makefile").write_text(MAKEFILE)
        self.commit(team, "first")
        self.commit(team, "parent")
        self.call(team, "git", "checkout", "-q", "-b", "mine")
        self.commit(team, "mine")
        self.call(team, "git", "branch", "fix#7=ü")
        self.call(team, "git", "checkout", "-q", "-b", "stacked")
        self.commit(team, "stacked")
        self.call(team, "git", "checkout", "-q", "develop")
        self.commit(team, "later")
        self.call(folder, "git", "clone", "-q", str(team), str(self.folder))
        self.python = folder / "bin"
        self.python.mkdir()
        (self.python / "python3").write_text(WRITER)
        (self.python / "python3").chmod(0o755)

    def commit(self, team, source):
        (team / "source").write_text(f"{source}\n")
        self.call(team, "git", "add", ".")
        self.call(team, "git", "commit", "-q", "-m", source)

    def call(self, folder, *words, **env):
        done = subprocess.run(
            words, cwd=folder, env={**self.env, **env}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    def step(self, request, branch, **env):
        """What tcperf is called with by the step on a branch, and what was in its binaries."""
        self.call(self.folder, "git", "checkout", "-q", "--detach", f"origin/{branch}")
        path = f"{self.python}{os.pathsep}{self.env['PATH']}"
        self.call(self.folder, "sh", "-c", script(request), PATH=path, **env)
        return (self.folder / "called").read_text().splitlines()

    def pull_request(self, target):
        """The build's files, as TeamCity writes them, of a pull request to ``target``, as a property's value is written."""
        configuration = self.folder.parent / "teamcity.config.parameters"
        configuration.write_text(
            f"teamcity.pullRequest.number=7\nteamcity.pullRequest.target.branch={target}\n", "latin-1"
        )
        build = self.folder.parent / "teamcity.build.parameters"
        build.write_text(f"#Sat Nov 28\nteamcity.configuration.properties.file={configuration}\n")
        return {"TEAMCITY_BUILD_PROPERTIES_FILE": str(build)}


@TOOLS
def test_the_parent_is_the_commit_where_the_branch_left_its_target(tmp_path):
    checkout = Checkout(tmp_path)
    call, head, base = checkout.step(REQUESTS["parent"], "mine")
    assert call.endswith("--base .parent/build/bin/status-backend --gate condition")
    assert (head, base) == ("mine", "parent"), "develop went on: that is not the branch's doing"
    assert checkout.step(REQUESTS["parent"], "mine")[1:] == ["mine", "parent"], "agents keep their folders"


@TOOLS
def test_on_the_target_itself_it_is_the_commit_before(tmp_path):
    checkout = Checkout(tmp_path)
    assert checkout.step(REQUESTS["parent"], "develop")[1:] == ["later", "parent"]


@TOOLS
@pytest.mark.parametrize("target", ["mine", "refs/heads/mine", r"refs\/heads/fix\#7\=\u00FC"])
def test_a_pull_request_is_compared_with_its_own_target(tmp_path, target):
    checkout = Checkout(tmp_path)
    env = checkout.pull_request(target)
    assert checkout.step(REQUESTS["parent"], "stacked", **env)[1:] == ["stacked", "mine"]
    assert checkout.step(REQUESTS["parent"], "stacked")[1:] == ["stacked", "parent"], "no pull request"


@TOOLS
def test_a_target_that_is_not_there_is_the_usual_one(tmp_path):
    checkout = Checkout(tmp_path)
    env = checkout.pull_request("nowhere; rm -rf .")
    assert checkout.step(REQUESTS["parent"], "mine", **env)[1:] == ["mine", "parent"]
    missing = {"TEAMCITY_BUILD_PROPERTIES_FILE": str(tmp_path / "absent")}
    assert checkout.step(REQUESTS["parent"], "mine", **missing)[1:] == ["mine", "parent"]


@TOOLS
def test_where_nobody_can_tell_the_target_it_is_the_usual_one(tmp_path):
    checkout = Checkout(tmp_path)
    writer = checkout.python / "python3"
    writer.write_text(WRITER.replace(f"exec {shlex.quote(sys.executable)}", "exit 3 #"))
    env = checkout.pull_request("mine")
    assert checkout.step(REQUESTS["parent"], "stacked", **env)[1:] == ["stacked", "parent"]


@TOOLS
def test_a_parent_that_cannot_be_built_ends_the_step(tmp_path):
    checkout = Checkout(tmp_path)
    broken = made.request(settings=attrs.evolve(PLAIN, base_build="make -s nothing\nmake -s status-backend"))
    with pytest.raises(AssertionError, match="nothing"):
        checkout.step(broken, "mine")
    nowhere = made.request(settings=attrs.evolve(WITH_PARENT, target="nowhere"))
    with pytest.raises(AssertionError, match="nowhere"):
        checkout.step(nowhere, "mine")
    assert not (checkout.folder / "called").exists()


def played(folder, request, checkout):
    """The step in a folder with the programs of a checkout."""
    path = f"{checkout.python}{os.pathsep}{checkout.env['PATH']}"
    env = {**checkout.env, "PATH": path, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    return subprocess.run(
        ["sh", "-c", script(request)], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@TOOLS
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("no clone", "Let the agent check out, not the server (VCS checkout mode)"),
        ("empty clone", "Let the agent check out"),
        ("first commit", "this is the first commit here. Commit once more"),
        ("shallow clone", "fetch the whole history where the clone is shallow"),
        ("no target", "and origin/develop have no commit in common here. Fetch that branch (the branch spec"),
    ],
)
def test_where_there_is_no_parent_the_step_says_what_helps(tmp_path, place, words):
    checkout = Checkout(tmp_path)
    folder, team = tmp_path / "other", tmp_path / "team"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "source").write_text("first\n")
    if place == "empty clone":
        checkout.call(folder, "git", "init", "-q")
    elif place == "first commit":
        checkout.call(folder, "git", "init", "-q", "-b", "develop")
        checkout.call(folder, "git", "add", ".")
        checkout.call(folder, "git", "commit", "-q", "-m", "first")
        checkout.call(folder, "git", "update-ref", "refs/remotes/origin/develop", "HEAD")
    elif place in {"shallow clone", "no target"}:
        folder = tmp_path / "cloned"
        ways = {
            "shallow clone": ("--depth=1", "--branch=develop"),
            "no target": ("--single-branch", "--branch=mine"),
        }
        checkout.call(tmp_path, "git", "clone", "-q", *ways[place], team.as_uri(), str(folder))
    done = played(folder, REQUESTS["parent"], checkout)
    told = [line for line in done.stderr.splitlines() if line.startswith("tcperf: ")]
    assert done.returncode == NotComparedError.exit_status
    assert len(told) == 1
    assert told[0].startswith("tcperf: there is no parent to compare with: ")
    assert words in told[0]
    assert "@" not in told[0]
    assert not (folder / "called").exists()


@TOOLS
def test_without_a_parent_it_takes_the_best_that_the_last_good_build_left(tmp_path):
    checkout = Checkout(tmp_path)
    request = REQUESTS["kept"]
    assert checkout.step(request, "mine")[0].endswith("--baseline teamcity --runs 5 --gate condition")
    left = checkout.folder / ".tcperf-baseline"
    left.mkdir()
    (left / "results.json").write_text("{}")
    assert checkout.step(request, "mine")[0].endswith(
        "--baseline ?:.tcperf-baseline/results.json --runs 5 --gate condition"
    )
    (left / "status-backend").write_text("good\n")
    call, head, base = checkout.step(request, "mine")
    assert call.endswith("--base .tcperf-baseline/status-backend --gate condition")
    assert (head, base) == ("mine", "good"), "artifacts come without their executable bit"
    assert checkout.step(REQUESTS["plain"], "mine")[0].endswith("results.json --runs 5 --gate condition")
    counted = attrs.evolve(REQUESTS["plain"], counts_runs=True)
    assert checkout.step(counted, "mine")[0].endswith("results.json --gate condition"), "tcperf.toml says it"


@TOOLS
def test_commands_are_played_as_they_were_written(tmp_path):
    checkout = Checkout(tmp_path)
    hard = BuildSettings(
        build="make -s status-backend\nprintf '%d %% \"$HOME\" ${dollar:-é}\\n' 5 > written",
        base_build="make -s status-backend\nif true; then\n    cp source ../base-source\nfi",
    )
    checkout.step(made.request(settings=hard), "mine")
    assert (checkout.folder / "written").read_text() == '5 % "$HOME" ${dollar:-é}\n'
    assert (checkout.folder / "base-source").read_text() == "parent\n"


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_no_variable_is_needed_that_a_container_may_lack(request_):
    """``set -u`` would end the step there."""
    settings = request_.settings
    ours = script(request_)
    for theirs in filter(None, (settings.build, settings.base_build, settings.install)):
        ours = ours.replace(theirs, "").replace(shlex.quote(theirs), "")
    assert re.findall(r"\$\{?([A-Z]\w*)", ours) == []

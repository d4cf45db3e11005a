"""The branch that a build's pull request goes to, as the build step asks for it."""

import io
import subprocess
import sys

import pytest

from tcperf.modules import module_environment
from tcperf.teamcity.build import Build, PullRequest
from tcperf.teamcity.target import main, target_of


def environment(folder, target):
    """The variables of a build whose files tell this target, written as a property's value is; None: no pull request."""
    configuration = folder / "configuration.properties"
    told = "" if target is None else f"teamcity.pullRequest.target.branch={target}\n"
    configuration.write_text(f"teamcity.pullRequest.number=7\n{told}", "latin-1")
    build = folder / "build.properties"
    build.write_text(f"teamcity.configuration.properties.file={configuration}\n", "latin-1")
    return {"TEAMCITY_VERSION": "2026.1", "TEAMCITY_BUILD_PROPERTIES_FILE": str(build)}


def asked(env, *arguments):
    """Status, output and talk."""
    stdout, stderr = io.StringIO(), io.StringIO()
    return main(arguments, env, stdout, stderr), stdout.getvalue(), stderr.getvalue()


@pytest.mark.parametrize(
    ("written", "branch"),
    [
        ("main", "main"),
        ("refs/heads/main", "main"),
        (r"release\/1.x", "release/1.x"),
        (r"fix\#7\=\u00FC", "fix#7=ü"),
        ("rele\\\n   ase/1", "release/1"),  # continued on the next line
        (r"feature/\u65E5\u672C", "feature/日本"),
    ],
)
def test_it_is_read_as_java_writes_it(tmp_path, written, branch):
    assert asked(environment(tmp_path, written), "develop") == (0, f"{branch}\n", "")


@pytest.mark.parametrize("target", [None, "", "%teamcity.pullRequest.target.branch%"])
def test_without_a_pull_request_it_is_the_usual_one(tmp_path, target):
    assert asked(environment(tmp_path, target), "develop") == (0, "develop\n", "")


def test_outside_of_teamcity_it_is_the_usual_one():
    assert asked({}, "release/1.x") == (0, "release/1.x\n", "")


def test_files_that_are_not_there_are_told_and_break_nothing(tmp_path):
    status, out, err = asked({"TEAMCITY_BUILD_PROPERTIES_FILE": str(tmp_path / "none")}, "develop")
    assert (status, out) == (0, "develop\n")
    assert err.startswith("tcperf: warning: the properties file ")
    assert "in a container, mount the agent's temporary folder" in err


@pytest.mark.parametrize(
    "strange",
    [
        "a b",
        "-x",
        "--upload-pack=x",
        "a..b",
        "a~1",
        "a^{tree}",
        "a:b",
        "a\nb",
        "a@{1}",
        "a\\b",
        "a?",
        "a*",
        "a[b",
        "a\x1b[31mb",
        "a\u202eb",
    ],
)
def test_what_is_no_branch_is_told_and_not_taken(strange):
    build = Build(pull_request=PullRequest(7, None, strange), warnings=("before",))
    branch, (before, told) = target_of(build, "develop")
    assert (branch, before) == ("develop", "before")
    assert "is no branch: develop is taken" in told
    assert told.isprintable()


@pytest.mark.parametrize("arguments", [(), ("a", "b")])
def test_one_argument_is_needed(arguments):
    status, out, err = asked({}, *arguments)
    assert (status, out) == (2, "")
    assert err == "usage: python -m tcperf.teamcity.target BRANCH\n"


def test_the_module_is_a_program(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tcperf.teamcity.target", "develop"],
        capture_output=True,
        env=module_environment(
            {**environment(tmp_path, r"fix\#7\=\u00FC"), "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
        ),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "fix#7=ü\n", b"")

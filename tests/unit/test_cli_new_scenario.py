"""``tcperf new-scenario`` as a function: the file it makes, the commands it tells, what it refuses."""

import ast
import io
import os
import re
import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf import cli
from tcperf.cli.new_scenario import _taken
from tcperf.keys import is_name
from tcperf.registry import discover
from tcperf.scenario_template import new_scenario


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, *argv, env=None):
        stdout, stderr = io.StringIO(), io.StringIO()
        self.status = cli.main(list(map(str, argv)), stdout, stderr, env or {})
        self.out, self.err = stdout.getvalue(), stderr.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def told(call):
    """The commands that it told."""
    return [shlex.split(line)[1:] for line in call.out.splitlines() if line.startswith("  tcperf ")]


def test_the_file_is_a_scenario_of_that_name_with_help_phases_and_keys(tmp_path):
    call = Call("new-scenario", "two_greetings")
    assert (call.status, call.err) == (0, "")
    assert call.out.startswith("scenarios/two_greetings.py is made.")
    found = discover([tmp_path / "scenarios"]).get("two_greetings")
    assert found.help.startswith("Two greetings: ")
    assert [phase.name for phase in found.phases] == ["accounts", "connect", "messages"]
    assert found.keys(reference=False) == (
        "tcperf.two_greetings.messages.latency_ms",
        "tcperf.two_greetings.messages.cpu_ms",
        "tcperf.two_greetings.messages.sent_bytes",
    )


def test_what_it_tells_to_type_is_understood():
    listing, run = told(Call("new-scenario", "greeting", "--out", "our own/scenarios"))
    assert run == ["run", "--scenarios", "our own/scenarios", "greeting"]
    listed = Call(*listing)
    assert listed.status == 0, listed.err
    assert "tcperf.reference.greeting.messages.sent_bytes" in listed.out


def test_where_tcperf_toml_names_the_folder_it_goes_there_and_needs_no_option(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[run]\nscenarios = ["ours", "theirs"]\n')
    (tmp_path / "theirs").mkdir()
    call = Call("new-scenario", "greeting")
    assert call.out.startswith("ours/greeting.py is made.")
    assert told(call) == [["list", "greeting"], ["run", "greeting"]]
    assert Call(*told(call)[0]).status == 0
    assert told(Call("new-scenario", "other", "--out", "apart"))[0] == [
        "list",
        "--scenarios",
        "apart",
        "other",
    ]


def test_what_is_there_stays(tmp_path):
    path = tmp_path / "scenarios" / "greeting.py"
    path.parent.mkdir()
    path.write_text("# mine\n")
    call = Call("new-scenario", "greeting")
    assert (call.status, call.out) == (2, "")
    assert "scenarios/greeting.py is there already" in call.err
    assert path.read_text() == "# mine\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_that_leads_nowhere_is_there_too(tmp_path):
    path = tmp_path / "scenarios" / "greeting.py"
    path.parent.mkdir()
    path.symlink_to(tmp_path / "nowhere")
    assert Call("new-scenario", "greeting").status == 2
    assert path.is_symlink()


@pytest.mark.parametrize(
    "name", ["Greeting", "9lives", "a-b", "", "a" * 25, "a/b", "../up", "reference", "tcperf", "##teamcity["]
)
def test_what_is_no_name_of_a_scenario_makes_no_file(tmp_path, name):
    call = Call("new-scenario", name)
    assert (call.status, call.out) == (2, "")
    assert "\n" not in call.err.strip()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("import", "is a word of Python's own"),
        ("class", "is a word of Python's own"),
        ("json", "where the Python module json is meant (choose another name, such as play_json)"),
        ("asyncio", "where the Python module asyncio is meant"),
        ("sys", "where the Python module sys is meant"),
        ("attrs", "where the Python module attrs is meant"),
        ("psutil", "where the Python module psutil is meant"),
    ],
)
def test_a_name_that_is_something_else_to_python_makes_no_file(tmp_path, name, told):
    call = Call("new-scenario", name)
    assert (call.status, call.out) == (2, "")
    assert told in call.err
    assert list(tmp_path.iterdir()) == []
    suggested = re.search(r"such as (\w+)\)", call.err)[1]
    assert Call("new-scenario", suggested).status == 0


def test_what_merely_lies_here_takes_no_name(tmp_path, monkeypatch):
    """``python -m tcperf`` looks for modules where it is called."""
    monkeypatch.syspath_prepend("")
    (tmp_path / "greeting.py").write_text("")
    assert Call("new-scenario", "greeting").status == 0


def test_no_module_of_pythons_is_hidden():
    """``python -m tcperf`` in the folder of a file that was made imports everything that it needs."""
    assert [name for name in sys.stdlib_module_names if _taken(name) is None] == []


@pytest.mark.parametrize("name", ["match", "type", "case", "none", "test_x", "main"])
def test_words_that_are_nothing_to_python_are_names(name):
    assert Call("new-scenario", name).status == 0


def test_a_name_that_is_taken_is_refused(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[run]\nscenarios = ["ours", "theirs"]\n')
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "taken.py").write_text("")
    for name in ("one_to_one", "taken"):
        call = Call("new-scenario", name)
        assert call.status == 2
        assert f"there is a scenario {name} already" in call.err
    assert not (tmp_path / "ours").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    call = Call("new-scenario", "greeting", "--out", "file/below")
    assert call.status == 2  # nothing was measured, nor to be
    assert "file/below cannot be made" in call.err


def test_under_teamcity_it_speaks_in_lines_of_text():
    call = Call("new-scenario", "greeting", env={"TEAMCITY_VERSION": "2026.1"})
    assert call.status == 0
    assert "tcperf run --scenarios scenarios greeting" in call.out


@given(st.from_regex(r"[a-z][a-z0-9_]{0,23}", fullmatch=True))
def test_any_name_makes_a_module_that_says_what_it_is(name):
    assert is_name(name)
    tree = ast.parse(new_scenario(name))
    assert ast.get_docstring(tree).startswith(name[0].upper())
    assert max(map(len, new_scenario(name).splitlines())) <= 120


def test_the_file_passes_the_linters_of_this_repository(tmp_path):
    Call("new-scenario", "greeting")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--diff", "--config", "line-length=110", "scenarios"],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout

"""The program on a real terminal of 80 columns, in a pipe, and in the log of a CI server."""

import os
import re
import subprocess
import sys

import attrs
import comparisons as made
import pytest
import samples
from screens import Screen, in_terminal

from tcperf import results
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.long]

#: Whatever the tests run under, the program must not know of it.
UNKNOWN = (
    "TEAMCITY_VERSION",
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "TTY_COMPATIBLE",
)
QUICK = ("-p", "messages=4", "-p", "step=0", "--network", "host")
#: Made by rich while it redraws.
SPINNERS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def environment(**changes):
    known = {name: value for name, value in os.environ.items() if name not in UNKNOWN}
    return module_environment({**known, "TERM": "xterm-256color", **changes})


def on_terminal(*arguments, cwd, columns=80, **changes):
    """The screen after a call of the program, its status, and the raw bytes as text."""
    command = [sys.executable, "-m", "tcperf", *map(str, arguments)]
    status, raw = in_terminal(command, env=environment(**changes), columns=columns, cwd=cwd)
    return Screen(columns).write(raw), status, raw


def piped(*arguments, cwd, **changes):
    return subprocess.run(
        [sys.executable, "-m", "tcperf", *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        env=environment(**changes),
        timeout=120,
        check=False,
    )


def saved(path, result):
    runs = tuple(attrs.evolve(run, series=None) for run in result.runs)
    path.write_text(results.dumps(attrs.evolve(result, runs=runs)))
    return path


@pytest.fixture
def worse(tmp_path):
    return saved(tmp_path / "results.json", made.paired((made.WORSE, made.UNSURE, *made.SAME)))


# --- what stands at the end --------------------------------------------------------------------------


def test_a_table_fits_the_terminal_and_has_its_colours(worse, tmp_path):
    screen, status, raw = on_terminal("report", worse, cwd=tmp_path)
    assert status == 0
    assert "WORSE: 1 metric worse" in screen.text
    assert {"31", "33"} <= screen.colours
    assert screen.moves == 0
    bare = re.sub(r"\x1b\[[0-9;]*m", "", raw)
    assert all(len(line) <= 80 for line in bare.splitlines() if "report.html" not in line)


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_it_fits_narrower_terminals_and_is_no_wider_on_wide_ones(worse, tmp_path, columns):
    _screen, _status, raw = on_terminal("report", worse, cwd=tmp_path, columns=columns)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", raw)
    lines = [line for line in bare.splitlines() if "report.html" not in line]
    assert max(map(len, lines)) <= min(columns, 80)


def test_without_colours_where_that_is_asked_for(worse, tmp_path):
    screen, _status, _raw = on_terminal("report", worse, cwd=tmp_path, NO_COLOR="1")
    assert screen.colours == set()
    assert "WORSE: 1 metric worse" in screen.text


def test_a_dumb_terminal_gets_plain_text(worse, tmp_path):
    _screen, _status, raw = on_terminal("report", worse, cwd=tmp_path, TERM="dumb")
    assert "\x1b" not in raw
    assert "WORSE: 1 metric worse" in raw


@pytest.mark.parametrize("changes", [{}, {"FORCE_COLOR": "1"}, {"COLUMNS": "200"}])
def test_a_pipe_gets_plain_text(worse, tmp_path, changes):
    done = piped("report", worse, cwd=tmp_path, **changes)
    assert done.returncode == 0
    assert not re.search(rb"[\x1b\r\b]", done.stdout + done.stderr)
    lines = done.stdout.decode().splitlines()
    assert max(len(line) for line in lines if "report.html" not in line) <= 80


def test_builds_side_by_side_fit_the_terminal(worse, tmp_path):
    screen, status, raw = on_terminal("report", worse, worse, worse, worse, worse, cwd=tmp_path)
    assert status == 0
    assert max(map(len, raw.splitlines())) <= 80
    assert "5 to 1" in screen.text
    assert screen.moves == 0


def test_hostile_texts_do_not_steer_a_real_terminal(tmp_path):
    text = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m\u202egnp.exe"
    path = saved(tmp_path / "hostile.json", samples.hostile(text))
    for arguments in (("report", path, "--out", "o"), ("report", path, path)):
        screen, status, raw = on_terminal(*arguments, cwd=tmp_path, NO_COLOR="1")
        assert status == 0
        assert screen.moves == 0
        assert not re.search("[\x07\x9b\u202e]", raw)
        assert "owned" in screen.text


# --- while it runs -----------------------------------------------------------------------------------


def test_a_person_sees_one_line_of_progress_that_is_gone_at_the_end(tmp_path):
    screen, status, raw = on_terminal("run", *QUICK, cwd=tmp_path)
    assert status == 0, screen.text
    drawn = [line for line in re.split(r"[\r\n]|\x1b\[[0-9;?]*[A-Za-z]", raw) if set(line) & set(SPINNERS)]
    assert drawn
    assert any("one_to_one, run 1 of 1" in line for line in re.split(r"[\r\n]", raw))
    assert not set(screen.text) & set(SPINNERS)
    assert "run 1 of 1" not in screen.text
    assert "messages took" not in screen.text
    assert screen.is_cursor_shown
    assert "one_to_one.messages (1 run)" in screen.text


def test_a_line_of_progress_never_takes_two(tmp_path):
    """At 40 columns it is cut: a second one would stay behind when it is redrawn."""
    screen, status, raw = on_terminal("run", *QUICK, cwd=tmp_path, columns=40)
    assert status == 0, screen.text
    assert any(set(line) & set(SPINNERS) for line in raw.splitlines())
    assert not set(screen.text) & set(SPINNERS)
    assert screen.is_cursor_shown


@pytest.mark.parametrize("changes", [{"CI": "true"}, {"TERM": "dumb"}])
def test_a_log_on_a_terminal_gets_plain_lines(tmp_path, changes):
    screen, status, raw = on_terminal("run", *QUICK, cwd=tmp_path, **changes)
    assert status == 0, screen.text
    assert screen.moves == 0
    assert "\r" not in raw.replace("\r\n", "")
    assert "tcperf: one_to_one: messages took " in screen.text.replace("\n", "")


def test_a_pipe_gets_a_line_for_what_matters(tmp_path):
    done = piped("run", *QUICK, "--runs", "2", cwd=tmp_path, FORCE_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert not re.search(rb"[\x1b\r\b]", done.stdout + done.stderr)
    talk = done.stderr.decode().splitlines()
    assert all(line.startswith("tcperf: ") for line in talk)
    for told in ("one_to_one: 2 runs", "one_to_one: run 1 of 2", "one_to_one: messages took "):
        assert any(told in line for line in talk), told
    assert "took" not in done.stdout.decode()

"""What the post says where pytest ended without taking leave."""

import os
import sys

import pytest

from tcperf.watching.inhabitants import Inhabitant
from tcperf.watching.last_words import LastWords

HOSTILE = "test_a.py::test_b[##teamcity[buildStatus status='SUCCESS'-\x1b[31m\n]"


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    for descriptor in (reading, writing):
        os.close(descriptor)


def heard(reading):
    try:
        return os.read(reading, 4000).decode()
    except BlockingIOError:
        return ""


def test_it_begins_a_line_and_ends_it(pipe):
    LastWords(pipe[1]).cry()
    nothing, line, end = heard(pipe[0]).split("\n")
    assert (nothing, end) == ("", "")
    assert line.startswith("tcperf: pytest ended before it could report (os._exit")


def test_who_was_ended_is_named_on_a_line_that_steers_nobody(pipe):
    LastWords(pipe[1]).tell_ended([Inhabitant(7, "sleep", 1.0, HOSTILE), Inhabitant(8, "node", 0.5)])
    (line,) = heard(pipe[0]).splitlines()
    assert line.startswith(
        "tcperf: ended what lived on of it: sleep (7, of test_a.py::test_b[##_teamcity[buildStatus"
    )
    assert line.endswith(", node (8)")
    assert "\x1b" not in line


def test_where_nobody_was_ended_nothing_is_said(pipe):
    LastWords(pipe[1]).tell_ended([])
    assert heard(pipe[0]) == ""


@pytest.mark.parametrize("changes", [{"voice": None}, {"is_left": True}])
def test_without_a_voice_or_with_leave_taken_nothing_is_said(pipe, changes):
    words = LastWords(**{"voice": pipe[1], **changes})
    words.cry()
    words.tell_ended([Inhabitant(8, "node", 0.5)])
    assert heard(pipe[0]) == ""


def program(code):
    return (sys.executable, "-c", f"import sys; {code}")


def test_its_will_is_done_and_heard(pipe):
    LastWords(pipe[1], program("print('tcperf: saved'); print('noise', file=sys.stderr)")).execute()
    assert heard(pipe[0]) == "tcperf: saved\n"


@pytest.mark.parametrize("will", [(), program("sys.exit(3)"), ("/nobody/is/called/so",)])
def test_where_there_is_none_or_it_fails_what_was_measured_is_lost(pipe, will):
    LastWords(pipe[1], will).execute()
    assert heard(pipe[0]) == "tcperf: what was measured is lost\n"


def test_its_will_is_done_too_where_nobody_hears_of_it(tmp_path):
    made = tmp_path / "made"
    LastWords(None, program(f"open({str(made)!r}, 'w').close()")).execute()
    assert made.exists()


def test_who_took_leave_has_no_will(pipe, tmp_path):
    made = tmp_path / "made"
    LastWords(pipe[1], program(f"open({str(made)!r}, 'w').close()"), is_left=True).execute()
    assert not made.exists()
    assert heard(pipe[0]) == ""


def test_a_voice_that_nobody_hears_any_more_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    LastWords(writing).cry()
    os.close(writing)

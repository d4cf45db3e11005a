"""Marks as a program writes them: on its output, and at the socket."""

import pytest

from tcperf.command.marks import LINE_LIMIT, AskedMarks, Mark, NoMark, PrintedMarks, refusal


def printed(data):
    return [mark.name for mark in PrintedMarks().feed(data)]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"tcperf: phase load", "load"),
        (b"tcperf: phase  load \t", "load"),
        (b"tcperf: phase load\r", "load"),
        (b"tcperf: phase", ""),
        (b"tcperf: phase ", ""),
        (b"tcperf: phase Not A Name", "Not A Name"),
        (b"tcperf: phase \xff\x00", "\ufffd\x00"),
    ],
)
def test_a_mark_is_a_line_by_itself(line, name):
    assert printed(b"before\n" + line + b"\nafter\n") == [name]


@pytest.mark.parametrize(
    "line",
    [
        b" tcperf: phase load",
        b"tcperf: phases load",
        b"tcperf: phaseload",
        b"said tcperf: phase load",
        b"TCPERF: phase load",
        b"tcperf: one_to_one: messages took 1.9 s",
        b"tcperf: phase " + b"x" * LINE_LIMIT,
    ],
)
def test_other_lines_are_none(line):
    assert printed(line + b"\n") == []


def test_a_line_that_has_not_ended_says_nothing_yet():
    marks = PrintedMarks()
    assert list(marks.feed(b"tcperf: phase lo")) == []
    assert list(marks.feed(b"ad")) == []
    assert list(marks.feed(b"\n")) == [Mark("load")]


def test_the_longest_line_still_counts():
    name = b"x" * (LINE_LIMIT - len(b"tcperf: phase "))
    assert printed(b"tcperf: phase " + name + b"\n") == [name.decode()]


def test_a_line_without_end_is_answered_once_and_not_kept():
    marks = AskedMarks()
    assert list(marks.feed(b"x" * LINE_LIMIT)) == []
    assert list(marks.feed(b"x")) == [NoMark(b"x" * (LINE_LIMIT + 1))]
    for _ in range(1000):
        assert list(marks.feed(b"x" * 4096)) == []
    assert len(marks._lines._partial) == LINE_LIMIT + 1
    assert list(marks.feed(b"\nphase load\n")) == [Mark("load")]
    assert list(marks.feed(b"y" * 2000 + b"\nphase\n")) == [NoMark(b"y" * (LINE_LIMIT + 1)), Mark("")]


def test_what_is_asked_at_the_socket():
    asked = AskedMarks().feed(b"phase load\nphase\r\nhello\n\nphase  a b\nphased\n")
    assert list(asked) == [
        Mark("load"),
        Mark(""),
        NoMark(b"hello"),
        NoMark(b""),
        Mark("a b"),
        NoMark(b"phased"),
    ]


def test_a_refusal_is_one_line():
    assert refusal("no\nsuch\r\nname \udcff") == b"error: no such name ?\n"

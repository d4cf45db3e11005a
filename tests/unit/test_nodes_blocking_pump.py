"""The pump that needs nothing but a read."""

import os
import threading

import pytest

from tcperf.nodes.blocking_pump import BlockingPump
from tcperf.nodes.logs import CappedLog


class Reading:
    """A pump on a pipe, and what it told."""

    def __init__(self, path):
        self.lines = []
        self.ends = 0
        self.ended = threading.Event()
        self.line_came = threading.Condition()
        output, self.writer = os.pipe()
        self.pump = BlockingPump(
            "alice",
            output,
            CappedLog(path),
            on_line=self._line,
            is_awaited=lambda: True,
            on_end=self._end,
        )

    def _line(self, line):
        with self.line_came:
            self.lines.append(line)
            self.line_came.notify_all()

    def _end(self):
        self.ends += 1
        self.ended.set()

    def await_lines(self, count):
        with self.line_came:
            assert self.line_came.wait_for(lambda: len(self.lines) >= count, 10)

    def close(self):
        os.close(self.writer)


@pytest.fixture
def reading(tmp_path):
    return Reading(tmp_path / "log")


def test_lines_come_as_they_are_printed_and_the_end_is_told(reading, tmp_path):
    os.write(reading.writer, b"first\nsec")
    reading.await_lines(1)
    assert reading.lines == ["first"]
    assert reading.pump.last_lines(5) == ("first", "sec")
    os.write(reading.writer, b"ond\nunfinished")
    reading.close()
    assert reading.ended.wait(10)
    reading.pump.stop(10)
    assert reading.lines == ["first", "second", "unfinished"]
    assert reading.ends == 1
    assert (tmp_path / "log").read_bytes() == b"first\nsecond\nunfinished"
    assert reading.pump.last_lines(1) == ("unfinished",)


def test_much_output_is_kept_whole(reading, tmp_path):
    text = b"".join(b"%06d\n" % number for number in range(30_000))
    view = memoryview(text)
    while view:
        view = view[os.write(reading.writer, view) :]
    reading.close()
    reading.pump.stop(10)
    assert (tmp_path / "log").read_bytes() == text
    assert len(reading.lines) == 30_000


def test_stop_does_not_wait_for_whoever_else_holds_the_pipe(reading, tmp_path):
    os.write(reading.writer, b"before\n")
    reading.await_lines(1)
    reading.pump.stop(0.01)
    assert reading.ends == 1
    os.write(reading.writer, b"after\n")
    reading.close()
    reading.pump._thread.join(10)
    assert not reading.pump._thread.is_alive()
    assert reading.ends == 1
    assert reading.lines == ["before"]
    assert (tmp_path / "log").read_bytes() == b"before\n"
    reading.pump.stop(0)

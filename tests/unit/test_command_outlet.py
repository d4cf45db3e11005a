"""An output of a program: kept, shown as it comes, and how long the program had to wait for that."""

import fcntl
import os
import selectors

import pytest

from tcperf import clock
from tcperf.command.outlet import Outlet

MS = clock.NS_PER_MS


class Program:
    """The writing end of an output, and what came of it; passing on each read takes ``ms`` milliseconds."""

    def __init__(self, folder, monkeypatch):
        pipe, self._end = os.pipe()
        os.set_blocking(self._end, False)
        self.selector = selectors.DefaultSelector()
        self.shown, self.ms, self._now_ns = [], 0, 0
        self.meanwhile = lambda: None
        self.outlet = Outlet(
            pipe, folder / "log", self.selector, on_lines=self.shown.extend, on_data=self._pass_on
        )
        monkeypatch.setattr(clock, "monotonic_ns", lambda: self._now_ns)

    def _pass_on(self, _data):
        self._now_ns += self.ms * MS
        self.meanwhile()

    def print(self, data):
        os.write(self._end, data)

    def fill(self, size):
        """Write ``size`` bytes at once, until it had to wait."""
        try:
            while True:
                self.print(b"x" * (size - 1) + b"\n")
        except BlockingIOError:
            pass

    def fill_once(self, size):
        """Fill what was taken out while it is passed on, once."""

        def fill():
            self.meanwhile = lambda: None
            self.fill(size)

        self.meanwhile = fill

    @property
    def log(self):
        return self.outlet.log_path.read_bytes()

    def close(self):
        if self._end is not None:
            os.close(self._end)
            self._end = None


@pytest.fixture
def program(tmp_path, monkeypatch):
    made = Program(tmp_path, monkeypatch)
    yield made
    made.outlet.close()
    made.close()
    made.selector.close()


def test_lines_are_shown_when_they_end_and_kept_at_once(program):
    program.print(b"one\ntw")
    program.outlet.read()
    assert (program.shown, program.log) == (["one"], b"one\ntw")
    program.print(b"o\n")
    program.outlet.read()
    assert (program.shown, program.log) == (["one", "two"], b"one\ntwo\n")


def test_the_unfinished_line_is_shown_in_the_end(program):
    program.print(b"no end")
    program.close()
    program.outlet.read()
    program.outlet.close()
    assert program.shown == ["no end"]
    assert not program.selector.get_map()


def test_a_program_that_talks_without_an_end_is_left_now_and_then(program):
    program.meanwhile = lambda: program.print(b"and\n")
    program.print(b"and\n")
    program.outlet.read()
    assert 1 < len(program.shown) < 100


@pytest.mark.parametrize("size", [4096, 3000, 100, 5])
def test_it_is_held_up_while_the_pipe_is_full(program, size):
    """However it writes: a pipe whose pages are all begun takes no more, and may hold 48,000 bytes or 65,536."""
    program.ms = 30
    program.fill(size)
    program.fill_once(size)
    program.outlet.read()
    assert program.outlet.held_ns == 30 * MS  # by what came first; behind the second there was room


def test_a_pipe_of_another_size_is_full_as_well(program):
    fcntl.fcntl(program._end, fcntl.F_SETPIPE_SZ, 4096)
    program.ms = 30
    program.fill(100)
    program.fill_once(100)
    program.outlet.read()
    assert program.outlet.held_ns == 30 * MS


def test_it_is_not_held_up_where_there_is_room(program):
    program.ms = 30
    program.print(b"x" * 60_000 + b"\n")
    program.meanwhile = lambda: None if len(program.log) > 100_000 else program.print(b"y" * 60_000 + b"\n")
    program.outlet.read()
    assert len(program.shown) == 2
    assert program.outlet.held_ns == 0


def test_asking_whether_it_is_full_keeps_no_pipe_open(program):
    program.fill(4096)
    program.close()
    program.outlet.read()
    program.outlet.read()
    assert not program.selector.get_map()  # its end was seen

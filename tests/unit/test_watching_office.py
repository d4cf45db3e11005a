"""When the office looks whose ports they are, and whom it speaks for; what it measures is tried with real suites."""

import os
import socket
import sys

import pytest

from tcperf.watching import ports
from tcperf.watching.office import Office


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    for descriptor in (reading, writing):
        os.close(descriptor)


def heard(reading):
    try:
        return os.read(reading, 1000).decode()
    except BlockingIOError:
        return ""


def test_whoever_ends_without_a_word_is_told_of(pipe):
    office = Office()
    office.open(None, has_voice=True, will=[], descriptors=[pipe[1]])
    assert not office.is_private
    assert office.inhabitants() == []
    office.last_words.cry()
    office.last_words.execute()
    cry, lost = heard(pipe[0]).strip().splitlines()
    assert cry.startswith("tcperf: pytest ended before it could report")
    assert lost == "tcperf: what was measured is lost"


def test_whoever_took_leave_is_not(pipe):
    office = Office()
    office.open(None, has_voice=True, will=[], descriptors=[pipe[1]])
    office.leave(None, descriptors=[])
    office.last_words.cry()
    assert heard(pipe[0]) == ""


def test_without_a_voice_nothing_is_said():
    office = Office()
    office.open(None, has_voice=False, will=[], descriptors=[])
    assert office.last_words.voice is None


class Quiet:
    """A loopback on which nothing passes but calls that are answered."""

    def __init__(self):
        self.answering = set()

    def cut(self):
        return []

    def close(self):
        pass


@pytest.fixture
def looks(monkeypatch):
    found = []
    monkeypatch.setattr(ports, "held", lambda pids, driver: found.append(driver) or ports.Held())
    return found


@pytest.mark.skipif(
    sys.platform != "linux", reason="the processes of a system without /proc are watched otherwise"
)
def test_a_port_that_answers_for_the_first_time_is_looked_at_at_once(looks):
    office = Office()
    office._loopback = quiet = Quiet()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        office.hello(ours, pid=os.getpid(), names=["nobody-is-called-so"], descriptors=[])
        office.begin(ours, descriptors=[])
        office.tick()
        before = len(looks)
        office.tick()
        assert len(looks) == before
        quiet.answering = {30303}
        office.tick()
        office.tick()
        assert len(looks) == before + 1
        office.close()

"""A stream: opened within a deadline, read by a thread, closed by either side."""

import socket
import threading

import pytest
from fake_host import CalmWitness

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.nodes.inbox import Inbox
from tcperf.nodes.stream import BrokenError, NonsenseError, Stream

SOON = 5.0


@pytest.fixture
def pair():
    """A stream, and the socket at its other end."""
    near, far = socket.socketpair()
    stream = Stream(near, "wire")
    yield stream, far
    far.close()
    stream.close()


def opening(stream, seconds=SOON, fate=None):
    return stream.opening(
        CalmWitness(fate), Deadline.after(seconds), late="answer", lost="hung up", when="at the start"
    )


def reason(inbox):
    """Why no signal can come any more, once that is so."""
    with pytest.raises(NodeError) as caught:
        inbox.wait(lambda _signal: False, after=0, deadline=Deadline.after(SOON), what="end")
    return caught.value.message


class TestOpening:
    def test_words_go_there_and_back_and_no_deadline_is_left(self, pair):
        stream, far = pair
        far.sendall(b"welcome")
        with opening(stream):
            stream.send(b"hello")
            assert stream.receive() == b"welcome"
        assert far.recv(100) == b"hello"
        assert stream._socket.gettimeout() is None

    def test_an_answer_that_does_not_come(self, pair):
        stream, _far = pair
        with pytest.raises(NodeError, match=r"alice did not answer within 0\.05 s"), opening(stream, 0.05):
            stream.receive()
        assert stream._socket.fileno() == -1

    def test_many_small_answers_do_not_stretch_the_deadline(self, pair):
        stream, far = pair
        with pytest.raises(NodeError, match=r"did not answer within 0 s"), opening(stream, 0):
            far.sendall(b"one more")
            stream.receive()

    @pytest.mark.parametrize(
        ("fate", "words"),
        [
            (None, "alice hung up at the start: it was closed"),
            ("was killed by SIGKILL", "alice was killed by SIGKILL at the start"),
        ],
    )
    def test_an_end_instead(self, pair, fate, words):
        stream, far = pair
        far.close()
        with pytest.raises(NodeError, match=words), opening(stream, fate=fate):
            stream.receive()
        assert stream._socket.fileno() == -1

    def test_whatever_else_goes_wrong_closes_it_too(self, pair):
        stream, _far = pair
        with pytest.raises(KeyboardInterrupt), opening(stream):
            raise KeyboardInterrupt
        assert stream._socket.fileno() == -1

    def test_nobody_is_there(self, tmp_path):
        stream = Stream(socket.socket(socket.AF_UNIX), "wire")
        with pytest.raises(NodeError, match=r"at the start: .*No such file"), opening(stream):
            stream.connect(str(tmp_path / "none"))


class TestReading:
    def test_what_came_before_is_taken_first_and_all_of_it_in_a_thread_of_its_own(self, pair):
        stream, far = pair
        taken, all_there = [], threading.Event()

        def take(chunk, at_ns):
            taken.append((chunk, at_ns, threading.current_thread().name))
            if chunk:
                all_there.set()

        stream.start("ears", take, Inbox(CalmWitness()))
        far.sendall(b"news")
        assert all_there.wait(SOON)
        assert [(chunk, name) for chunk, _at_ns, name in taken] == [(b"", "ears"), (b"news", "ears")]
        assert taken[0][1] <= taken[1][1]
        assert stream.is_read
        stream.close()
        stream.close()
        assert not stream.is_read

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (NonsenseError("'what?'"), "alice sent nonsense on its wire ('what?') before it did end"),
            (BrokenError("a close frame"), "alice broke its wire (a close frame) before it did end"),
        ],
    )
    def test_what_cannot_be_read_ends_it(self, pair, error, words):
        stream, far = pair
        inbox = Inbox(CalmWitness())

        def take(chunk, _at_ns):
            if chunk:
                raise error

        stream.start("ears", take, inbox)
        far.sendall(b"?")
        assert reason(inbox) == words

    def test_the_other_side_hangs_up(self, pair):
        stream, far = pair
        inbox = Inbox(CalmWitness())
        stream.start("ears", lambda _chunk, _at_ns: None, inbox)
        far.close()
        assert reason(inbox) == "alice closed its wire before it did end"

"""What all drivers share, with a line and a language of the test's own: no process is needed."""

import itertools

import pytest
from fake_host import CalmWitness, make_place

from tcperf.errors import NodeError
from tcperf.nodes.driven import Driven, Language
from tcperf.nodes.http_client import Answer
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.manners import STATUSD
from tcperf.nodes.timeouts import Timeouts

QUICK = Timeouts(delivery_s=0.05)
#: Signals are lists of pairs: a text and who said it.
LANGUAGE = Language(
    lambda text, key: lambda signal: (text, key) in signal.event, lambda signal: iter(signal.event)
)


class Echo:
    """Answers each call with the call, a ns each."""

    def __init__(self):
        self._ns = itertools.count()

    def rpc(self, method, params, _deadline):
        return Answer([method, *params], next(self._ns), next(self._ns))


class Line:
    def __init__(self):
        self.api, self.inbox, self.closed = Echo(), Inbox(CalmWitness()), 0

    def close(self):
        self.closed += 1

    def say(self, *said):
        self.inbox.put(Signal("said", list(said), 1), 10)


@pytest.fixture
def node(tmp_path):
    return Driven(make_place(tmp_path), STATUSD, LANGUAGE, QUICK)


@pytest.fixture
def line(node):
    node._ready = Line()
    return node._ready


def test_before_it_is_started_it_has_a_name_and_nothing_else(node):
    assert node.name == "alice"
    assert node.warnings == ()
    for ask in (lambda: node.pid, lambda: node.launch_cpu_ns, lambda: node.control_port, node.check):
        with pytest.raises(NodeError, match="alice was never started"):
            ask()
    for ask in (node.cursor, lambda: node.reports(0), lambda: node._rpc("greet", [])):
        with pytest.raises(NodeError, match="alice was never ready"):
            ask()


def test_what_never_was_a_process_is_stopped_at_once(node, line):
    node.ask_to_stop()
    assert node.stop() is node.stop(graceful=False) is None
    assert line.closed == 0


def test_a_message_is_its_text_and_its_sender_behind_the_cursor(node, line):
    line.say(("hello", "0x04bob"))
    begin = node.cursor()
    line.say(("hello", "0x04carol"))
    line.say(("bye", "0x04bob"), ("hello", "0x04bob"))
    found = node.await_message("hello", "0x04bob", begin)
    assert found.event == [("bye", "0x04bob"), ("hello", "0x04bob")]
    assert node.reports(begin) == [("hello", "0x04carol"), ("bye", "0x04bob"), ("hello", "0x04bob")]
    assert node.reports(0)[0] == ("hello", "0x04bob")
    assert node.reports(node.cursor()) == []


def test_a_message_that_does_not_come_is_an_error_or_none(node, line):
    line.say(("hello", "0x04bob"))
    with pytest.raises(
        NodeError, match=r"alice did not report the message 'hello' from 0x04bob… within 0\.05 s"
    ):
        node.await_message("hello", "0x04bob", node.cursor())
    line.inbox.close("closed its wire")
    with pytest.raises(NodeError, match="alice closed its wire before it did report the message 'bye'"):
        node.await_message("bye", "0x04bob", 0)


def test_calls_go_over_the_line_and_are_timed(node, line):
    answer = node._answer("greet", ["bob"])
    assert (answer.value, answer.sent_ns, answer.received_ns) == (["greet", "bob"], 0, 1)
    assert node._rpc("greet", ["carol"]) == ["greet", "carol"]
    node._hang_up()
    assert line.closed == 1

"""A worker's parts, without a process: what it says, what it hears, and how it plays."""

import json
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from queue import SimpleQueue

import attrs
import pytest

from tcperf import events
from tcperf.errors import Interrupted, UsageError
from tcperf.interrupts import Interrupts
from tcperf.lanes import setup
from tcperf.lanes.messages import Lines
from tcperf.lanes.worker import Ear, Speech, Teller, break_off, serve
from tcperf.nodes.factory import reference_node
from tcperf.runner import Folders

SCENARIO = '''
"""A scenario without nodes."""
from attrs import frozen
from tcperf.errors import NodeError
from tcperf.scenario import Phase, param
PHASES = (Phase("first"), Phase("second", publish=True), Phase("third", publish=True), Phase("last"))
@frozen
class Params:
    act: str = param("", help="what goes wrong")
def run(stage, params):
    for phase in PHASES:
        with stage.phase(phase.name):
            if params.act == phase.name:
                raise NodeError("alice died")
'''


@pytest.fixture
def line():
    """Both ends of a line, the coordinator's first."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


class Script:
    """What a worker hears: one message after another, the last one being a signal."""

    def __init__(self, *messages):
        self._messages = list(messages)

    def get(self):
        if not self._messages:
            raise Interrupted(signal.SIGTERM, "SIGTERM")
        return self._messages.pop(0)


@pytest.fixture
def play(tmp_path):
    """Let a worker play what it hears (``act`` a run); what it says."""
    (tmp_path / "bare.py").write_text(SCENARIO)
    folders = Folders(tmp_path / "series", tmp_path / "logs")
    folders.series.mkdir()
    folders.logs.mkdir()
    given = setup.Setup("host", reference_node("2024-10"), folders, scenarios=(tmp_path,))

    def play(*acts, name="bare"):
        said = []
        heard = [{"setup": setup.to_document(given)}]
        for number, act in enumerate(acts, 1):
            told = {"side": "base", "number": number, "pair": number - 1, "lane": 2, "attempt": 1}
            told |= {"scenario": name, "params": {"act": act}, "runs": 1, "discarded_because": None}
            heard += [{"play": told}]
            heard += [{"go": 0.0}] * {"": 2, "first": 0}.get(act, 1)
        with Interrupts() as interrupts, pytest.raises(Interrupted):
            serve(Script(*json.loads(json.dumps(heard))), said.append, interrupts)
        return said

    return play


def names(said):
    return [message["event"][0] if "event" in message else next(iter(message)) for message in said]


def test_a_run_from_its_beginning_to_its_end(play):
    said = play("")
    assert names(said) == [
        "RunStarted",
        *("PhaseStarted", "PhaseEnded"),
        "at",
        *("PhaseStarted", "PhaseEnded"),
        *("PhaseStarted", "PhaseEnded"),
        "at",
        *("PhaseStarted", "PhaseEnded"),
        "RunEnded",
        "run",
    ]
    assert [message["at"] for message in said if "at" in message] == ["begin", "end"]
    run = said[-1]["run"]
    assert (run["id"], run["lane"], run["pair"], run["subject"]) == ("bare-p01-base", 2, 0, "base")
    json.dumps(said, allow_nan=False)


@pytest.mark.parametrize(("act", "points"), [("first", []), ("second", ["begin"]), ("third", ["begin"])])
def test_a_run_that_fails_says_so_and_meets_nobody_any_more(play, act, points):
    said = play(act)
    assert [message["at"] for message in said if "at" in message] == points
    assert said[-1]["error"]["kind"] == "NodeError"
    assert said[-1]["error"]["message"] == "alice died"


def test_after_a_failure_it_plays_on(play):
    said = play("second", "", "first")
    assert [name for name in names(said) if name in {"run", "error"}] == ["error", "run", "error"]
    assert next(message["run"]["id"] for message in said if "run" in message) == "bare-p02-base"


def test_a_scenario_that_is_not_there(tmp_path):
    given = setup.Setup("host", reference_node("2024-10"), Folders(tmp_path, tmp_path))
    told = {"scenario": "bare", "params": {}, "runs": 1, "side": "head", "number": 1}
    script = Script({"setup": setup.to_document(given)}, {"play": told})
    with Interrupts() as interrupts, pytest.raises(UsageError, match="no scenario 'bare'"):
        serve(script, [].append, interrupts)


def test_what_many_threads_say_is_whole(line):
    ours, theirs = line
    speech = Speech(theirs.fileno())
    found = []

    def read():
        lines = Lines()
        while len(found) < 80:
            found.extend(lines.feed(os.read(ours.fileno(), 4096)))

    def talk(number):
        for _ in range(20):
            speech({"from": number, "text": "x" * 5000})

    talkers = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    reader = threading.Thread(target=read)
    for thread in (reader, *talkers):
        thread.start()
    for thread in (reader, *talkers):
        thread.join()
    assert sorted(message["from"] for message in found) == sorted([*range(4)] * 20)


def test_who_is_gone_hears_nothing(line):
    ours, theirs = line
    ours.close()
    Speech(theirs.fileno())({"alive": True})  # and nothing is raised


def test_a_ping_is_answered_whatever_the_main_thread_does(line):
    ours, theirs = line
    ended = threading.Event()
    heard = _ear(theirs, ended.set)
    ours.sendall(b'{"ping": true}\n{"go": 0')
    assert json.loads(ours.recv(1000)) == {"alive": True}
    assert heard.empty()
    ours.sendall(b"}\n")
    assert heard.get(timeout=10) == {"go": 0}
    ours.close()
    assert ended.wait(10), "it still reads what is about to be closed"


def test_the_end_is_told(line):
    ours, theirs = line
    ended = threading.Event()
    _ear(theirs, ended.set)
    assert not ended.is_set()
    ours.close()
    assert ended.wait(10)


@contextmanager
def broken_off():
    """A block of the main thread that another thread breaks off, again and again once the yielded event is set."""
    ready, over, main = threading.Event(), threading.Event(), threading.get_ident()
    breaker = threading.Thread(target=lambda: ready.wait() and break_off(main, over, 0.2), daemon=True)
    try:
        with Interrupts():
            breaker.start()
            yield ready
    finally:  # outside: there a signal would break off this, too
        over.set()
        ready.set()
        breaker.join()


def test_whatever_is_done_is_broken_off():
    with pytest.raises(Interrupted), broken_off() as ready:
        ready.set()
        time.sleep(30)


def test_it_is_broken_off_again_where_the_first_time_was_lost():
    lost = []
    with pytest.raises(Interrupted), broken_off() as ready:
        try:
            ready.set()
            time.sleep(30)
        except Interrupted:  # as a scenario may do it, or Python in a finalizer
            lost.append(True)
            time.sleep(30)
    assert lost


def test_who_is_over_is_left_alone():
    over = threading.Event()
    over.set()
    break_off(threading.get_ident(), over)  # or this very test would be broken off


def _ear(theirs, on_end) -> SimpleQueue:
    ear = Ear(theirs.fileno(), Speech(theirs.fileno()), on_end)
    ear.start()
    return ear.heard


def test_of_operations_only_some_are_told(monkeypatch):
    said = []
    now_ns = [10**12]
    monkeypatch.setattr("tcperf.clock.monotonic_ns", lambda: now_ns[0])
    teller = Teller(said.append)
    for count in range(100):
        teller(events.OperationDone(count))
        now_ns[0] += 100_000_000
    counts = [message["event"][1]["count"] for message in said]
    assert counts == list(range(0, 100, 5))


def test_everything_else_is_told():
    said = []
    teller = Teller(said.append)
    for phase in ("one", "two"):
        teller(events.PhaseStarted("bare", phase))
        teller(events.PhaseEnded("bare", phase, 1.0))
    teller(events.ScenarioEnded("bare"))
    assert names(said) == ["PhaseStarted", "PhaseEnded"] * 2
    assert attrs.asdict(events.PhaseStarted("bare", "one")) == said[0]["event"][1]

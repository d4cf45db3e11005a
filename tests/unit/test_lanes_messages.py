"""What coordinator and workers tell each other arrives as it was meant."""

import json
import os
import socket
import threading
from pathlib import Path

import attrs
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf import errors, events
from tcperf.lanes import messages, setup
from tcperf.lanes.messages import Lines
from tcperf.link import Link
from tcperf.nodes.factory import StatusBackend, reference_node
from tcperf.nodes.timeouts import Timeouts
from tcperf.plan import Assignment, Plan
from tcperf.probes.run_traffic import Keep
from tcperf.registry import discover
from tcperf.results import run_document, run_of
from tcperf.runner import Folders

EVENTS = [
    events.RunStarted("one_to_one", 3, "pair 2, head", 1, "head"),
    events.PhaseStarted("one_to_one", "messages"),
    events.OperationDone(7),
    events.PhaseEnded("one_to_one", "messages", 12.25),
    events.RunEnded("one_to_one", 3, 15.5),
]


def across(message):
    """The message as it is on the other side."""
    return json.loads(json.dumps(message))


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "odd.py").write_text(
        '"""A scenario of every kind of parameter."""\n'
        "from attrs import frozen\n"
        "from tcperf.scenario import Phase, param\n"
        'PHASES = (Phase("all", publish=True),)\n'
        "@frozen\n"
        "class Params:\n"
        '    count: int = param(1, help="a")\n'
        '    share: float = param(0.5, help="b")\n'
        '    word: str = param("x", help="c")\n'
        '    fast: bool = param(False, help="d")\n'
        "def run(stage, params):\n"
        "    pass\n"
    )
    return discover((tmp_path,))


def test_an_assignment(registry):
    odd = registry.get("odd")
    params = odd.params_type(count=10**12, share=0.1, word='ß "#\n', fast=True)
    given = Assignment(Plan(odd, params, 3), "base", 7, pair=2, attempt=2, lane=1, discarded_because=None)
    found = messages.assignment_of(across(messages.assignment_document(given)), registry)
    assert found == given
    assert found.run_id == given.run_id
    assert type(found.plan.params.share) is float


def test_a_warm_up(registry):
    odd = registry.get("odd")
    given = Assignment(Plan(odd, odd.params_type(), 1), "head", 1, discarded_because="warm-up")
    assert messages.assignment_of(across(messages.assignment_document(given)), registry) == given


def test_an_assignment_for_a_scenario_that_is_not_there(registry):
    odd = registry.get("odd")
    told = messages.assignment_document(Assignment(Plan(odd, odd.params_type(), 1), "head", 1))
    with pytest.raises(errors.UsageError, match="no scenario 'odd'"):
        messages.assignment_of(across(told), discover(()))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events(event):
    assert messages.event_of(across(messages.event_message(event))["event"]) == event


def test_a_whole_scenario_is_nobodys_lane():
    assert messages.event_message(events.ScenarioEnded("one_to_one")) is None
    assert messages.event_message(events.ScenarioFailed("one_to_one", errors.NodeError("x"))) is None


@pytest.mark.parametrize("kind", [errors.NodeError, errors.MachineError, errors.ScenarioError])
def test_errors_keep_their_kind(kind):
    error = kind("alice died", cure="look", details=("one", "two"))
    found = messages.error_of(across(messages.error_document(error)))
    assert type(found) is kind
    assert (found.message, found.cure, found.details) == ("alice died", "look", ("one", "two"))


def test_an_error_of_a_kind_of_its_own_is_no_runs_fault():
    class OwnError(errors.TcperfError):
        pass

    found = messages.error_of(across(messages.error_document(OwnError("odd"))))
    assert type(found) is errors.TcperfError
    assert found.cure is None


@pytest.mark.parametrize("info", [samples.ONE_TO_ONE, samples.COLD_START])
def test_runs(info):
    run = samples.run(info, 2, pair=4, lane=1, discarded_because="why", warnings=("a", "ß"))
    assert run_of(across(run_document(run))) == run


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none()), max_size=5), st.data())
def test_lines_cut_anyhow_are_the_same_messages(sent, data):
    text = b"".join(json.dumps(message).encode() + b"\n" for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    lines = Lines()
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert [message for piece in pieces for message in lines.feed(piece)] == sent


def test_half_a_line_is_no_message():
    lines = Lines()
    assert list(lines.feed(b'{"go": 0.')) == []
    assert list(lines.feed(b"5}")) == []
    assert list(lines.feed(b"\n{}\n{")) == [{"go": 0.5}, {}]


def test_a_message_larger_than_any_buffer_is_sent_whole():
    ours, theirs = socket.socketpair()
    found = []

    def read():
        lines = Lines()
        while chunk := os.read(theirs.fileno(), 1 << 16):
            found.extend(lines.feed(chunk))

    with ours, theirs:
        reader = threading.Thread(target=read)
        reader.start()
        messages.send(ours.fileno(), {"run": "x" * 3_000_000})
        ours.close()
        reader.join()
    assert len(found[0]["run"]) == 3_000_000


def test_nobody_reads():
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        with pytest.raises(ConnectionError):
            messages.send(ours.fileno(), {})


def test_what_is_no_number_is_not_sent():
    with pytest.raises(ValueError, match="JSON"):
        messages.send(-1, {"go": float("nan")})


def a_setup(**changes):
    given = setup.Setup(
        mode="private",
        factory=StatusBackend(("/bin/head", "-v"), env={"GOPPROF": "http"}, timeouts=Timeouts(call_s=3.0)),
        folders=Folders(Path("/out/series"), Path("/out/logs")),
        base=reference_node("2024-10"),
        link=Link(delay_ms=20.0, loss_ratio=0.01),
        keep=Keep(Path("/out/captures"), full=True),
        scenarios=(Path("/somewhere/scenarios"),),
    )
    return attrs.evolve(given, **changes)


@pytest.mark.parametrize("changes", [{}, {"base": None, "link": None, "keep": Keep(), "scenarios": ()}])
def test_a_setup(changes):
    given = a_setup(**changes)
    assert setup.from_document(across(setup.to_document(given))) == given


def test_a_factory_that_cannot_be_sent():
    with pytest.raises(errors.TcperfError, match="cannot be told to another process") as caught:
        setup.to_document(a_setup(factory=lambda _place: None))
    assert "--lanes 1" in caught.value.cure


def test_what_a_node_cannot_play_is_the_same_behind_a_lane():
    error = errors.NotSupportedError("not supported by this node: trial needs private groups")
    assert type(messages.error_of(messages.error_document(error))) is errors.NotSupportedError

"""The driver of statusd against a small one that behaves, and one that does one thing badly."""

import signal
import sys
import threading
from pathlib import Path

import pytest
from attrs import evolve
from fake_host import make_place

from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError, ScenarioError
from tcperf.gofigures import GoFigures
from tcperf.nodes.factory import Statusd
from tcperf.nodes.flavour import FLAVOURS, WAKU, WHISPER
from tcperf.nodes.timeouts import Timeouts

pytestmark = [pytest.mark.integration, pytest.mark.long]

PROGRAM = Path(__file__).parent.parent / "support" / "fake_statusd.py"
#: What has to come comes on a busy machine, too; a test that waits for nothing says for itself for how long.
PATIENT = Timeouts(terminate_s=20, poll_s=0.01)
SHORT = evolve(PATIENT, mesh_s=0.3, delivery_s=0.3)


@pytest.fixture
def make_node(tmp_path):
    """Makes nodes that are ended after the test."""
    made = []

    def make(name="alice", behave="well", *, flavour=WAKU, knows="waku,shh", timeouts=PATIENT, **place):
        command = (sys.executable, str(PROGRAM), "--behave", behave, "--knows", knows)
        made.append(
            Statusd(command, flavour, "0.99.1", timeouts=timeouts)(make_place(tmp_path, name, **place))
        )
        return made[-1]

    yield make
    for node in made:
        node.stop(graceful=False)


@pytest.fixture
def ready(make_node):
    """Makes nodes with accounts."""

    def start(name="alice", behave="well", **options):
        node = make_node(name, behave, **options)
        node.start()
        node.create_account()
        return node

    return start


@pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.namespace)
def test_a_whole_life(make_node, flavour):
    launched, ended = [], threading.Event()
    alice = make_node(flavour=flavour, on_launch=launched.append, on_end=ended.set)
    bob = make_node("bob", flavour=flavour)
    for node in (alice, bob):
        node.start()
        node.create_account()
    assert launched == [alice.pid]
    assert alice.generation == f"statusd 0.99.1 ({flavour.namespace}_*)"
    assert alice.capabilities == {Capability.RELAY}
    assert alice.public_key != bob.public_key
    assert len(bytes.fromhex(alice.public_key.removeprefix("0x04"))) == 64
    alice.connect(bob)
    for sender, receiver, text in ((alice, bob, "hello 1"), (bob, alice, "hello 2, ë €")):
        cursor = receiver.cursor()
        sent = sender.send(receiver, text)
        arrived = receiver.await_message(text, sender.public_key, cursor)
        assert sent.sent_ns < arrived.at_ns
        assert sent.call_ns > 0
    alice.check()
    bob.ask_to_stop()
    assert alice.stop().status == bob.stop().status == 0  # by SIGINT
    assert alice.stop().status == 0  # again
    assert ended.wait(20)
    assert alice.warnings == ()


def test_messages_cross_nodes_in_between_and_nobody_else_shows_them(ready):
    alice, bob, carol = (ready(name) for name in ("alice", "bob", "carol"))
    alice.connect(bob)
    bob.connect(carol)
    begin, between = carol.cursor(), bob.cursor()
    assert alice.peer_ids() == carol.peer_ids() == {bob.peer_id()}
    assert bob.peer_ids() == {alice.peer_id(), carol.peer_id()}
    alice.send(carol, "over the hill")
    carol.await_message("over the hill", alice.public_key, begin)
    assert carol.seek_message("over the hill", alice.public_key, begin, Deadline.after(20)) is not None
    assert carol.seek_message("never sent", alice.public_key, begin, Deadline.after(0)) is None
    assert carol.reports(begin) == [("over the hill", alice.public_key)]
    assert bob.cursor() == between


def test_the_two_listen_where_others_can_dial_them_and_the_control_is_on_the_loopback(ready):
    alice = ready(address="127.0.0.2")
    assert alice.address().address == "127.0.0.2"
    assert alice.address().port != alice.control_port
    assert alice.address().url.startswith("enode://")


def test_go_figures_and_profiles_come_from_the_debug_module(ready):
    alice = ready()
    assert alice.go_figures() == GoFigures("debug_memStats", 5_000_000, 9_000_000, 70_000, 3, 0.01, None)
    assert alice.profile("heap", 0).startswith(b"\x1f\x8b")
    assert alice.profile("cpu", 0).startswith(b"\x1f\x8b")


def test_what_the_debug_module_lacks_is_not_asked_for_again(ready):
    alice = ready(behave="no-debug")
    assert alice.go_figures() is alice.go_figures() is None
    assert alice.profile("heap", 0) is None


def test_what_it_cannot_is_said_and_never_faked(ready):
    alice = ready()
    for doing, need in (
        (alice.login, "accounts"),
        (alice.logout, "accounts"),
        (lambda: alice.await_delivery("0x12", 0), "acknowledgements"),
        (lambda: alice.has_expired("0x12"), "acknowledgements"),
        (lambda: alice.restart(None), "restart"),
        (lambda: alice.befriend(alice), "groups"),
        (lambda: alice.create_group("friends", [alice]), "groups"),
        (lambda: alice.await_group("0x12", 0), "groups"),
        (lambda: alice.send_to_group("0x12", "hello"), "groups"),
    ):
        with pytest.raises(
            ScenarioError, match=r"alice is statusd 0\.99\.1 \(waku_\*\): there is no way"
        ) as caught:
            doing()
        assert caught.value.cure == f'the scenario declares NEEDS = ("{need}",)'


def test_what_a_scenario_does_wrong(ready, make_node):
    alice = ready()
    with pytest.raises(ScenarioError, match="has an account already"):
        alice.create_account()
    with pytest.raises(ScenarioError, match="was started before"):
        alice.start()
    bob = make_node("bob", flavour=WHISPER)
    with pytest.raises(NodeError, match="bob was never started"):
        _ = bob.pid
    with pytest.raises(NodeError, match="bob was never ready"):
        bob.create_account()
    bob.start()
    with pytest.raises(ScenarioError, match="bob has no account yet"):
        _ = bob.public_key
    with pytest.raises(ScenarioError, match="alice cannot dial bob: that is a node of another kind"):
        alice.dial(bob)


def test_a_program_that_lacks_the_protocol_that_it_was_told_to_speak(make_node):
    with pytest.raises(NodeError, match=r"alice offers no waku_\* methods, only .*admin"):
        make_node(knows="shh").start()


def test_one_that_never_takes_calls(make_node):
    with pytest.raises(
        NodeError, match=r"not ready within 1 s: it never printed 'HTTP endpoint opened'"
    ) as caught:
        make_node(behave="never-ready", timeouts=Timeouts(ready_s=1)).start()
    assert caught.value.cure == f"is {sys.executable} a statusd program?"


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        ("no-ipc", "alice has no IPC socket that takes calls at waku_subscribe"),
        ("nonsense:newKeyPair", "made a key pair without an id"),
        ("nonsense:getPublicKey", "without a public key"),
        ("nonsense:subscribe", "answered waku_subscribe over its IPC socket with"),
        ("die:newKeyPair", "alice was killed by SIGKILL without answering waku_newKeyPair"),
        ("die:subscribe", "alice was killed by SIGKILL at waku_subscribe"),
    ],
)
def test_an_account_that_cannot_be_made(make_node, behave, words):
    node = make_node(behave=behave)
    node.start()
    with pytest.raises(NodeError, match=words):
        node.create_account()


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        ("deaf", r"alice had no connection to bob within 0\.3 s"),
        ("nonsense:nodeInfo", "answered admin_nodeInfo without an enode with a port"),
        ("nonsense:peers", r"alice had no connection to bob within 0\.3 s"),
        ("die:peers", "alice was killed by SIGKILL"),
    ],
)
def test_a_peer_that_is_not_there(ready, behave, words):
    alice, bob = ready(behave=behave, timeouts=SHORT), ready("bob")
    with pytest.raises(NodeError, match=words) as caught:
        alice.dial(bob)
    assert any("endpoint opened" in line for line in caught.value.details)


def test_a_peer_that_does_not_speak_the_protocol_is_dialled_and_not_connected(ready):
    alice, bob = ready(behave="mute"), ready("bob")
    alice.dial(bob)
    alice._timeouts = SHORT
    with pytest.raises(NodeError, match=r"alice spoke no Waku v1 with bob within 0\.3 s"):
        alice.connect(bob)


@pytest.mark.parametrize(
    ("behave", "timeouts", "words"),
    [
        ("forgetful", SHORT, r"bob did not report the message 'hello' from 0x04.*… within 0\.3 s"),
        ("push-nonsense", PATIENT, "bob sent nonsense on its IPC socket"),
    ],
)
def test_a_message_that_is_not_reported(ready, behave, timeouts, words):
    alice, bob = ready(), ready("bob", behave, timeouts=timeouts)
    alice.connect(bob)
    cursor = bob.cursor()
    alice.send(bob, "hello")
    with pytest.raises(NodeError, match=words):
        bob.await_message("hello", alice.public_key, cursor)


def test_a_post_that_is_answered_with_nonsense(ready):
    alice = ready(behave="nonsense:post")
    with pytest.raises(NodeError, match="answered waku_post without the envelope's hash"):
        alice.send(alice, "hello")


def test_one_that_dies_is_noticed_by_whoever_waits(ready):
    alice = ready()
    cursor = alice.cursor()
    alice._life.process._child.signal(signal.SIGKILL)
    with pytest.raises(NodeError, match="alice was killed by SIGKILL before it did report the message"):
        alice.await_message("hello", alice.public_key, cursor)
    with pytest.raises(NodeError, match="alice was killed by SIGKILL in the middle of the run"):
        alice.check()
    with pytest.raises(NodeError, match="in the middle of the run"):
        alice.stop()


def test_a_configuration_that_cannot_be_written(make_node, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(
        MachineError, match=r"alice's configuration .* cannot be written: No space left"
    ) as caught:
        make_node().start()
    assert "TMPDIR" in caught.value.cure

"""The driver against nodes that do not do their part, each in one way."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve
from fake_host import make_place

from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError, ScenarioError
from tcperf.gofigures import GoFigures
from tcperf.nodes.factory import StatusBackend
from tcperf.nodes.http_client import UnsupportedMethodError
from tcperf.nodes.rpc_client import RefusedError, RpcError
from tcperf.nodes.timeouts import Timeouts

pytestmark = [pytest.mark.integration, pytest.mark.long]

PROGRAM = Path(__file__).parent.parent / "support" / "hostile_node.py"
KEY = "0x04" + "ab" * 64
#: What has to come comes on a busy machine, too; a test that waits for nothing says for itself for how long.
PATIENT = Timeouts(logout_s=20, terminate_s=20, poll_s=0.01)


@pytest.fixture
def make_node(tmp_path):
    """Makes nodes that are ended after the test."""
    made = []

    def make(behave="well", *, timeouts=PATIENT, **place):
        factory = StatusBackend((sys.executable, str(PROGRAM), "--behave", behave), timeouts=timeouts)
        made.append(factory(make_place(tmp_path, **place)))
        return made[-1]

    yield make
    for node in made:
        node.stop(graceful=False)


@pytest.fixture
def started(make_node):
    def start(behave="well", **options):
        node = make_node(behave, **options)
        node.start()
        return node

    return start


@pytest.fixture
def logged_in(started):
    def log_in(behave="well", **options):
        node = started(behave, **options)
        node.create_account()
        return node

    return log_in


def send_to_itself(node, text="hello 1"):
    cursor = node.cursor()
    return cursor, node.send(node, text)


class TestWell:
    def test_a_whole_life(self, make_node):
        launched, ended = [], threading.Event()
        node = make_node(on_launch=launched.append, on_end=ended.set)
        node.start()
        assert launched == [node.pid]
        assert node.generation == "status-backend (InitializeApplication)"
        node.create_account()
        assert node.public_key == KEY
        node.connect(node)
        cursor, sent = send_to_itself(node)
        arrived = node.await_message("hello 1", KEY, cursor)
        assert node.await_delivery(sent.id, cursor).type == "message.delivered"
        assert sent.sent_ns < arrived.at_ns
        assert sent.call_ns > 0
        node.check()
        node.logout()
        node.login()
        assert node.stop().status == -signal.SIGTERM
        assert ended.wait(20)
        assert node.warnings == ()

    def test_noise_is_counted_and_not_kept(self, logged_in):
        node = logged_in()
        assert node._control.signals.dropped["wallet"] == 1
        assert node.cursor() == 1

    def test_a_repeated_acknowledgement_is_dropped(self, logged_in):
        node = logged_in()
        cursor, sent = send_to_itself(node)
        first = node.cursor
        node.await_message("hello 1", KEY, cursor)
        node.await_delivery(sent.id, cursor)
        behind = first()
        node._timeouts = evolve(PATIENT, delivery_s=0.2)
        with pytest.raises(NodeError, match="did not report the delivery"):
            node.await_delivery(sent.id, behind)
        assert node._control.signals.dropped["message.delivered"] == 2

    def test_its_environment_holds_no_secret(self, started, monkeypatch, tmp_path):
        monkeypatch.setenv("SECRET_TOKEN", "hunter2")
        node = started()
        environment = Path(f"/proc/{node.pid}/environ").read_bytes().split(b"\0")
        names = {entry.split(b"=")[0] for entry in environment if entry}
        assert names <= {b"PATH", b"HOME", b"TMPDIR", b"LANG", b"LC_CTYPE"}
        assert f"HOME={tmp_path / 'alice'}".encode() in environment

    def test_its_launch_has_its_cost(self, started):
        node = started()
        node._life.process._child = CostlyChild(node._life.process._child, 1_234_567)
        assert node.launch_cpu_ns == 1_234_567

    def test_stop_is_repeatable(self, started):
        node = started()
        assert node.stop() == node.stop()

    def test_stopped_before_the_start(self, make_node):
        assert make_node().stop() is None


class TestGeneration:
    def test_without_initialize_application_the_bare_path_is_sent(self, logged_in):
        assert logged_in("unknown:InitializeApplication").generation == "status-backend (OpenAccounts)"

    def test_without_the_mesh_peers_count(self, logged_in):
        node = logged_in("rpc-unknown:relayPeersByTopic")
        node.connect(node)

    def test_a_messenger_that_runs_already(self, logged_in):
        assert logged_in("messenger-runs").public_key == KEY

    def test_one_that_ignores_sigterm_is_killed(self, started):
        node = started("ignore-sigterm", timeouts=evolve(PATIENT, terminate_s=0.3))
        assert node.stop().status == -signal.SIGKILL

    def test_one_that_hangs_in_logout_is_ended(self, logged_in):
        node = logged_in("hang:Logout", timeouts=evolve(PATIENT, logout_s=0.3))
        assert node.stop().status == -signal.SIGTERM

    def test_without_grace_it_is_killed_at_once(self, logged_in):
        assert logged_in("hang:Logout").stop(graceful=False).status == -signal.SIGKILL


class TestStart:
    @pytest.mark.parametrize(
        ("behave", "said"),
        [
            ("refuse-signals", "alice refused its signal stream.*403"),
            ("refuse:InitializeApplication", "alice refused InitializeApplication: 'Init.* not for you'"),
            ("nonsense:InitializeApplication", "alice answered nonsense to InitializeApplication: '<html>"),
            ("broken:InitializeApplication", "alice answered InitializeApplication with HTTP status 500"),
            ("close:InitializeApplication", "alice closed the connection without answering Init"),
            ("die:InitializeApplication", "alice was killed by SIGKILL without answering Init"),
        ],
    )
    def test_failure(self, make_node, behave, said):
        with pytest.raises(NodeError, match=said) as caught:
            make_node(behave).start()
        assert "server started" in "\n".join(caught.value.details)
        assert "alice.log" in str(caught.value.cure)

    def test_twice(self, started):
        with pytest.raises(ScenarioError, match="alice was started before"):
            started().start()

    def test_no_folder_can_be_made(self, make_node, tmp_path):
        (tmp_path / "alice").touch()
        with pytest.raises(MachineError, match=r"alice's data folder .* cannot be made: Not a directory"):
            make_node().start()


class TestAccount:
    @pytest.mark.parametrize(
        ("behave", "kind", "said"),
        [
            ("refuse:CreateAccountAndLogin", RefusedError, "refused CreateAccountAndLogin"),
            ("unsupported:CreateAccountAndLogin", UnsupportedMethodError, "501"),
            ("login-error", NodeError, "failed to do CreateAccountAndLogin: 'failed to open database'"),
            ("login-without-keys", NodeError, "logged in without keys"),
            ("signal-nonsense", NodeError, "sent nonsense on its signal stream .'a signal, they said'"),
            ("close-signals", NodeError, "closed its signal stream before it did answer Create"),
            ("die-before-login", NodeError, "was killed by SIGKILL"),
            ("rpc-error:startMessenger", RpcError, "error -32000 to wakuext_startMessenger: 'not today'"),
        ],
    )
    def test_failure(self, started, behave, kind, said):
        node = started(behave)
        with pytest.raises(kind, match=said):
            node.create_account()

    def test_no_signal_ever(self, started):
        node = started("login-silent", timeouts=evolve(PATIENT, account_s=1.0))
        with pytest.raises(NodeError, match=r"alice did not answer CreateAccountAndLogin .* within 1 s"):
            node.create_account()

    def test_only_one_account(self, logged_in):
        with pytest.raises(ScenarioError, match="has an account already"):
            logged_in().create_account()

    def test_login_needs_an_account(self, started):
        with pytest.raises(ScenarioError, match="has no account yet"):
            started().login()

    def test_login_twice(self, logged_in):
        with pytest.raises(ScenarioError, match="logged in already"):
            logged_in().login()


class TestEnd:
    """Many nodes are asked first, then waited for."""

    def test_they_ignore_sigterm_side_by_side(self, make_node):
        nodes = [
            make_node("ignore-sigterm", name=name, timeouts=evolve(PATIENT, terminate_s=3))
            for name in ("alice", "bob", "carol")
        ]
        for node in nodes:
            node.start()
        began = time.monotonic()
        for node in nodes:
            node.ask_to_stop()
        assert time.monotonic() - began < 3  # nothing is waited for
        assert [node.stop().status for node in nodes] == [-signal.SIGKILL] * 3
        assert 3 <= time.monotonic() - began < 6  # one after another it would be 9

    def test_nothing_is_done_twice(self, logged_in, tmp_path):
        node = logged_in("tell-sigterm", timeouts=evolve(PATIENT, terminate_s=0.3))
        logouts = counted(node, "logout")
        for _ in range(3):
            node.ask_to_stop()
        deadline = Deadline.after(20)
        while "SIGTERM came" not in (tmp_path / "alice.log").read_text():
            assert not deadline.expired
            time.sleep(0.01)
        assert node.stop().status == -signal.SIGKILL
        assert (tmp_path / "alice.log").read_text().count("SIGTERM came") == 1
        assert len(logouts) == 1
        node.ask_to_stop()
        assert len(logouts) == 1

    def test_a_logout_that_hung_is_not_tried_again(self, logged_in):
        node = logged_in("hang:Logout", timeouts=evolve(PATIENT, logout_s=0.3))
        logouts = counted(node, "logout")
        node.ask_to_stop()
        assert node.stop().status == -signal.SIGTERM
        assert len(logouts) == 1

    def test_patience_may_end(self, logged_in):
        node = logged_in("ignore-sigterm", timeouts=evolve(PATIENT, terminate_s=60))
        node.ask_to_stop()
        assert node.stop(graceful=False).status == -signal.SIGKILL

    @pytest.mark.parametrize("graceful", [True, False])
    def test_asked_without_grace(self, logged_in, graceful):
        node = logged_in()
        logouts = counted(node, "logout")
        node.ask_to_stop(graceful=False)
        assert node.stop(graceful=graceful).status == -signal.SIGKILL
        assert logouts == []

    def test_before_the_start(self, make_node):
        node = make_node()
        node.ask_to_stop()
        assert node.stop() is None


def counted(thing, method):
    """A list that grows with each call of a method, which works as before."""
    calls, real = [], getattr(thing, method)
    setattr(thing, method, lambda *given: (calls.append(given), real(*given))[1])
    return calls


class CostlyChild:
    """A child whose launch had a cost."""

    def __init__(self, child, launch_cpu_ns):
        self._child = child
        self.launch_cpu_ns = launch_cpu_ns

    def __getattr__(self, name):
        return getattr(self._child, name)


def called(node):
    """The RPC methods that were called until now, in their order."""
    return node._rpc("wakuext_called", [])[:-1]


class TestDial:
    def test_each_is_asked_once_for_its_peers_and_never_for_the_mesh(self, logged_in):
        node = logged_in()
        before = len(called(node)) + 1
        node.dial(node)
        asked = ["listenAddresses", "listenAddresses", "dialPeer", "peers", "peers"]
        assert called(node)[before:] == asked

    def test_they_are_asked_again_only_until_they_list_each_other(self, logged_in):
        node = logged_in("slow-peers")
        node.dial(node)
        assert Counter(called(node))["peers"] == 3 + 1 + 1
        assert "relayPeersByTopic" not in called(node)

    def test_the_mesh_does_not_matter(self, logged_in):
        node = logged_in("no-mesh")
        node.dial(node)

    @pytest.mark.parametrize("how", ["dial", "connect"])
    def test_they_never_list_each_other(self, logged_in, how):
        node = logged_in("no-peers", timeouts=evolve(PATIENT, mesh_s=0.2))
        with pytest.raises(NodeError, match=r"alice had no connection to alice within 0.2 s"):
            getattr(node, how)(node)

    def test_the_call_fails(self, logged_in):
        node = logged_in("rpc-error:dialPeer")
        with pytest.raises(RpcError, match="not today"):
            node.dial(node)


class TestPeers:
    def test_no_mesh(self, logged_in):
        node = logged_in("no-mesh", timeouts=evolve(PATIENT, mesh_s=0.2))
        with pytest.raises(NodeError, match=r"alice did not have alice in its relay's mesh within 0.2 s"):
            node.connect(node)

    def test_it_dies_while_the_mesh_is_awaited(self, logged_in):
        node = logged_in("no-mesh", timeouts=evolve(PATIENT, mesh_s=30))
        threading.Timer(0.2, os.kill, (node.pid, signal.SIGKILL)).start()
        with pytest.raises(NodeError, match="alice was killed by SIGKILL"):
            node.connect(node)

    def test_no_address(self, logged_in):
        node = logged_in("rpc-null:listenAddresses")
        with pytest.raises(NodeError, match=r"does not listen on 127.0.0.1 over TCP, but on None"):
            node.connect(node)

    def test_mesh_fails(self, logged_in):
        node = logged_in("rpc-error:relayPeersByTopic")
        with pytest.raises(RpcError, match="not today"):
            node.connect(node)

    def test_a_stranger_cannot_be_dialled(self, logged_in):
        class Stranger:
            name = "mallory"

        with pytest.raises(ScenarioError, match="alice cannot dial mallory"):
            logged_in().connect(Stranger())
        with pytest.raises(ScenarioError, match="bob cannot dial mallory"):
            logged_in(name="bob").dial(Stranger())


class TestMessages:
    def test_a_send_without_a_message(self, logged_in):
        with pytest.raises(NodeError, match="answered wakuext_sendOneToOneMessage without the message: None"):
            send_to_itself(logged_in("rpc-null:sendOneToOneMessage"))

    @pytest.mark.parametrize("behave", ["wrong-sender", "wrong-text", "no-delivery"])
    def test_what_is_not_the_message_does_not_count(self, logged_in, behave):
        node = logged_in(behave, timeouts=evolve(PATIENT, delivery_s=0.2))
        cursor, _sent = send_to_itself(node)
        with pytest.raises(NodeError, match="alice did not report the message 'hello 1' from 0x04abab"):
            node.await_message("hello 1", KEY, cursor)

    def test_an_expired_envelope_is_told(self, logged_in):
        node = logged_in("expired")
        cursor, sent = send_to_itself(node)
        node._await(lambda signal: signal.type == "envelope.expired", cursor, "tell that it expired")
        node._timeouts = evolve(PATIENT, delivery_s=0.2)
        with pytest.raises(NodeError, match=r"within 0.2 s; .* reached no peer") as caught:
            node.await_delivery(sent.id, cursor)
        assert caught.value.details

    def test_death_in_the_call(self, logged_in):
        node = logged_in("die:sendOneToOneMessage")
        with pytest.raises(NodeError, match="killed by SIGKILL without answering wakuext_send") as caught:
            send_to_itself(node)
        assert caught.value.details[-1] == "panic: assignment to entry in nil map"
        with pytest.raises(NodeError, match="alice was killed by SIGKILL in the middle of the run"):
            node.check()

    def test_death_ends_the_wait_at_once(self, logged_in):
        node = logged_in("die-after-send", timeouts=evolve(PATIENT, delivery_s=60))
        cursor, _sent = send_to_itself(node)
        began = time.monotonic()
        with pytest.raises(NodeError, match="alice was killed by SIGKILL before it did report the message"):
            node.await_message("hello 1", KEY, cursor)
        assert time.monotonic() - began < 10

    def test_an_old_message_is_not_found_again(self, logged_in):
        node = logged_in()
        cursor, sent = send_to_itself(node)
        node.await_message("hello 1", KEY, cursor)
        node.await_delivery(sent.id, cursor)
        node._timeouts = evolve(PATIENT, delivery_s=0.2)
        with pytest.raises(NodeError, match="did not report the message"):
            node.await_message("hello 1", KEY, node.cursor())


class TestGoFigures:
    @pytest.mark.parametrize("behave", ["vars", "vars-beside"])
    def test_offered(self, started, behave):
        node = started(behave)
        assert [node.go_figures(), node.go_figures()] == [GoFigures("expvar", collections=3)] * 2

    @pytest.mark.parametrize("behave", ["well", "vars-list"])
    def test_not_offered_and_not_asked_again(self, started, behave):
        node = started(behave)
        assert node.go_figures() is None
        node._ready.api.close()
        node._life.process._child.signal(signal.SIGKILL)
        node._life.process._child.wait(20)
        assert node.go_figures() is None

    def test_a_node_that_dies_is_no_node_without_figures(self, started):
        with pytest.raises(NodeError, match="alice was killed by SIGKILL without answering GET /debug/vars"):
            started("vars-die").go_figures()


def test_nothing_works_before_the_start(make_node):
    node = make_node()
    for call in (node.create_account, node.cursor, node.check, node.logout):
        with pytest.raises(NodeError, match=r"never (started|ready)"):
            call()
    assert node.generation == "unknown"
    assert node.warnings == ()

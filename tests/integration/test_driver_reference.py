"""The driver against the bundled reference node, answering as each of the three generations."""

import os
import signal
import time

import pytest
from attrs import evolve
from fake_host import make_place

from tcperf.errors import NodeError
from tcperf.nodes.factory import reference_node
from tcperf.nodes.timeouts import Timeouts

pytestmark = pytest.mark.integration

GENERATIONS = {
    "v0.181": "status-backend (OpenAccounts)",
    "2024-09": "status-backend (InitializeApplication)",
    "2024-10": "status-backend (InitializeApplication)",
}
TIMEOUTS = Timeouts(mesh_s=20, delivery_s=20, terminate_s=0.5)


def measuring_coverage():
    """What coverage tells to the processes that a test starts."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS")}


@pytest.fixture
def make_nodes(tmp_path):
    made = []

    def make(api, *names):
        factory = reference_node(api, timeouts=TIMEOUTS)
        factory = evolve(factory, env={**factory.env, **measuring_coverage()})
        nodes = [factory(make_place(tmp_path, name)) for name in names]
        made.extend(nodes)
        for node in nodes:
            node.start()
        for node in nodes:
            node.create_account()
        return nodes

    yield make
    for node in made:
        node.stop(graceful=False)


def deliver(sender, receiver, text):
    """Send and wait for both ends, as the stage does; the message and its arrival."""
    arrivals, answers = receiver.cursor(), sender.cursor()
    sent = sender.send(receiver, text)
    arrived = receiver.await_message(text, sender.public_key, arrivals)
    sender.await_delivery(sent.id, answers)
    return sent, arrived


@pytest.mark.parametrize("api", GENERATIONS)
class TestGenerations:
    def test_messages_both_ways_and_again_after_a_new_login(self, make_nodes, api):
        alice, bob = make_nodes(api, "alice", "bob")
        assert alice.generation == GENERATIONS[api]
        assert alice.public_key != bob.public_key
        alice.connect(bob)
        ids = set()
        for number in range(6):
            sender, receiver = (alice, bob) if number % 2 else (bob, alice)
            sent, arrived = deliver(sender, receiver, f"message {number:06d}")
            assert sent.sent_ns < arrived.at_ns
            ids.add(sent.id)
        assert len(ids) == 6
        key = bob.public_key
        bob.logout()
        bob.login()
        assert bob.public_key == key
        alice.connect(bob)
        deliver(alice, bob, "message after the new login")
        for node in (alice, bob):
            node.check()

    def test_a_group(self, make_nodes, api):
        alice, bob, carol = make_nodes(api, "alice", "bob", "carol")
        assert {"groups", "relay"} <= alice.capabilities
        alice.connect(bob)
        alice.connect(carol)
        assert alice.peer_ids() == {bob.peer_id(), carol.peer_id()}
        assert bob.peer_ids() == {alice.peer_id()}
        with pytest.raises(NodeError, match="who are not mutual contacts"):
            alice.create_group("friends", [bob, carol])
        for other in (bob, carol):
            alice.befriend(other)
        cursors = [node.cursor() for node in (bob, carol)]
        group = alice.create_group("friends", [bob, carol])
        for other, cursor in zip((bob, carol), cursors, strict=True):
            other.await_group(group, cursor)
        arrivals, answers = alice.cursor(), carol.cursor()
        sent = carol.send_to_group(group, "from carol")
        assert alice.await_message("from carol", carol.public_key, arrivals).at_ns > sent.sent_ns
        bob.await_message("from carol", carol.public_key, cursors[0])
        carol.await_delivery(sent.id, answers)
        assert alice.reports(arrivals) == [("from carol", carol.public_key)]

    def test_stop(self, make_nodes, api):
        (alice,) = make_nodes(api, "alice")
        ended = alice.stop()
        assert ended.status in {0, -signal.SIGTERM, -signal.SIGKILL}
        assert ended.user_ms > 0


class TestDeath:
    def test_a_receiver_that_dies_fails_the_wait_at_once(self, make_nodes):
        alice, bob = make_nodes("2024-10", "alice", "bob")
        alice.connect(bob)
        deliver(alice, bob, "message 1")
        cursor = bob.cursor()
        os.kill(bob.pid, signal.SIGKILL)
        began = time.monotonic()
        with pytest.raises(NodeError, match="bob was killed by SIGKILL before it did report the message"):
            bob.await_message("message 2", alice.public_key, cursor)
        assert time.monotonic() - began < TIMEOUTS.delivery_s / 2
        with pytest.raises(NodeError, match="bob was killed by SIGKILL in the middle of the run"):
            bob.check()
        with pytest.raises(NodeError, match="bob was killed by SIGKILL"):
            bob.stop()
        assert bob.stop().status == -signal.SIGKILL

    def test_a_send_to_nobody_is_never_acknowledged(self, make_nodes, tmp_path):
        alice, bob = make_nodes("2024-10", "alice", "bob")
        cursor = alice.cursor()
        sent = alice.send(bob, "nobody hears this")
        alice._timeouts = Timeouts(delivery_s=0.3)
        with pytest.raises(NodeError, match=r"alice did not report the delivery .* within 0\.3 s"):
            alice.await_delivery(sent.id, cursor)


def test_a_first_peer(make_nodes):
    alice, bob = make_nodes("2024-10", "alice", "bob")
    alice.dial(bob)
    for node, other in ((alice, bob), (bob, alice)):
        assert list(node._rpc("wakuext_peers", [])) == [other.address().peer_id]


def test_what_lies_in_its_folder_is_not_imported(make_nodes, tmp_path):
    (tmp_path / "alice").mkdir()
    (tmp_path / "alice" / "json.py").write_text("raise SystemExit('this is not the json you look for')\n")
    (alice,) = make_nodes("2024-10", "alice")
    alice.check()


def test_three_nodes(make_nodes):
    alice, bob, carol = make_nodes("2024-10", "alice", "bob", "carol")
    alice.connect(bob)
    bob.connect(carol)
    deliver(alice, bob, "to bob")
    deliver(bob, carol, "to carol")
    deliver(carol, bob, "back to bob")

"""What the reference node's dial promises: afterwards both sides know whom to send to."""

import asyncio
import time

import pytest

from tcperf.nodes.reference import node as nodes
from tcperf.nodes.reference.keypair import KeyPair
from tcperf.nodes.reference.multiaddr import Multiaddr
from tcperf.nodes.reference.node import Node
from tcperf.nodes.reference.recovery import keys_of, new_phrase
from tcperf.nodes.reference.relay import CHAT_TOPIC, Relay
from tcperf.nodes.reference.store import MessageStore

TIMEOUT_S = 10


class Person(Node):
    """A node with fresh keys and what it signalled."""

    def __init__(self, folder, name):
        self.signals = []
        store = MessageStore(folder / name)
        super().__init__(keys_of(new_phrase()), KeyPair.generate(), store, self.signal)

    def signal(self, kind, event):
        self.signals.append((kind, event))

    @property
    def address(self):
        return Multiaddr("127.0.0.1", self.swarm.addresses[0].port, self.swarm.peer_id)


def play(tmp_path, scene):
    async def run():
        async with asyncio.timeout(TIMEOUT_S):
            people = [Person(tmp_path, name) for name in ("alice", "bob")]
            try:
                for person in people:
                    await person.start()
                    person.messenger.start()
                await scene(*people)
            finally:
                for person in people:
                    person.close()

    asyncio.run(run())


def test_after_a_dial_either_side_reaches_the_other_at_once(tmp_path):
    async def scene(alice, bob):
        await alice.dial(bob.address)
        assert alice.relay.mesh(CHAT_TOPIC) == [bob.swarm.peer_id]
        assert bob.relay.subscribers(CHAT_TOPIC) == [alice.swarm.peer_id]
        assert alice.relay.publish(b"message") == bob.relay.publish(b"other message") == 1
        await alice.dial(bob.address)

    play(tmp_path, scene)


def test_both_report_the_peer_and_its_end(tmp_path):
    async def scene(alice, bob):
        await alice.dial(bob.address)
        bob.close()
        silent = len(bob.signals)
        while alice.swarm.has(bob.swarm.peer_id):
            alice._heard.clear()
            await alice._heard.wait()
        states = [event["isOnline"] for kind, event in alice.signals if kind == "wakuv2.peerstats"]
        assert states == [False, True, False]
        assert len(bob.signals) == silent

    play(tmp_path, scene)


def test_a_peer_without_our_topic_is_connected_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(nodes, "_GREETING_S", 0.05)

    async def scene(alice, bob):
        bob.relay = Relay(bob.swarm.send, lambda _message: None, "/other")
        began = time.monotonic()
        await alice.dial(bob.address)
        assert time.monotonic() - began >= 0.05
        assert alice.swarm.has(bob.swarm.peer_id)
        assert not alice.relay.in_mesh(bob.swarm.peer_id)

    play(tmp_path, scene)


def test_a_peer_that_leaves_while_it_is_greeted_ends_the_wait(tmp_path):
    async def scene(alice, bob):
        bob.joined = lambda _peer: bob.swarm.close()
        await alice.dial(bob.address)
        assert not alice.swarm.has(bob.swarm.peer_id)
        assert not alice.relay.in_mesh(bob.swarm.peer_id)

    play(tmp_path, scene)


@pytest.mark.parametrize("closed", [1, 2])
def test_closing_is_final(tmp_path, closed):
    async def scene(alice, _bob):
        for _ in range(closed):
            alice.close()
        reported = len(alice.signals)
        alice._report_peers()
        assert len(alice.signals) == reported

    play(tmp_path, scene)

"""The reference node's connections over real sockets of the loopback, several nodes in one process."""

import asyncio
import contextlib
import functools

import pytest

from tcperf.nodes.reference import connection as connections
from tcperf.nodes.reference import swarm as swarms
from tcperf.nodes.reference.channel import Channel
from tcperf.nodes.reference.connection import ProtocolViolation
from tcperf.nodes.reference.handshake import dial
from tcperf.nodes.reference.keypair import KeyPair
from tcperf.nodes.reference.multiaddr import Multiaddr
from tcperf.nodes.reference.peer_id import peer_id
from tcperf.nodes.reference.swarm import DialError, Swarm

TIMEOUT_S = 10


class Watcher:
    """A swarm and what it was told, as (what, peer, frame) in order."""

    def __init__(self, scalar):
        self.swarm = Swarm(KeyPair.from_scalar(scalar), self)
        self.told = []
        self.news = asyncio.Event()

    def tell(self, *what):
        self.told.append(what)
        self.news.set()

    def joined(self, peer):
        self.tell("joined", peer)

    def received(self, peer, frame):
        self.tell("received", peer, frame)
        if frame == b"nonsense":
            raise ProtocolViolation("nonsense")

    def left(self, peer):
        self.tell("left", peer)

    async def until(self, *what):
        while what not in self.told:
            self.news.clear()
            await self.news.wait()

    @property
    def id(self):
        return self.swarm.peer_id

    @property
    def address(self):
        return Multiaddr("127.0.0.1", self.swarm.addresses[0].port, self.id)


def scene(*scalars):
    """Run ``async def test(*watchers)``: one listening swarm for each private key."""

    def decorate(function):
        async def play():
            async with asyncio.timeout(TIMEOUT_S):
                watchers = [Watcher(scalar) for scalar in scalars]
                try:
                    for watcher in watchers:
                        await watcher.swarm.listen()
                    await function(*watchers)
                finally:
                    for watcher in watchers:
                        watcher.swarm.close()

        @functools.wraps(function)
        def test():
            asyncio.run(play())

        del test.__wrapped__  # pytest would look for fixtures in its signature
        return test

    return decorate


@scene(1, 2)
async def test_one_dial_joins_both(alice, bob):
    await alice.swarm.dial(bob.address)
    assert alice.told == [("joined", bob.id)]
    await bob.until("joined", alice.id)
    assert alice.swarm.peers == {bob.id: bob.address}
    assert list(bob.swarm.peers) == [alice.id]
    assert bob.swarm.peers[alice.id].ip == "127.0.0.1"


@scene(1, 2)
async def test_frames_go_both_ways_in_order(alice, bob):
    await alice.swarm.dial(bob.address)
    for number in range(100):
        alice.swarm.send(bob.id, b"%d" % number)
    await bob.until("received", alice.id, b"99")
    assert [what[2] for what in bob.told[1:]] == [b"%d" % number for number in range(100)]
    bob.swarm.send(alice.id, bytes(60_000))
    await alice.until("received", bob.id, bytes(60_000))


@scene(1, 2)
async def test_a_second_dial_changes_nothing(alice, bob):
    await alice.swarm.dial(bob.address)
    await alice.swarm.dial(bob.address)
    assert alice.told == [("joined", bob.id)]


@scene(1, 2, 3)
async def test_another_peer_at_the_address_is_refused(alice, bob, eve):
    wrong = Multiaddr("127.0.0.1", eve.address.port, bob.id)
    with pytest.raises(DialError, match="another peer answers"):
        await alice.swarm.dial(wrong)
    assert alice.told == eve.told == []
    assert alice.swarm.peers == {}


@scene(1)
async def test_dialling_oneself_is_refused(alice):
    with pytest.raises(DialError, match="dial to self"):
        await alice.swarm.dial(alice.address)


@scene(1, 2)
async def test_nobody_listening_is_said(alice, bob):
    address = bob.address
    bob.swarm.close()
    with pytest.raises(DialError, match="failed to dial /ip4/"):
        await alice.swarm.dial(address)


@scene(1)
async def test_a_listener_that_hangs_up_is_said(alice):
    async def hang_up(_reader, writer):
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    address = Multiaddr(
        "127.0.0.1", server.sockets[0].getsockname()[1], peer_id(KeyPair.from_scalar(9).public)
    )
    with pytest.raises(DialError, match=r"hung up|reset"):
        await alice.swarm.dial(address)
    server.close()


@scene(1)
async def test_a_listener_that_never_answers_is_given_up(alice):
    ended = asyncio.Event()

    async def listen(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    address = Multiaddr(
        "127.0.0.1", server.sockets[0].getsockname()[1], peer_id(KeyPair.from_scalar(9).public)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swarms, "_DIAL_TIMEOUT_S", 0.05)
        with pytest.raises(DialError, match="no answer"):
            await alice.swarm.dial(address)
    await ended.wait()
    server.close()


@scene(1, 2)
async def test_a_peer_that_closes_is_noticed(alice, bob):
    await alice.swarm.dial(bob.address)
    await bob.until("joined", alice.id)
    bob.swarm.close()
    await alice.until("left", bob.id)
    assert alice.swarm.peers == {}


@scene(1, 2)
async def test_a_peer_that_sends_nonsense_is_cut_off(alice, bob):
    await alice.swarm.dial(bob.address)
    alice.swarm.send(bob.id, b"nonsense")
    await alice.until("left", bob.id)
    await bob.until("left", alice.id)


@scene(1)
async def test_a_stranger_of_another_protocol_is_cut_off(alice):
    reader, writer = await asyncio.open_connection("127.0.0.1", alice.address.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n" * 2000)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert alice.told == []


@scene(1)
async def test_closing_hangs_up_on_a_half_done_handshake(alice):
    reader, writer = await asyncio.open_connection("127.0.0.1", alice.address.port)
    writer.write(Channel(dial(KeyPair.from_scalar(2), KeyPair.from_scalar(1).public)).open())
    await reader.readexactly(100)  # of the listener's answer
    alice.swarm.close()
    await reader.read()  # to the end
    assert reader.at_eof()
    writer.close()


async def _dial_at_once(one, two):
    await asyncio.gather(one.swarm.dial(two.address), two.swarm.dial(one.address))


@scene(1, 2)
async def test_two_that_dial_each_other_keep_one_connection(alice, bob):
    await _dial_at_once(alice, bob)
    for number in range(3):
        alice.swarm.send(bob.id, b"a%d" % number)
        bob.swarm.send(alice.id, b"b%d" % number)
    await bob.until("received", alice.id, b"a2")
    await alice.until("received", bob.id, b"b2")
    kept = {watcher.id: watcher.swarm._connections for watcher in (alice, bob)}
    assert [next(iter(found.values())).dialled for peer, found in sorted(kept.items())] == [True, False]
    assert [what for what in alice.told + bob.told if what[0] == "left"] == []


@scene(1, 2)
async def test_a_second_connection_from_the_same_side_replaces_a_dead_one(alice, bob):
    await alice.swarm.dial(bob.address)
    await bob.until("joined", alice.id)
    # Alice has forgotten the connection, as after a crash that Bob did not see.
    alice.swarm._connections.clear()
    await alice.swarm.dial(bob.address)
    while bob.told.count(("joined", alice.id)) < 2:
        bob.news.clear()
        await bob.news.wait()
    bob.swarm.send(alice.id, b"still here")
    await alice.until("received", bob.id, b"still here")
    assert ("left", alice.id) not in bob.told


@scene(1, 2)
async def test_a_peer_that_does_not_read_is_given_up(alice, bob):
    await alice.swarm.dial(bob.address)
    await bob.until("joined", alice.id)
    bob.swarm._connections[alice.id]._transport.pause_reading()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "_MOST_QUEUED_BYTES", 100_000)
        while ("left", bob.id) not in alice.told:
            if bob.id in alice.swarm.peers:
                alice.swarm.send(bob.id, bytes(60_000))
            await asyncio.sleep(0)
    bob.swarm._connections[alice.id]._transport.resume_reading()
    await bob.until("left", alice.id)


def test_without_listening_there_is_no_address():
    assert Swarm(KeyPair.from_scalar(1), None).addresses == []


@scene(1, 2)
async def test_where_the_system_has_no_quick_acknowledgements_it_works_all_the_same(alice, bob):
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr("socket.TCP_QUICKACK", raising=False)
        await alice.swarm.dial(bob.address)
        alice.swarm.send(bob.id, b"text")
        await bob.until("received", alice.id, b"text")


def test_a_swarm_may_keep_to_the_loopback():
    async def listening():
        swarm = Swarm(KeyPair.from_scalar(7), None)
        await swarm.listen("127.0.0.1")
        try:
            return [(address.ip, address.port) for address in swarm.addresses], swarm._server.sockets[
                0
            ].getsockname()
        finally:
            swarm.close()

    addresses, bound = asyncio.run(listening())
    assert addresses == [bound]
    assert bound[0] == "127.0.0.1"

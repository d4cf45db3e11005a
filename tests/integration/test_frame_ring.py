"""The ring that the relay reads: every frame, whole, once, in order, and none of its own."""

import socket

import pytest

from tcperf.network.frame_ring import OFFLOADS_SIZE, FrameRing, sender
from tcperf.network.run_network import RunNetwork

pytestmark = pytest.mark.integration


@pytest.fixture
def rig():
    with RunNetwork("private") as network:
        hosts = [network.add_host("alice"), network.add_host("bob")]
        tap = network.tap()
        ring = FrameRing(tap.socket, tap.bridge)
        yield network, hosts, ring
        ring.close()


def taken(ring):
    found = []
    while (frame := ring.take()) is not None:
        found.append(frame)
    return found


def connection(alice, bob):
    with bob.socket() as server:
        server.bind((bob.address, 0))
        server.listen()
        client = alice.socket()
        client.connect(server.getsockname())
        accepted, _ = server.accept()
    return client, accepted


def test_frames_come_whole_once_and_in_order(rig):
    _network, (alice, bob), ring = rig
    client, accepted = connection(alice, bob)
    with client, accepted:
        client.sendall(bytes(1460) * 200)
        left = 1460 * 200
        while left:
            left -= len(accepted.recv(left))
    frames = taken(ring)
    sent = {alice.leg: alice.counters(), bob.leg: bob.counters()}
    assert taken(ring) == []
    assert ring.dropped() == 0
    for leg, counters in sent.items():
        ours = [frame for frame in frames if frame.interface == leg]
        assert len(ours) == counters.sent_packets
        assert sum(frame.size for frame in ours) == counters.sent_bytes
    for frame in frames:
        assert len(frame.data) == OFFLOADS_SIZE + frame.size


def test_the_ring_goes_round(rig):
    """More frames than it has slots, 8192, taken from time to time."""
    _network, (alice, bob), ring = rig
    client, accepted = connection(alice, bob)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    total = 0
    with client, accepted:
        for _ in range(9):
            for _ in range(1000):
                client.sendall(b"x")
                accepted.recv(10)
            total += len(taken(ring))
        counted = alice.counters().sent_packets + bob.counters().sent_packets
    total += len(taken(ring))
    assert total >= 9000
    assert ring.dropped() == 0
    assert total >= counted


def test_what_does_not_fit_is_counted(rig):
    _network, (alice, bob), ring = rig
    client, accepted = connection(alice, bob)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client, accepted:
        for _ in range(9000):
            client.sendall(b"x")
            accepted.recv(10)
        dropped = ring.dropped()
        frames = taken(ring)
        counted = alice.counters().sent_packets + bob.counters().sent_packets
    assert dropped > 0
    assert len(frames) == 8192
    assert len(frames) + ring.dropped() >= counted


def test_a_frame_is_sent_on_as_it_came(rig):
    """Its checksum is not made yet: the header of the offloads says so to the next kernel."""
    network, (alice, bob), ring = rig
    client, accepted = connection(alice, bob)
    with client, accepted:
        taken(ring)
        client.sendall(b"hello")
        assert accepted.recv(10) == b"hello"
        (frame, *_) = [frame for frame in taken(ring) if frame.interface == alice.leg]
        _answer, descriptors = network._broker.call("leg_socket", host="bob")
        before = bob.counters().received_packets
        with sender(socket.socket(fileno=descriptors[0])) as out:
            out.send(frame.data)
        assert bob.counters().received_packets == before + 1
    assert [found for found in taken(ring) if found.interface == alice.leg and found.data == frame.data] == []

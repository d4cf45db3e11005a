"""The reference node's gossip, over a network of plain function calls."""

import itertools

import pytest

from tcperf.nodes.reference.connection import ProtocolViolation
from tcperf.nodes.reference.relay import CHAT_TOPIC, Relay


class Net:
    """Relays joined by links; frames wait in one queue until ``run``."""

    def __init__(self, names, topics=None):
        self.queue = []
        self.got = {name: [] for name in names}
        self.frames = 0
        self.links = set()
        self.relays = {
            name: Relay(self.sender(name), self.got[name].append, (topics or {}).get(name, CHAT_TOPIC))
            for name in names
        }

    def sender(self, name):
        return lambda peer, frame: self.queue.append((name, peer, frame))

    def link(self, one, two):
        self.relays[one].joined(two)
        self.relays[two].joined(one)
        self.run()

    def run(self):
        while self.queue:
            source, target, frame = self.queue.pop(0)
            self.frames += 1
            self.relays[target].received(source, frame)


def line(*names):
    net = Net(names)
    for one, two in itertools.pairwise(names):
        net.link(one, two)
    return net


def test_linked_relays_are_in_each_others_mesh():
    net = line("a", "b")
    for one, two in ("ab", "ba"):
        assert net.relays[one].mesh(CHAT_TOPIC) == [two]
        assert net.relays[one].subscribers(CHAT_TOPIC) == [two]


def test_a_peer_is_no_mesh_before_it_has_answered():
    net = Net("ab")
    net.relays["a"].joined("b")
    net.relays["b"].joined("a")
    source, target, frame = net.queue.pop()  # what b says
    assert (source, target) == ("b", "a")
    net.relays["a"].received("b", frame)
    assert net.relays["a"].subscribers(CHAT_TOPIC) == ["b"]
    assert net.relays["a"].mesh(CHAT_TOPIC) == []


def test_other_topics_have_no_mesh():
    net = line("a", "b")
    assert net.relays["a"].mesh("/waku/2/rs/16/64") == []
    assert net.relays["a"].subscribers("") == []


def test_a_peer_with_another_topic_is_no_mesh_and_gets_nothing():
    net = Net("ab", {"b": "/other"})
    net.link("a", "b")
    assert net.relays["a"].mesh(CHAT_TOPIC) == []
    assert net.relays["a"].subscribers("/other") == ["b"]
    assert net.relays["a"].publish(b"message") == 0
    net.run()
    assert net.got["b"] == []


def test_a_message_goes_to_the_neighbour_once():
    net = line("a", "b")
    assert net.relays["a"].publish(b"message") == 1
    net.run()
    assert net.got == {"a": [], "b": [b"message"]}


def test_a_message_crosses_the_nodes_between():
    net = line("a", "b", "c", "d")
    net.relays["a"].publish(b"message")
    net.run()
    assert net.got == {"a": [], "b": [b"message"], "c": [b"message"], "d": [b"message"]}


def test_a_ring_delivers_once_and_comes_to_rest():
    net = line("a", "b", "c", "a")
    before = net.frames
    net.relays["a"].publish(b"message")
    net.run()
    assert net.got == {"a": [], "b": [b"message"], "c": [b"message"]}
    assert net.frames - before <= 4


def test_ten_relays_joined_each_with_each_deliver_once():
    names = "abcdefghij"
    net = Net(names)
    for index, one in enumerate(names):
        for two in names[:index]:
            net.link(one, two)
    assert net.relays["a"].publish(b"message") == 9
    net.run()
    assert net.got == {name: [] if name == "a" else [b"message"] for name in names}


def test_the_same_message_published_twice_arrives_once():
    net = line("a", "b")
    net.relays["a"].publish(b"message")
    net.relays["a"].publish(b"message")
    net.run()
    assert net.got["b"] == [b"message"]


def test_without_peers_a_message_goes_nowhere():
    assert Net("a").relays["a"].publish(b"message") == 0


def test_a_peer_that_left_is_forgotten():
    net = line("a", "b")
    net.relays["a"].left("b")
    assert net.relays["a"].mesh(CHAT_TOPIC) == []
    assert net.relays["a"].publish(b"message") == 0
    net.relays["a"].left("b")


def test_a_peer_that_comes_back_is_told_again():
    net = line("a", "b")
    net.relays["a"].left("b")
    net.relays["b"].left("a")
    net.link("a", "b")
    assert net.relays["a"].mesh(CHAT_TOPIC) == ["b"]


def test_memory_of_what_was_seen_is_bounded(monkeypatch):
    monkeypatch.setattr("tcperf.nodes.reference.relay._MOST_SEEN", 3)
    net = line("a", "b")
    for message in (b"1", b"2", b"3", b"4", b"4", b"1"):
        net.relays["a"].publish(message)
    net.run()
    assert net.got["b"] == [b"1", b"2", b"3", b"4", b"1"]


@pytest.mark.parametrize("frame", [b"", b"\x01", b"\x09\x00", b"\x01\x05abc", b"\x01\x02\xff\xff"])
def test_a_frame_that_means_nothing_is_a_violation(frame):
    net = line("a", "b")
    with pytest.raises(ProtocolViolation):
        net.relays["a"].received("b", frame)

"""Relaying by gossip: who subscribes to what, and which messages were seen.  No I/O.

A node tells each peer the topics it subscribes to; a peer with the same topic answers with a graft, its
promise to pass that topic's messages on.  A message goes to every subscribed peer but the one it came from,
once: its id, the hash of topic and content, is remembered.  So messages cross nodes that neither sent them
nor can read them, and loops end.
"""

from __future__ import annotations

import enum
import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from attrs import define, field

from tcperf.nodes.reference.connection import ProtocolViolation

if TYPE_CHECKING:
    from collections.abc import Callable

#: The protocol's name in ``wakuext_peers``: this relay plays that one's part.
PROTOCOL = "/vac/waku/relay/2.0.0"
#: The one topic of one-to-one chats: cluster 16, shard 32, as status.prod has it.
CHAT_TOPIC = "/waku/2/rs/16/32"
_MOST_SEEN = 16_384
_ID_BYTES = 16


class _Kind(enum.IntEnum):
    SUBSCRIBE = 1
    GRAFT = 2
    MESSAGE = 3


@define
class _Peer:
    topics: set[str] = field(factory=set)
    grafted: set[str] = field(factory=set)

    def in_mesh(self, topic: str) -> bool:
        return topic in self.topics and topic in self.grafted


class Relay:
    """The relay of one node.

    ``send(peer, frame)`` writes a frame to a connected peer; ``deliver(message)`` gets each message of
    ``topic`` once.  A frame that means nothing raises ProtocolViolation.
    """

    def __init__(
        self,
        send: Callable[[str, bytes], None],
        deliver: Callable[[bytes], None],
        topic: str = CHAT_TOPIC,
    ) -> None:
        self._send = send
        self._deliver = deliver
        self._topic = topic
        self._peers: dict[str, _Peer] = {}
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def joined(self, peer: str) -> None:
        """A peer is connected: forget what an earlier connection said, and tell it our topic."""
        self._peers[peer] = _Peer()
        self._send(peer, _frame(_Kind.SUBSCRIBE, self._topic))

    def left(self, peer: str) -> None:
        """A peer is gone."""
        self._peers.pop(peer, None)

    def mesh(self, topic: str) -> list[str]:
        """The peers that pass messages of ``topic`` to us and take ours, sorted."""
        return sorted(peer for peer, state in self._peers.items() if state.in_mesh(topic))

    def in_mesh(self, peer: str) -> bool:
        """Whether ``peer`` is in the mesh of our own topic."""
        return peer in self._peers and self._peers[peer].in_mesh(self._topic)

    def subscribers(self, topic: str) -> list[str]:
        """The peers that subscribe to ``topic``, sorted."""
        return sorted(peer for peer, state in self._peers.items() if topic in state.topics)

    def publish(self, message: bytes) -> int:
        """Send a message of ours; returns to how many peers it went."""
        self._is_new(message)
        return self._spread(message, None)

    def received(self, peer: str, frame: bytes) -> None:
        """Handle a frame from ``peer``."""
        kind, topic, body = _parse(frame)
        state = self._peers[peer]
        if kind is _Kind.SUBSCRIBE:
            state.topics.add(topic)
            if topic == self._topic:
                self._send(peer, _frame(_Kind.GRAFT, topic))
        elif kind is _Kind.GRAFT:
            state.grafted.add(topic)
        elif topic == self._topic and self._is_new(body):
            # First onward, then inward: the next hop need not wait for our own decryption.
            self._spread(body, peer)
            self._deliver(body)

    def _is_new(self, message: bytes) -> bool:
        identity = hashlib.sha256(message).digest()[:_ID_BYTES]
        if identity in self._seen:
            return False
        self._seen[identity] = None
        if len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)
        return True

    def _spread(self, message: bytes, source: str | None) -> int:
        frame = _frame(_Kind.MESSAGE, self._topic, message)
        targets = [peer for peer in self.subscribers(self._topic) if peer != source]
        for peer in targets:
            self._send(peer, frame)
        return len(targets)


def _frame(kind: _Kind, topic: str, body: bytes = b"") -> bytes:
    name = topic.encode()
    return bytes((kind, len(name))) + name + body


def _parse(frame: bytes) -> tuple[_Kind, str, bytes]:
    try:
        kind, end = _Kind(frame[0]), 2 + frame[1]
        topic = frame[2:end].decode()
    except (IndexError, ValueError) as error:
        raise ProtocolViolation(f"a frame that means nothing: {error}") from error
    if len(frame) < end:
        raise ProtocolViolation("a frame ends inside its topic")
    return kind, topic, frame[end:]

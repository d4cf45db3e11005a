"""A logged-in account at work: its messenger, its relay and its peers, wired together."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any

from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.generations import RESEND_AFTER_S
from tcperf.nodes.reference.messenger import Messenger
from tcperf.nodes.reference.plant import Plant
from tcperf.nodes.reference.relay import PROTOCOL, Relay
from tcperf.nodes.reference.swarm import EVERYWHERE, Swarm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcperf.nodes.reference.keypair import KeyPair
    from tcperf.nodes.reference.multiaddr import Multiaddr
    from tcperf.nodes.reference.recovery import AccountKeys
    from tcperf.nodes.reference.store import MessageStore

#: status-backend reports its peers so often, and whenever one comes or goes.
_PEER_STATS_EVERY_S = 5.0
#: How long a dialled peer may take to say which topics it relays; it takes milliseconds.
_GREETING_S = 2.0


class Node:
    """Everything that lives from login to logout.  ``emit(type, event)`` sends a signal; ``burden`` is a plant's."""

    def __init__(
        self,
        keys: AccountKeys,
        node_key: KeyPair,
        store: MessageStore,
        emit: Callable[[str, object], None],
        burden: Burden | None = None,
        resend_after_s: float = RESEND_AFTER_S,
    ) -> None:
        self.keys = keys
        self.store = store
        self.swarm = Swarm(node_key, self)
        self.relay = Relay(self.swarm.send, self._deliver)
        self._burden = burden or Burden(Plant())
        self.messenger = Messenger(
            keys.chat, store, self.relay.publish, emit, resend_after_s=resend_after_s, burden=self._burden
        )
        self._emit = emit
        self._heard = asyncio.Event()
        self._ticker: asyncio.TimerHandle | None = None

    async def start(self, ip: str = EVERYWHERE) -> None:
        """Listen for peers on ``ip`` and report them from now on.  Raises OSError where no port can be had."""
        self._burden.hold()
        await self.swarm.listen(ip)
        self._tick()

    async def dial(self, address: Multiaddr) -> None:
        """Connect to a peer, and wait until each has told the other its topic.

        So a message sent right after it goes to somebody, even where the mesh cannot be asked for.  A peer
        that does not relay our topic costs _GREETING_S.  Raises DialError.
        """
        await self.swarm.dial(address)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GREETING_S):
                while self.swarm.has(address.peer_id) and not self.relay.in_mesh(address.peer_id):
                    self._heard.clear()
                    await self._heard.wait()

    def peers(self) -> dict[str, Any]:
        """The connected peers (status-go: types.PeerStats)."""
        return {
            peer: {"protocols": [PROTOCOL], "addresses": [str(address)]}
            for peer, address in self.swarm.peers.items()
        }

    def _tick(self) -> None:
        self._ticker = asyncio.get_running_loop().call_later(_PEER_STATS_EVERY_S, self._tick)
        self._report_peers()

    def _report_peers(self) -> None:
        if self._ticker is not None:  # connections end after the node has: that is no news
            peers = self.peers()
            self._emit("wakuv2.peerstats", {"isOnline": bool(peers), "peers": peers})

    def _deliver(self, envelope: bytes) -> None:
        self._burden.later(functools.partial(self._hand_over, envelope))

    def _hand_over(self, envelope: bytes) -> None:
        self.messenger.received(envelope)
        self._burden.pay()

    def joined(self, peer: str) -> None:
        """A peer is connected (the swarm calls this)."""
        self.relay.joined(peer)
        self._report_peers()

    def received(self, peer: str, frame: bytes) -> None:
        """A peer sent a frame (the swarm calls this)."""
        self.relay.received(peer, frame)
        self._heard.set()

    def left(self, peer: str) -> None:
        """A peer is gone (the swarm calls this)."""
        self.relay.left(peer)
        self._heard.set()
        self._report_peers()

    def close(self) -> None:
        """Hang up, stop and close the store."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        self.messenger.close()
        self.swarm.close()
        self.store.close()

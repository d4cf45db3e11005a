"""Who is connected to a node, and whether messages to and from a peer can flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tcperf.nodes.rpc_client import METHOD_NOT_FOUND, RpcError

#: The relay topic of one-to-one messages in status-go's default fleet (cluster 16, shard 32).
TOPIC = "/waku/2/rs/16/32"


class Mesh:
    """A node's view of its peers, asked by ``rpc(method, params)``.

    The relay's mesh counts where the node can tell it (from 2024-07): only its members are sent messages
    at once.  Where it cannot, being connected must do.
    """

    def __init__(self, rpc: Callable[[str, Sequence[Any]], Any]) -> None:
        self._rpc = rpc
        self._tells_mesh = True

    def has(self, peer_id: str) -> bool:
        """Whether the peer is a member now."""
        if self._tells_mesh:
            try:
                topic = self._rpc("wakuext_relayPeersByTopic", [TOPIC])
            except RpcError as error:
                if error.code != METHOD_NOT_FOUND:
                    raise
                self._tells_mesh = False
            else:
                return peer_id in _names(topic.get("fullMesh") if isinstance(topic, dict) else None)
        return self.lists(peer_id)

    def lists(self, peer_id: str) -> bool:
        """Whether the peer is connected now, in the mesh or not."""
        return peer_id in self.peers()

    def peers(self) -> frozenset[str]:
        """All that are connected now."""
        return frozenset(map(str, _names(self._rpc("wakuext_peers", []))))


def _names(value: Any) -> Sequence[str]:
    """The members of a list, or an object's keys; none for anything else."""
    return list(value) if isinstance(value, list | dict) else []

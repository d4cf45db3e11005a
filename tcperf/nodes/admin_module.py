"""go-ethereum's admin module: who a node is to its peers, and who they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tcperf.nodes.enode import Enode, enode_of, protocols_of
from tcperf.nodes.witness import Witness, failure, quote


class AdminModule:
    """A node's devp2p side.  ``call`` calls a method and gives its result; ``witness`` is the node's process."""

    def __init__(self, call: Callable[[str, Sequence[Any]], Any], witness: Witness) -> None:
        self._call = call
        self._witness = witness

    def enode(self) -> Enode:
        """Who it is, and the port at which it takes peers.  Raises NodeError where it does not say."""
        told = self._call("admin_nodeInfo", [])
        found = enode_of(told)
        if found is None:
            what = f"answered admin_nodeInfo without an enode with a port: {quote(told)}"
            raise failure(self._witness, what)
        return found

    def dial(self, url: str) -> None:
        """Tell it to dial a peer, now and whenever the connection is lost."""
        self._call("admin_addPeer", [url])

    def peers(self, spoken: frozenset[str] = frozenset()) -> frozenset[str]:
        """The keys of its peers now, of those with whom it speaks what is ``spoken``."""
        told = self._call("admin_peers", [])
        found = (
            enode_of(peer)
            for peer in (told if isinstance(told, list) else [])
            if spoken <= protocols_of(peer)
        )
        return frozenset(enode.key for enode in found if enode is not None)

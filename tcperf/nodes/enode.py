"""Addresses of devp2p nodes.

``enode://<128 hex digits>@10.77.0.2:34161?discport=0``  (ethereum/devp2p, the enode URL format).
"""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

_ENODE = re.compile(r"enode://(?P<key>[0-9a-f]{128})@(?P<host>\[[0-9A-Fa-f:.]*\]|[0-9.]*):(?P<port>\d{1,5})")


@frozen
class Enode:
    """A node's public key, as 128 hex digits, and the address and TCP port at which it takes peers."""

    key: str
    address: str
    port: int

    @property
    def url(self) -> str:
        """How it is dialled, without a port of discovery, for there is none."""
        return f"enode://{self.key}@{self.address}:{self.port}?discport=0"


def enode_of(info: Any) -> Enode | None:
    """The node that ``admin_nodeInfo``, or one of ``admin_peers``, tells of; None where it tells of none."""
    url = info.get("enode") if isinstance(info, dict) else None
    found = _ENODE.match(url) if isinstance(url, str) else None
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        return None
    return Enode(found["key"], found["host"], int(found["port"]))


def protocols_of(peer: Any) -> frozenset[str]:
    """What is spoken with one of ``admin_peers``: the namespaces of protocols that both sides have."""
    spoken = peer.get("protocols") if isinstance(peer, dict) else None
    return frozenset(spoken) if isinstance(spoken, dict) else frozenset()

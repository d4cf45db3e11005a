"""The configuration of a statusd node: a raw node with one protocol, that talks to nobody but whom it is told to dial.

One form for all generations from v0.16 on (2019): what a program does not know, it ignores.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tcperf.errors import MachineError
from tcperf.network.interface import Host
from tcperf.nodes.flavour import FLAVOURS, Flavour
from tcperf.system import this_system

LOOPBACK: Final = "127.0.0.1"
#: The IPC socket, in the folder that the node runs in: as a relative path it always fits into a socket's address.
IPC_FILE: Final = "node.ipc"
_MODULES: Final = "admin,debug,net,web3"
_CLUSTER: Final = {
    "Enabled": False,
    **dict.fromkeys(
        ("StaticNodes", "BootNodes", "TrustedMailServers", "RendezvousNodes", "PushNotificationsServers"), ()
    ),
}
#: More than there are ever nodes in a run.
_MOST_PEERS: Final = 200


def configuration(data: str, address: str, port: int, flavour: Flavour) -> dict[str, Any]:
    """The content of config.json.

    Its data is in ``data``; it takes peers at a free port of ``address``, and calls at ``port`` of the loopback.
    """
    return {
        "DataDir": data,
        "KeyStoreDir": f"{data}/keystore",
        "ListenAddr": f"{address}:0",
        "HTTPEnabled": True,
        "HTTPHost": LOOPBACK,
        "HTTPPort": port,
        "IPCEnabled": True,
        "IPCFile": f"./{IPC_FILE}",
        "APIModules": f"{_MODULES},{flavour.namespace}",
        "NoDiscovery": True,
        "Rendezvous": False,
        "ClusterConfig": _CLUSTER,
        "MaxPeers": _MOST_PEERS,
        "LogLevel": "INFO",  # what says that it is ready is said at this level
        **{each.config: {"Enabled": each is flavour} for each in FLAVOURS},
    }


def write(folder: Path, data: Path, host: Host, port: int, flavour: Flavour) -> Path:
    """Write the config.json of a node at ``host`` that takes calls at ``port`` into ``folder``; its path.

    Raises MachineError where it cannot be written.
    """
    path = folder / "config.json"
    content = configuration(str(data), host.address, port, flavour)
    try:
        path.write_text(json.dumps(content, indent=1), "utf-8")
    except OSError as error:
        raise MachineError(
            f"{host.name}'s configuration {path} cannot be written: {error.strerror}",
            cure="free some space there, or set TMPDIR to a folder that has room",
        ) from error
    return path


@contextmanager
def reserved_port(host: Host) -> Iterator[int]:
    """A port of the host's loopback that nobody else gets for as long as the context lasts.

    The program prints the port that it was told, not the one that it got, so it must be told one before it listens.
    Go listens with SO_REUSEADDR: on Linux it may then bind to a port where a socket with the same option is bound and
    does not listen, while whoever asks for any free port is given another (socket(7)).  Elsewhere two sockets cannot
    share an address, and the port is free again at once.
    """
    with host.socket() as held:
        if this_system().is_linux:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((LOOPBACK, 0))
        port: int = held.getsockname()[1]
        if not this_system().is_linux:
            held.close()
        yield port

"""The program: ``python -m tcperf.nodes.reference --address 127.0.0.1:0 [--api 2024-10]``."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from tcperf.nodes.reference import log
from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.generations import GENERATIONS, NEWEST, RESEND_AFTER_S, Generation
from tcperf.nodes.reference.plant import Plant, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcperf.nodes.reference.keypair import KeyPair

#: Go's HTTP server closes no idle connection, so neither does this one, not for a day.
_KEEP_ALIVE_S = 86_400.0
_NODE_KEY = "WAKUV2_NODE_KEY"
_LAST_PORT = 0xFFFF
_LONGEST_S = 3600.0


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal ends the process.

    Returns 0 where the address is bad or taken: so does the original, and drivers must cope with it.
    """
    options = _parse(argv)
    # An interrupt ends the original at once, without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        listener = _listen(options.address)
        node_key = _node_key(os.environ.get(_NODE_KEY, ""))
    except (OSError, ValueError) as error:
        log.line("EROR", "status-backend/main.go:41", "failed to start server", error=error)
        return 0
    burden = Burden(options.plant)
    asyncio.run(
        _serve(listener, GENERATIONS[options.api], node_key, options.peers_on, options.resend_after, burden)
    )
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tcperf.nodes.reference", description="tcperf's bundled reference node"
    )
    parser.add_argument("--address", default="", metavar="HOST:PORT", help="where to serve the API")
    parser.add_argument(
        "--api",
        choices=tuple(GENERATIONS),
        default=NEWEST.name,
        help="the generation of status-backend to be",
    )
    parser.add_argument(
        "--peers-on",
        metavar="IP",
        help="where peers may connect (default: every interface, as the original does)",
    )
    parser.add_argument(
        "--resend-after",
        type=_seconds,
        default=RESEND_AFTER_S,
        metavar="SECONDS",
        help="when to send again what nobody has acknowledged (default: %(default)g, about as the original)",
    )
    parser.add_argument(
        "--plant",
        type=_plant,
        default=Plant(),
        metavar="PLANT",
        help="a regression on purpose, to see a gate fail: any of cpu=15%% (of the node's own), bytes=6%% or bytes=64 "
        "(a message's and an acknowledgement's envelope longer), memory=8MiB (held from the login on), delay=2ms "
        "(of each delivery), joined by commas",
    )
    return parser.parse_args(argv)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {_LONGEST_S:g} seconds")
    return seconds


def _plant(text: str) -> Plant:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _listen(address: str) -> socket.socket:
    host, separator, port = address.rpartition(":")
    if not separator:
        raise ValueError(f"invalid address: address {address}: missing port in address")
    if not port.isdecimal() or int(port) > _LAST_PORT:
        raise ValueError(f"listen tcp: address {port}: invalid port")
    host = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family, backlog=128)
    except OSError as error:
        raise OSError(f"listen tcp {address}: bind: {error.strerror}") from error


def _node_key(text: str) -> KeyPair | None:
    """The key pair of ``0x`` and 64 hex digits; None where there is no text."""
    from tcperf.nodes.reference.keypair import KeyPair

    return KeyPair.from_scalar(int(text.removeprefix("0x"), 16)) if text else None


async def _serve(
    listener: socket.socket,
    generation: Generation,
    node_key: KeyPair | None,
    peers_on: str | None,
    resend_after_s: float,
    burden: Burden,
) -> None:
    from aiohttp import web

    from tcperf.nodes.reference.api import Api
    from tcperf.nodes.reference.backend import Backend
    from tcperf.nodes.reference.signals import SignalHub
    from tcperf.nodes.reference.swarm import EVERYWHERE

    hub = SignalHub()
    backend = Backend(generation, hub.emit, node_key, peers_on or EVERYWHERE, burden, resend_after_s)
    api = Api(backend, hub, generation, burden)
    runner = web.AppRunner(api.application(), access_log=None, keepalive_timeout=_KEEP_ALIVE_S)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    log.line("INFO", "status-backend/main.go:45", "server started", address=address)
    try:
        await hub.run()
    finally:
        await backend.close()


if __name__ == "__main__":
    sys.exit(main())

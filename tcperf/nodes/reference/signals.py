"""Signals: text frames ``{"type": …, "event": …}`` to every WebSocket client, in order, without replay.

As the original, this end never reads: it answers neither pings nor close frames, and a client that does not
drain its socket holds up the others.  One that holds up MOST_WAITING signals is cut off.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from attrs import define, field

from tcperf.nodes.reference import gojson

MOST_WAITING = 10_000


@define(eq=False)
class _Client:
    socket: web.WebSocketResponse
    transport: asyncio.Transport
    gone: asyncio.Event = field(factory=asyncio.Event)


class SignalHub:
    """All clients of ``/signals``.  ``run`` must be running for anything to be written."""

    def __init__(self) -> None:
        self._clients: list[_Client] = []
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._writing_to: _Client | None = None

    def emit(self, kind: str, event: object) -> None:
        """Send a signal, soon."""
        if self._waiting.qsize() >= MOST_WAITING and self._writing_to is not None:
            self._writing_to.transport.abort()
        self._waiting.put_nowait(gojson.dumps({"type": kind, "event": event}))

    async def run(self) -> None:
        """Write signals for ever."""
        while True:
            text = await self._waiting.get()
            for client in tuple(self._clients):
                await self._write(client, text)

    async def _write(self, client: _Client, text: str) -> None:
        self._writing_to = client
        try:
            await client.socket.send_str(text)
        except ConnectionError:  # at the write, or while it waits for room
            self._clients.remove(client)
            client.gone.set()
        finally:
            self._writing_to = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """The handler of ``/signals``: a client stays until writing to it fails."""
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False)
        await socket.prepare(request)
        assert request.transport is not None, "a prepared socket has its transport"
        client = _Client(socket, request.transport)
        self._clients.append(client)
        await client.gone.wait()
        return socket

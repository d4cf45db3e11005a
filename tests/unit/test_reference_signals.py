"""The reference node's signal hub and HTTP corners, in this process, over real sockets."""

import asyncio
import contextlib
import json
import socket
import sqlite3
import struct

import pytest
from aiohttp import ClientSession, ClientWSTimeout, web

from tcperf.nodes.reference import __main__ as program
from tcperf.nodes.reference import log
from tcperf.nodes.reference import signals as hubs
from tcperf.nodes.reference.api import UNSUPPORTED, Api
from tcperf.nodes.reference.backend import Backend
from tcperf.nodes.reference.generations import GENERATIONS, NEWEST
from tcperf.nodes.reference.requests import CreateAccount
from tcperf.nodes.reference.signals import SignalHub
from tcperf.nodes.reference.store import MessageStore

TIMEOUT_S = 20


@contextlib.asynccontextmanager
async def serving(generation=NEWEST):
    """A hub behind a server: (hub, backend, base URL)."""
    async with asyncio.timeout(TIMEOUT_S):
        hub = SignalHub()
        backend = Backend(generation, hub.emit)
        runner = web.AppRunner(Api(backend, hub, generation).application(), shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        writing = asyncio.create_task(hub.run())
        try:
            yield hub, backend, f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await backend.close()
            writing.cancel()
            await runner.cleanup()


@contextlib.asynccontextmanager
async def listening(base, count=1, **options):
    """So many signal clients."""
    async with ClientSession() as session, contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                session.ws_connect(
                    f"{base}/signals", autoping=False, timeout=ClientWSTimeout(ws_close=0.01), **options
                )
            )
            for _ in range(count)
        ]


async def a_stuck_client(base):
    """A client that upgrades and never reads; the end of its connection can be awaited."""
    host, port = base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(
        b"GET /signals HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert b"101" in await reader.readline()
    writer.transport.pause_reading()
    return writer


def test_signals_come_in_order_to_all_clients():
    async def scene():
        async with serving() as (hub, _backend, base), listening(base, 3) as clients:
            for number in range(50):
                hub.emit("test", {"number": number})
            for client in clients:
                found = [json.loads(await client.receive_str()) for _ in range(50)]
                assert found == [{"type": "test", "event": {"number": number}} for number in range(50)]

    asyncio.run(scene())


def test_a_client_that_went_away_is_forgotten():
    async def scene():
        async with serving() as (hub, _backend, base):
            async with listening(base) as (gone,):
                await gone.close()
            async with listening(base) as (client,):
                while len(hub._clients) > 1:
                    hub.emit("test", None)
                    await client.receive_str()

    asyncio.run(scene())


def ends_by_being_cut_off(hub, stuck):
    """The hub does it, by its own bound."""


def ends_by_a_reset(hub, stuck):
    """The client dies while the hub waits for room in its socket."""
    if hub._waiting.qsize() > 5 and not stuck.transport.is_closing():  # once: the hub may be slow to see it
        link = stuck.get_extra_info("socket")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stuck.transport.abort()


@pytest.mark.parametrize("end", [ends_by_being_cut_off, ends_by_a_reset])
def test_a_client_that_does_not_drain_holds_up_the_others_until_it_is_gone(monkeypatch, end):
    monkeypatch.setattr(hubs, "MOST_WAITING", 20)
    text = "x" * 500_000

    async def scene():
        async with serving() as (hub, _backend, base):
            stuck = await a_stuck_client(base)
            async with listening(base, max_msg_size=0) as (client,):
                received = asyncio.create_task(read(client, 60))
                most = 0
                for number in range(60):
                    hub.emit("test", [number, text])
                    await asyncio.wait([received], timeout=0.01)
                    most = max(most, hub._waiting.qsize())
                    end(hub, stuck)
                assert most > 5
                assert await received == list(range(60))
                assert len(hub._clients) == 1
            stuck.transport.abort()

    asyncio.run(scene())


async def read(client, count):
    return [json.loads(await client.receive_str())["event"][0] for _ in range(count)]


@pytest.mark.parametrize("method", sorted(UNSUPPORTED))
def test_methods_of_several_arguments_answer_501_without_a_body(method):
    async def scene():
        async with serving() as (_hub, _backend, base), ClientSession() as session:
            async with session.post(f"{base}/statusgo/{method}", data="{}") as answer:
                assert (answer.status, await answer.read()) == (501, b"")

    asyncio.run(scene())


def test_known_methods_answer_json_and_unknown_ones_gos_text():
    async def scene():
        async with serving() as (_hub, _backend, base), ClientSession() as session:
            async with session.get(f"{base}/statusgo/Logout") as answer:
                assert (answer.status, await answer.json()) == (200, {"error": ""})
            async with session.post(f"{base}/statusgo/CallRPC", data=b"\xff\xfe") as answer:
                assert await answer.json() == {"error": "JSON-RPC client is unavailable"}
            async with session.post(f"{base}/") as answer:
                assert answer.content_type == "text/plain"
                assert (answer.status, await answer.text()) == (404, "404 page not found\n")

    asyncio.run(scene())


def test_a_node_that_cannot_listen_is_no_login(monkeypatch, tmp_path, capfd):
    async def refuse(_swarm, _ip):
        raise OSError("no port left")

    async def scene():
        async with serving() as (_hub, backend, base), ClientSession() as session:
            monkeypatch.setattr("tcperf.nodes.reference.swarm.Swarm.listen", refuse)
            body = {
                "rootDataDir": str(tmp_path),
                "displayName": "alice",
                "password": "p",
                "customizationColor": "blue",
            }
            async with session.post(f"{base}/statusgo/CreateAccountAndLogin", json=body) as answer:
                assert await answer.json() == {"error": ""}
            await asyncio.gather(*backend._tasks)
            assert backend.node is None

    asyncio.run(scene())
    assert "no port left" in capfd.readouterr().err


def test_a_closed_backend_leaves_nothing_open(tmp_path):
    """Neither the node, nor the books, nor what was begun and is not done."""

    async def scene():
        signalled = []
        backend = Backend(NEWEST, lambda kind, _event: signalled.append(kind), peers_on="127.0.0.1")
        request = CreateAccount(
            root_data_dir=str(tmp_path), display_name="alice", password="p", customization_color="blue"
        )
        backend.create(request)
        await asyncio.gather(*backend._tasks)
        node, book = backend.node, backend._book
        backend.create(request)
        signalled.clear()
        await backend.close()
        assert backend.node is None
        assert not backend._tasks
        for use in (node.store.last_clock, book.all):
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                use()
        assert signalled == []
        await backend.close()

    asyncio.run(scene())


def test_a_login_that_is_cut_short_leaves_nothing_open(monkeypatch, tmp_path):
    stores = []

    async def hang(_swarm, _ip):
        await asyncio.Event().wait()

    def opened(path):
        stores.append(MessageStore(path))
        began.set()
        return stores[-1]

    async def scene():
        backend = Backend(NEWEST, lambda *_signal: None)
        backend.create(
            CreateAccount(
                root_data_dir=str(tmp_path), display_name="alice", password="p", customization_color="blue"
            )
        )
        await asyncio.wait_for(began.wait(), TIMEOUT_S)
        await backend.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            stores[0].last_clock()

    began = asyncio.Event()
    monkeypatch.setattr("tcperf.nodes.reference.swarm.Swarm.listen", hang)
    monkeypatch.setattr("tcperf.nodes.reference.backend.MessageStore", opened)
    asyncio.run(scene())


def test_the_generations_are_named_after_their_keys():
    assert [generation.name for generation in GENERATIONS.values()] == list(GENERATIONS)
    assert list(GENERATIONS.values())[-1] is NEWEST


@pytest.mark.parametrize(
    ("value", "quoted"),
    [("127.0.0.1:80", "127.0.0.1:80"), ("two words", '"two words"'), ("", '""'), ('a"b\nc', '"a\\"b\\nc"')],
)
def test_a_log_line_is_one_line(capsys, value, quoted):
    log.line("INFO", "main.go:1", "hello", key=value, other=1)
    text = capsys.readouterr().err
    assert text.endswith(f"|main.go:1] hello   key={quoted} other=1\n")
    assert text.count("\n") == 1


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:99999"])
def test_bad_addresses_are_refused(address, capsys, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert program.main(["--address", address]) == 0
    assert "failed to start server" in capsys.readouterr().err

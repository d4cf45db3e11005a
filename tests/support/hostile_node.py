"""A program that speaks as status-backend does, but for the one thing named by ``--behave``.

It plays all parts itself: what it is told to send, it receives and acknowledges itself.
"""

# ruff: noqa: N802 - the methods are called as the real ones

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys

from aiohttp import web

KEY = "0x04" + "ab" * 64
OTHER_KEY = "0x04" + "cd" * 64
PEER = "16Uiu2HAmHostile"
MESSAGE_ID = "0x" + "1" * 64
ADDRESS = f"/ip4/127.0.0.1/tcp/4001/p2p/{PEER}"


MISDEEDS = ("unknown", "unsupported", "nonsense", "broken", "refuse", "close", "hang", "die")


def say(line):
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def die(last_words):
    say(last_words)
    os.kill(os.getpid(), signal.SIGKILL)


class HostileNode:
    def __init__(self, behave):
        self.behave = behave
        self.clients = []
        self.calls = []
        self.rpc_calls = []
        self.peers_asked = 0
        self.messenger_started = 0

    async def signals(self, request):
        if self.behave == "refuse-signals":
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.clients.append(socket)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()  # as the real one: never reads
        return socket

    async def tell(self, kind, event):
        text = json.dumps({"type": kind, "event": event})
        if self.behave == "signal-nonsense":
            text = "a signal, they said"
        for client in self.clients:
            await client.send_str(text)

    async def method(self, request):
        name = request.match_info["name"]
        body = await request.text()
        self.calls.append(name)
        misdeed, _colon, victim = self.behave.partition(":")
        if misdeed in MISDEEDS and victim == name:
            return await getattr(self, f"misdeed_{misdeed}")(request, name)
        handler = getattr(self, f"do_{name}", None)
        return await (handler(body) if handler else self.misdeed_unknown(request, name))

    async def misdeed_unknown(self, request, name):
        return web.Response(status=404, text="404 page not found\n")

    async def misdeed_unsupported(self, request, name):
        return web.Response(status=501)

    async def misdeed_nonsense(self, request, name):
        return web.Response(text="<html>hello</html>")

    async def misdeed_broken(self, request, name):
        return web.Response(status=500, text="oh no\n")

    async def misdeed_refuse(self, request, name):
        return web.json_response({"error": f"{name} is not for you"})

    async def misdeed_close(self, request, name):
        request.transport.close()
        return web.Response()

    async def misdeed_hang(self, request, name):
        await asyncio.Event().wait()

    async def misdeed_die(self, request, name):
        die("panic: runtime error: index out of range")

    async def do_InitializeApplication(self, body):
        return web.json_response({"accounts": None})

    async def do_OpenAccounts(self, body):
        return web.json_response(None if body.startswith("/") else {"error": "no path"})

    async def do_Logout(self, body):
        await self.tell("node.stopped", None)
        return web.json_response({"error": ""})

    async def do_CreateAccountAndLogin(self, body):
        await self.log_in()
        return web.json_response({"error": ""})

    async def do_LoginAccount(self, body):
        await self.log_in()
        return web.json_response({"error": ""})

    async def log_in(self):
        if self.behave == "login-silent":
            return
        if self.behave == "login-error":
            await self.tell("node.login", {"error": "failed to open database"})
        elif self.behave == "login-without-keys":
            await self.tell("node.login", {"settings": {"public-key": "0x04ff"}})
        elif self.behave == "die-before-login":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.behave == "close-signals":
            for client in self.clients:
                client._req.transport.close()
        else:
            await self.tell("wallet", {"noise": "x" * 1000})
            account = {"settings": {"public-key": KEY}, "account": {"key-uid": "0xuid"}}
            await self.tell("node.login", {"error": "", **account})

    async def do_CallRPC(self, body):
        request = json.loads(body)
        name = request["method"].removeprefix("wakuext_")
        self.rpc_calls.append(name)
        if self.behave == f"rpc-error:{name}":
            return self.answer(request, error={"code": -32000, "message": "not today"})
        if self.behave == f"rpc-unknown:{name}":
            return self.answer(request, error={"code": -32601, "message": "the method does not exist"})
        if self.behave == f"rpc-null:{name}":
            return self.answer(request, result=None)
        if self.behave == f"die:{name}":
            die("panic: assignment to entry in nil map")
        return await getattr(self, f"rpc_{name}")(request)

    def answer(self, request, **members):
        return web.json_response({"jsonrpc": "2.0", "id": request["id"], **members})

    async def rpc_startMessenger(self, request):
        if self.behave == "messenger-runs":
            return self.answer(request, error={"code": -32000, "message": "messenger already started"})
        return self.answer(request, result=None)

    async def rpc_listenAddresses(self, request):
        return self.answer(request, result=[ADDRESS])

    async def rpc_called(self, request):
        return self.answer(request, result=self.rpc_calls)

    async def rpc_dialPeer(self, request):
        return self.answer(request, result=None)

    async def rpc_relayPeersByTopic(self, request):
        return self.answer(
            request, result={"fullMesh": [] if self.behave == "no-mesh" else [PEER], "all": []}
        )

    async def rpc_peers(self, request):
        self.peers_asked += 1
        if self.behave == "no-peers" or (self.behave == "slow-peers" and self.peers_asked <= 3):
            return self.answer(request, result={})
        return self.answer(request, result={PEER: {"protocols": []}})

    async def rpc_sendOneToOneMessage(self, request):
        text = request["params"][0]["message"]
        message = {"id": MESSAGE_ID, "from": KEY, "text": text}
        if self.behave == "expired":
            await self.tell("envelope.expired", {"ids": [MESSAGE_ID]})
        elif self.behave == "die-after-send":
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGKILL)
        elif self.behave == "wrong-sender":
            await self.tell("messages.new", {"messages": [{**message, "from": OTHER_KEY}]})
        elif self.behave == "wrong-text":
            await self.tell("messages.new", {"messages": [{**message, "text": text.upper()}]})
        elif self.behave != "no-delivery":
            await self.tell("messages.new", {"messages": [message]})
            for _ in range(3):
                await self.tell("message.delivered", {"chatID": KEY, "messageID": MESSAGE_ID})
        return self.answer(request, result={"chats": [], "messages": [message]})

    async def variables(self, request):
        self.calls.append("vars")
        if self.behave in {"vars", "vars-beside"}:
            return web.json_response({"memstats": {"NumGC": 3}, "calls": self.calls})
        if self.behave == "vars-list":
            return web.json_response([1])
        if self.behave == "vars-die":
            die("panic: no figures")
        raise web.HTTPNotFound


async def serve(behave):
    node = HostileNode(behave)
    app = web.Application()
    app.router.add_get("/signals", node.signals)
    app.router.add_post("/statusgo/{name}", node.method)
    if behave == "vars-beside":
        beside = web.Application()
        beside.router.add_get("/debug/vars", node.variables)
        runner = web.AppRunner(beside, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        say(f"2026/11/25 00:00:00 envpprof.go:60: envpprof serving http://127.0.0.1:{runner.addresses[0][1]}")
    else:
        app.router.add_get("/debug/vars", node.variables)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    say(f"INFO [11-23|21:59:18.664] server started   address=127.0.0.1:{port}")
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--behave", default="well")
    parser.add_argument("--address")
    arguments = parser.parse_args()
    if arguments.behave == "ignore-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif arguments.behave == "tell-sigterm":
        signal.signal(signal.SIGTERM, lambda *_: say("SIGTERM came"))
    else:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(serve(arguments.behave))


if __name__ == "__main__":
    main()

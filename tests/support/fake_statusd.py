"""A small statusd: raw messages by JSON-RPC over HTTP, pushed over a Unix socket, between processes over real TCP.

It keeps to what real ones do: Waku's bytes as base64 and Whisper's as hex, one topic's messages to who asked for them,
flooding over peers, an error where a call does not fit, SIGINT for an end in order.  What it does not do is encrypt:
only the node that has the receiver's key pair shows a message.

``--knows`` says which of the protocols it knows; ``--behave`` names one thing that it does badly.
"""

# ruff: noqa: N802 - the methods are called as the real ones

import argparse
import asyncio
import base64
import contextlib
import gzip
import hashlib
import json
import os
import re
import secrets
import signal
import sys
from pathlib import Path

VERSION = "0.99.1"
CONFIGS = {"waku": "WakuConfig", "shh": "WhisperConfig"}
ENODE = re.compile(r"enode://([0-9a-f]{128})@([0-9.]+):(\d+)")
#: How often a subscription looks for what has come; real ones take 0.25 s.
TICK_S = 0.02
LEAST_POW = 0.001


def say(line):
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class RpcError(Exception):
    def __init__(self, message, code=-32000):
        super().__init__(message)
        self.error = {"code": code, "message": message}


class Codec:
    """How a protocol writes bytes."""

    def __init__(self, namespace):
        self.is_base64 = namespace == "waku"

    def write(self, raw):
        return base64.b64encode(raw).decode() if self.is_base64 else "0x" + raw.hex()

    def read(self, text):
        try:
            if self.is_base64:
                return base64.b64decode(text, validate=True)
            return bytes.fromhex(text[2:]) if text.startswith("0x") else b""
        except ValueError:
            return b""


class Statusd:
    def __init__(self, config, behave):
        self.config, self.behave = config, behave
        enabled = [name for name, key in CONFIGS.items() if config.get(key, {}).get("Enabled")]
        self.namespace = enabled[0] if enabled and behave != "no-protocol" else None
        self.codec = Codec(self.namespace)
        self.key = secrets.token_hex(64)
        self.port = 0
        self.pairs, self.peers, self.seen, self.subscriptions = {}, {}, set(), []
        self.profile = None

    # --- peers -----------------------------------------------------------------------------------------

    async def listen(self):
        host, _, port = self.config["ListenAddr"].rpartition(":")
        server = await asyncio.start_server(self.accept, host, int(port))
        self.port = server.sockets[0].getsockname()[1]

    async def accept(self, reader, writer):
        await self.greet(reader, writer)

    async def dial(self, host, port):
        if self.behave != "deaf":
            await self.greet(*await asyncio.open_connection(host, port))

    async def greet(self, reader, writer):
        """Say who it is, hear who the other one is, and pass on what comes of it until it ends."""
        self.tell(writer, {"key": self.key, "port": self.port, "speaks": self.namespace})
        hello = json.loads(await reader.readline())
        self.peers[hello["key"]] = (writer, hello)
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self.flood(json.loads(line))
        self.peers.pop(hello["key"], None)
        writer.close()

    @staticmethod
    def tell(writer, document):
        writer.write(json.dumps(document).encode() + b"\n")

    def flood(self, envelope):
        """Pass on what was not seen before, and show it to whom it is for."""
        if envelope["hash"] in self.seen:
            return
        self.seen.add(envelope["hash"])
        for writer, _hello in self.peers.values():
            self.tell(writer, envelope)
        if self.behave != "forgetful":
            for subscription in self.subscriptions:
                subscription.offer(envelope)

    # --- JSON-RPC --------------------------------------------------------------------------------------

    def answer(self, call, push=None):
        try:
            answer = {"result": self.call(call["method"], call.get("params", []), push)}
        except RpcError as error:
            answer = {"error": error.error}
        return {"jsonrpc": "2.0", "id": call["id"], **answer}

    def call(self, method, params, push):
        namespace, _, name = method.partition("_")
        if self.behave == f"nonsense:{name}":
            return {"what": "?"}
        if self.behave == f"die:{name}":
            say("panic: runtime error")
            os.kill(os.getpid(), signal.SIGKILL)
        handler = getattr(self, f"{'raw' if namespace == self.namespace else namespace}_{name}", None)
        if handler is None or namespace not in self.modules or (name == "subscribe" and push is None):
            raise RpcError(f"the method {method} does not exist/is not available", -32601)
        return handler(*params, push) if name == "subscribe" else handler(*params)

    @property
    def modules(self):
        offered = {"admin", "debug", "rpc", "web3", "net", *filter(None, [self.namespace])}
        asked = set(self.config["APIModules"].split(","))
        return dict.fromkeys(sorted(offered & (asked | {"rpc"})), "1.0")

    def rpc_modules(self):
        return self.modules

    def admin_nodeInfo(self):
        return {"enode": f"enode://{self.key}@[::]:{self.port}?discport=0", "name": f"Statusd/v{VERSION}"}

    def admin_addPeer(self, url):
        found = ENODE.match(url)
        if found is None:
            raise RpcError("invalid enode")
        self.dialling = asyncio.ensure_future(self.dial(found[2], int(found[3])))
        return True

    def admin_peers(self):
        spoken = {} if self.behave == "mute" else {self.namespace: "unknown"}
        return [
            {"enode": f"enode://{key}@127.0.0.1:{hello['port']}", "protocols": spoken}
            for key, (_writer, hello) in self.peers.items()
            if hello["speaks"] == self.namespace
        ]

    def debug_memStats(self):
        if self.behave == "no-debug":
            raise RpcError("the method debug_memStats does not exist/is not available", -32601)
        return {
            "HeapInuse": 5_000_000,
            "TotalAlloc": 9_000_000,
            "Mallocs": 70_000,
            "NumGC": 3,
            "GCCPUFraction": 0.01,
        }

    def debug_writeMemProfile(self, path):
        if self.behave == "no-debug":
            raise RpcError("the method debug_writeMemProfile does not exist/is not available", -32601)
        Path(path).write_bytes(gzip.compress(b"heap"))

    def debug_startCPUProfile(self, path):
        self.profile = path

    def debug_stopCPUProfile(self):
        Path(self.profile).write_bytes(gzip.compress(b"cpu"))

    def raw_newKeyPair(self):
        name = secrets.token_hex(32)
        self.pairs[name] = b"\x04" + secrets.token_bytes(64)
        return name

    def raw_getPublicKey(self, name):
        return "0x" + self.pairs[name].hex()

    def raw_post(self, message):
        receiver = self.codec.read(message["pubKey"])
        if len(receiver) != 65 or receiver[0] != 4:
            raise RpcError("invalid public key")
        if message["sig"] not in self.pairs:
            raise RpcError("non-existent key ID")
        if not any(message["topic"] in each.criteria["topics"] for each in self.subscriptions):
            raise RpcError("envelope does not match topic interest")
        if message["powTarget"] < LEAST_POW or not message["powTime"] or not message["ttl"]:
            raise RpcError("insufficient PoW")
        envelope = {
            "to": receiver.hex(),
            "from": self.pairs[message["sig"]].hex(),
            "topic": message["topic"],
            "payload": self.codec.read(message["payload"]).hex(),
        }
        envelope["hash"] = hashlib.sha256(json.dumps(envelope).encode() + secrets.token_bytes(8)).hexdigest()
        self.flood(envelope)
        return "0x" + envelope["hash"]

    def raw_subscribe(self, kind, criteria, push):
        if kind != "messages" or criteria["privateKeyID"] not in self.pairs:
            raise RpcError("non-existent key ID")
        made = SubscriptionHere(self, criteria, push)
        self.subscriptions.append(made)
        return made.id


class SubscriptionHere:
    """Messages to one key pair, pushed at the next tick."""

    def __init__(self, node, criteria, push):
        self.id = "0x" + secrets.token_hex(16)
        self.criteria = criteria
        self._node, self._push = node, push
        self._key = node.pairs[criteria["privateKeyID"]].hex()

    def offer(self, envelope):
        if envelope["to"] == self._key and envelope["topic"] in self.criteria["topics"]:
            asyncio.get_running_loop().call_later(TICK_S, self._show, envelope)

    def _show(self, envelope):
        write = self._node.codec.write
        result = {
            "sig": write(bytes.fromhex(envelope["from"])),
            "payload": write(bytes.fromhex(envelope["payload"])),
            "topic": envelope["topic"],
            "hash": write(bytes.fromhex(envelope["hash"])),
        }
        if self._node.behave == "push-nonsense":
            result["payload"] = 7
        params = {"subscription": self.id, "result": result}
        self._push({"jsonrpc": "2.0", "method": f"{self._node.namespace}_subscription", "params": params})


async def serve_ipc(node):
    async def talk(reader, writer):
        if node.behave == "no-ipc":
            writer.close()
            return
        while line := await reader.readline():
            Statusd.tell(writer, node.answer(json.loads(line), lambda told: Statusd.tell(writer, told)))

    await asyncio.start_unix_server(talk, node.config["IPCFile"])
    say(f"INFO [11-28|11:09:26.512] IPC endpoint opened      url={node.config['IPCFile']}")


async def serve_http(node):
    async def talk(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(re.search(rb"(?i)content-length: *(\d+)", head)[1]))
                call = json.loads(body)
                answer = json.dumps(node.answer(call)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer)
                )
        writer.close()

    host, port = node.config["HTTPHost"], node.config["HTTPPort"]
    await asyncio.start_server(talk, host, port)
    say(f"INFO [11-28|11:09:26.513] HTTP endpoint opened     url=http://{host}:{port} cors= vhosts=localhost")


async def run(config, behave):
    node = Statusd(config, behave)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, over.set)
    await node.listen()
    await serve_ipc(node)
    if behave != "never-ready":
        await serve_http(node)
    await over.wait()
    say("INFO [11-28|11:09:29.371] Got interrupt, shutting down...")


def main():
    options = argparse.ArgumentParser(prefix_chars="-")
    options.add_argument("-c", dest="config")
    options.add_argument("-dir")
    options.add_argument("-version", action="store_true")
    options.add_argument("--knows", default="waku,shh")
    options.add_argument("--behave", default="well")
    given = options.parse_args()
    known = [name for name in given.knows.split(",") if name]
    if given.version:
        loaded = {CONFIGS[name]: {"Enabled": False} for name in known}
        sys.stdout.write(
            f"Statusd\nVersion: {VERSION}\nNetwork ID: 3\nLoaded Config:  {json.dumps(loaded, indent=4)}\n"
        )
        return
    config = json.loads(Path(given.config).read_text())
    assert Path(given.dir).is_dir()
    config = {
        key: value
        for key, value in config.items()
        if key not in {CONFIGS[n] for n in CONFIGS if n not in known}
    }
    asyncio.run(run(config, given.behave))


if __name__ == "__main__":
    main()

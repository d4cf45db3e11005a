"""Talking to reference node processes, for tests: plain http.client and a WebSocket, no driver of tcperf's."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time

from websockets.sync.client import connect

TIMEOUT_S = 20.0
TOPIC = "/waku/2/rs/16/32"
PASSWORD = "1234567890"
ITERATIONS = 4000
_LISTENING = re.compile(
    r"INFO \[\d\d-\d\d\|\d\d:\d\d:\d\d\.\d{3}\|status-backend/main\.go:45\] server started   address=(\S+):(\d+)\n"
)


class Connection(http.client.HTTPConnection):
    """An HTTP connection over a socket made elsewhere: in a node's own network, for one."""

    def __init__(self, port, make_socket):
        super().__init__("127.0.0.1", port, timeout=TIMEOUT_S)
        self._make_socket = make_socket

    def connect(self):
        self.sock = _connected(self._make_socket, self.port)


def _connected(make_socket, port):
    link = make_socket()
    link.settimeout(TIMEOUT_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # http.client writes a request in two parts
    link.connect(("127.0.0.1", port))
    return link


class Client:
    """The API of one node: method calls, RPC calls and signals."""

    def __init__(self, port, stack, make_socket=socket.socket):
        self._http = Connection(port, make_socket)
        stack.callback(self._http.close)
        link = _connected(make_socket, port)
        # The node answers no close frame: waiting for one would cost the whole timeout.
        signals = connect(
            f"ws://127.0.0.1:{port}/signals", sock=link, ping_interval=None, close_timeout=0, proxy=None
        )
        self._socket = stack.enter_context(signals)
        self.signals = []  # every signal read so far
        self._next = 0

    def raw(self, path, body=""):
        """(status, text) of a POST."""
        self._http.request("POST", path, body if isinstance(body, str) else json.dumps(body))
        answer = self._http.getresponse()
        return answer.status, answer.read().decode()

    def call(self, method, body=""):
        status, text = self.raw(f"/statusgo/{method}", body)
        assert status == 200, (method, status, text)
        return json.loads(text)

    def ask(self, method, *params, **members):
        """The whole JSON-RPC answer."""
        request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)} | members
        return self.call("CallRPC", request)

    def rpc(self, method, *params):
        """The result of a call that must succeed."""
        answer = self.ask(method, *params)
        assert "result" in answer, answer
        return answer["result"]

    def signal(self, kind, accept=lambda event: True, timeout_s=TIMEOUT_S):
        """The event of the next signal of a kind that is accepted; TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            if self._next == len(self.signals):
                left = max(deadline - time.monotonic(), 0)
                self.signals.append(json.loads(self._socket.recv(timeout=left)))
            signal = self.signals[self._next]
            self._next += 1
            if signal["type"] == kind and accept(signal["event"]):
                return signal["event"]


def command(api="2024-10", address="127.0.0.1:0"):
    return [sys.executable, "-m", "tcperf.nodes.reference", "--address", address, "--api", api]


class Node(Client):
    """A node process with its data folder."""

    def __init__(self, folder, stack, api="2024-10", address="127.0.0.1:0", env=None):
        self.api = api
        self.process = subprocess.Popen(command(api, address), stderr=subprocess.PIPE, text=True, env=env)
        stack.callback(self._end)
        self._serve(self.process.stderr.readline(), folder, stack)

    def _serve(self, line, folder, stack, make_socket=socket.socket):
        self.line = line
        match = _LISTENING.fullmatch(self.line)
        assert match, self.line
        self.port = int(match[2])
        self.folder = str(folder)
        super().__init__(self.port, stack, make_socket)

    def _end(self):
        # Gently where it helps: a node that dies of SIGKILL reports no test coverage.
        (self.process.kill if self.api == "v0.181" else self.process.terminate)()
        self.process.wait()
        self.process.stderr.close()

    def open_accounts(self):
        if self.api == "v0.181":
            return self.call("OpenAccounts", self.folder)
        return self.call("InitializeApplication", {"dataDir": self.folder})["accounts"]

    def creation(self, **changes):
        return {
            "rootDataDir": self.folder,
            "kdfIterations": ITERATIONS,
            "displayName": "alice-node",
            "password": PASSWORD,
            "customizationColor": "primary",
            "logEnabled": True,
            "logLevel": "INFO",
            "logFilePath": self.folder,
        } | changes

    def create(self):
        """Make an account, log in, start the messenger."""
        self.open_accounts()
        assert self.call("CreateAccountAndLogin", self.creation()) == {"error": ""}
        self.login = self._logged_in()
        self.rpc("wakuext_startMessenger")
        return self

    def log_in(self, password=PASSWORD):
        body = {"keyUid": self.key_uid, "password": password, "kdfIterations": ITERATIONS}
        assert self.call("LoginAccount", body) == {"error": ""}

    def log_in_again(self):
        self.log_in()
        again = self._logged_in()
        self.rpc("wakuext_startMessenger")
        return again

    def _logged_in(self):
        event = self.signal("node.login")
        assert not event.get("error"), event
        return event

    @property
    def chat_id(self):
        return self.login["settings"]["public-key"]

    @property
    def key_uid(self):
        return self.login["account"]["key-uid"]

    @property
    def address(self):
        return self.rpc("wakuext_listenAddresses")[-1]

    @property
    def peer(self):
        return self.address.rsplit("/", 1)[-1]

    def dial(self, other):
        """Dial another node; returns when both are in each other's mesh."""
        assert self.rpc("wakuext_dialPeer", other.address) is None
        self.await_peer(other)
        other.await_peer(self)

    def await_peer(self, other):
        peer = other.peer
        if peer not in self.rpc("wakuext_peers"):
            self.signal("wakuv2.peerstats", lambda event: peer in event["peers"])
        if self.api == "v0.181":
            return
        deadline = time.monotonic() + TIMEOUT_S
        while peer not in (self.rpc("wakuext_relayPeersByTopic", TOPIC)["fullMesh"] or ()):
            assert time.monotonic() < deadline, "no mesh"

    def send(self, other, text):
        """Send a message; the message as the sender sees it."""
        answer = self.rpc("wakuext_sendOneToOneMessage", {"id": other.chat_id, "message": text})
        (message,) = answer["messages"]
        return message

    def deliver(self, other, text):
        """Send a message and see it arrive and be acknowledged; both views of it."""
        sent = self.send(other, text)
        (received,) = other.signal("messages.new")["messages"]
        self.signal("message.delivered", lambda event: event["messageID"] == sent["id"])
        return sent, received


class HostedNode(Node):
    """A node process on a host of one of tcperf's networks, which also ends it."""

    def __init__(self, folder, stack, host, env):
        reader, writer = os.pipe()
        log = stack.enter_context(os.fdopen(reader))
        try:
            self.child = host.spawn(command(), cwd=folder, env=env, stdout=writer, stderr=writer)
        finally:
            os.close(writer)
        self.api = "2024-10"
        self._serve(log.readline(), folder, stack, host.socket)

    @property
    def address(self):
        """The interface's address; the loopback's is the last one, and reaches nobody else."""
        return self.rpc("wakuext_listenAddresses")[0]


@contextlib.contextmanager
def nodes(folder, count=1, **options):
    """So many fresh nodes, ended with the block."""
    with contextlib.ExitStack() as stack:
        made = []
        for number in range(count):
            place = folder / f"node{number}"
            place.mkdir()
            made.append(Node(place, stack, **options))
        yield made

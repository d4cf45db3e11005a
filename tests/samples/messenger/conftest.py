"""Two nodes that know each other.  This suite knows nothing of who may measure it."""

import json
import os
import re
import shlex
import subprocess
import sys
import time

import pytest
import requests
from websockets.sync.client import connect

COMMAND = shlex.split(os.environ.get("NODE_COMMAND", f"{sys.executable} -m tcperf.nodes.reference"))
TIMEOUT_S = 30


class Node:
    def __init__(self, name, folder):
        self.name, self.folder, self.received = name, folder, []
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [*COMMAND, "--address", "127.0.0.1:0"], stdout=self.log, stderr=self.log
        )
        self.port = self._wait_for_port()
        self.http = requests.Session()
        self.signals = connect(
            f"ws://127.0.0.1:{self.port}/signals", ping_interval=None, close_timeout=0, proxy=None
        )

    def _wait_for_port(self):
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            found = re.search(
                r"server started +address=127\.0\.0\.1:(\d+)", (self.folder / "log").read_text()
            )
            if found:
                return int(found[1])
            time.sleep(0.02)
        raise TimeoutError(f"{self.name} does not listen")

    def call(self, method, body):
        answer = self.http.post(
            f"http://127.0.0.1:{self.port}/statusgo/{method}", json=body, timeout=TIMEOUT_S
        )
        answer.raise_for_status()
        return answer.json()

    def rpc(self, method, *params):
        answer = self.call("CallRPC", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert "error" not in answer, answer
        return answer.get("result")

    def wait_for(self, kind):
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            signal = json.loads(self.signals.recv(timeout=TIMEOUT_S))
            if signal["type"] == kind:
                return signal["event"]
        raise TimeoutError(f"{self.name}: no {kind}")

    def log_in(self):
        folder = str(self.folder)
        self.call("InitializeApplication", {"dataDir": folder})
        self.call(
            "CreateAccountAndLogin",
            {
                "rootDataDir": folder,
                "kdfIterations": 3200,
                "displayName": f"{self.name}-node",
                "password": "1234567890",
                "customizationColor": "primary",
                "logFilePath": folder,
            },
        )
        self.public_key = self.wait_for("node.login")["settings"]["public-key"]
        self.rpc("wakuext_startMessenger")

    def meet(self, other):
        address = other.rpc("wakuext_listenAddresses")[-1]
        self.rpc("wakuext_dialPeer", address)
        deadline = time.monotonic() + TIMEOUT_S
        while not all(
            node.rpc("wakuext_relayPeersByTopic", "/waku/2/rs/16/32")["fullMesh"] for node in (self, other)
        ):
            assert time.monotonic() < deadline, "no mesh"
            time.sleep(0.05)

    def send(self, other, text):
        self.rpc("wakuext_sendOneToOneMessage", {"id": other.public_key, "message": text})

    def receive(self, text):
        while text not in self.received:
            self.received += [
                message["text"] for message in self.wait_for("messages.new").get("messages") or ()
            ]

    def stop(self):
        self.signals.socket.close()
        self.http.close()
        self.process.terminate()
        self.process.wait(TIMEOUT_S)
        self.log.close()


@pytest.fixture(scope="session")
def nodes(tmp_path_factory):
    started = [Node(name, tmp_path_factory.mktemp(name)) for name in ("alice", "bob")]
    for node in started:
        node.log_in()
    started[0].meet(started[1])
    yield started
    for node in started:
        node.stop()


@pytest.fixture
def alice(nodes):
    return nodes[0]


@pytest.fixture
def bob(nodes):
    return nodes[1]

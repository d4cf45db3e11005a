"""A container engine: a small HTTP server on a Unix socket, whose containers are whatever processes it is told."""

import contextlib
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote


class FakeEngine(socketserver.ThreadingUnixStreamServer):
    """Answers as Docker does.  ``broken`` is what it answers instead, when it is not None."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, path):
        super().__init__(str(path), _Handler)
        self.path = path
        self.containers = {}
        self.broken = None
        self.asked = []

    @property
    def env(self):
        return {"DOCKER_HOST": f"unix://{self.path}"}

    def handle_error(self, request, client_address):
        """Whoever asked did not wait for the answer."""

    def start(self, name, pid, network="bridge", started="2026-01-02T03:04:05.6Z"):
        self.containers[name] = {"pid": pid, "network": network, "started": started}

    def stop(self, name):
        self.containers[name]["pid"] = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        engine = self.server
        engine.asked.append(self.path)
        if engine.broken is not None:
            self._answer(200, engine.broken)
        elif self.path == "/containers/json":
            self._answer(
                200, [{"Names": [f"/{name}"]} for name, each in engine.containers.items() if each["pid"]]
            )
        else:
            self._inspect(unquote(self.path.removeprefix("/containers/").removesuffix("/json")))

    def _inspect(self, name):
        found = self.server.containers.get(name)
        if found is None:
            self._answer(404, {"message": f"No such container: {name}"})
            return
        state = {"Running": bool(found["pid"]), "Pid": found["pid"], "StartedAt": found["started"]}
        self._answer(
            200, {"Name": f"/{name}", "State": state, "HostConfig": {"NetworkMode": found["network"]}}
        )

    def _answer(self, status, value):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *_words):
        pass


@contextlib.contextmanager
def engine(folder):
    with FakeEngine(folder / "engine.sock") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

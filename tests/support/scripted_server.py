"""A TCP server on the loopback that plays one script for each connection, in the order of their arrival."""

import contextlib
import socket
import threading


class ScriptedServer:
    """Each script is called with its connection, which is closed after it; what it received is in ``seen``."""

    def __init__(self, *scripts):
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.seen = []
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self):
        for script in self._scripts:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(ConnectionError, TimeoutError):
                connection.settimeout(10)
                script(self, connection)

    def read_request(self, connection):
        """One HTTP request with its body; its bytes are kept in ``seen``; None at the connection's end."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, body = data.split(b"\r\n\r\n", 1)
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            ),
            0,
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.seen.append(head + b"\r\n\r\n" + body)
        return body


def answers(*responses):
    """A script that reads a request before each of the raw ``responses``."""

    def script(server, connection):
        for response in responses:
            if server.read_request(connection) is None:
                return
            connection.sendall(response)

    return script


def http(body, status="200 OK", headers=""):
    """A raw HTTP response."""
    raw = body if isinstance(body, bytes) else body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n{headers}\r\n".encode() + raw

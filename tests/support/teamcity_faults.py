"""What may go wrong at a server: each makes a fault for ``TeamCityServer.fail``.

A fault is called with the request's handler and says whether it answered; if not, the server answers as ever.
"""

import json
import socket
import struct

_BLOCK = b" " * 65536


def status(code, text="", headers=(), content_type="text/plain"):
    """An answer with this status, such as 401, 404, 500, 503."""

    def fault(handler):
        handler.answer(code, text.encode("utf-8"), content_type, dict(headers))
        return True

    return fault


def too_many(retry_after=None, date=None):
    """Status 429, with the headers Retry-After and Date where given."""
    named = {"Retry-After": retry_after, "Date": date}
    return status(
        429, "Too many requests", {name: value for name, value in named.items() if value is not None}
    )


def answer(body, content_type="application/json", code=200):
    """Any answer: text, bytes, or a value that is written as JSON."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()

    def fault(handler):
        handler.answer(code, raw, content_type)
        return True

    return fault


def broken_json():
    """JSON that ends in the middle, announced as such."""
    return answer(b'{"count": 2, "build": [{"id": 1, "num')


def slow(seconds):
    """The answer comes after ``seconds``, or when the server closes."""

    def fault(handler):
        handler.server.closing.wait(seconds)
        return False

    return fault


def drip(seconds):
    """A body of spaces that never ends, one byte every ``seconds``."""

    def fault(handler):
        handler.close_connection = True
        handler.head(200, {"Content-Type": "application/json", "Content-Length": "1000000"})
        while not handler.server.closing.wait(seconds):
            handler.wfile.write(b" ")
        return True

    return fault


def drip_head(seconds):
    """A status line, and then a header that never ends, one byte every ``seconds``."""

    def fault(handler):
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not handler.server.closing.wait(seconds):
            handler.wfile.write(b"x")
        return True

    return fault


def redirect(location, code=302):
    """A redirect to ``location``, a URL or a path."""
    return status(code, "", {"Location": location.encode().decode("iso-8859-1")})  # raw UTF-8, as some do


def reset():
    """The connection is reset, without an answer."""

    def fault(handler):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.close()  # in truth when the handler ends: then nothing in order is sent
        return True

    return fault


def hang_up():
    """The connection ends in order, without an answer."""

    def fault(handler):
        handler.hang_up()
        return True

    return fault


def cut():
    """The connection ends in the middle of the body."""

    def fault(handler):
        handler.head(200, {"Content-Type": "application/json", "Content-Length": "1000"})
        handler.wfile.write(b'{"count": 1')
        handler.hang_up()
        return True

    return fault


def endless():
    """A body without an end and without an announced length."""

    def fault(handler):
        handler.head(200, {"Content-Type": "application/json", "Connection": "close"})
        while not handler.server.closing.is_set():
            handler.wfile.write(_BLOCK)
        return True

    return fault


def announced(size):
    """A body that is announced as ``size`` bytes and does not come."""

    def fault(handler):
        handler.head(200, {"Content-Type": "application/octet-stream", "Content-Length": str(size)})
        handler.hang_up()
        return True

    return fault


def no_http():
    """What answers is no HTTP server."""

    def fault(handler):
        handler.wfile.write(b"220 mail.example ESMTP\r\n")
        handler.hang_up()
        return True

    return fault


def echo(code=500, content_type="text/plain"):
    """An answer that repeats the request's headers, the credentials among them."""

    def fault(handler):
        said = "; ".join(f"{name}: {value}" for name, value in handler.headers.items())
        handler.answer(code, said.encode("utf-8"), content_type)
        return True

    return fault

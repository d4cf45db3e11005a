"""HTTP to a node, over sockets that live on the node's host.

One connection is kept alive.  It is made anew when the node has closed it between two calls; a call is
never repeated once a byte of it was sent, because sending a message twice is two messages.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from typing import Any, Self, cast

from attrs import frozen

from tcperf.clock import Deadline, monotonic_ns
from tcperf.errors import NodeError
from tcperf.nodes.http_wire import Wire
from tcperf.nodes.witness import Witness, failure, loss, quote

_ANSWER_LIMIT = 64 * 1024 * 1024
_OK, _NOT_FOUND, _NOT_IMPLEMENTED = 200, 404, 501
_UNKNOWN = "this node is of a generation that tcperf does not know; say so to tcperf's developers"


class UnusableAnswerError(NodeError):
    """The node answered, but neither JSON nor with status 200."""


class UnknownMethodError(UnusableAnswerError):
    """The node does not know the method (HTTP 404): it is of another generation."""


class UnsupportedMethodError(UnusableAnswerError):
    """The node knows the method but does not offer it over HTTP (501)."""


@frozen
class Answer:
    """What a call gave, the stamp just before its first byte left and the one after its last byte came."""

    value: Any
    sent_ns: int
    received_ns: int


class HttpClient:
    """Asks a node.  One request at a time; safe for several threads."""

    def __init__(
        self, address: tuple[str, int], make_socket: Callable[[], socket.socket], witness: Witness
    ) -> None:
        self._address = address
        self._make_socket = make_socket
        self._witness = witness
        self._wire: Wire | None = None
        self._lock = threading.Lock()

    def get(self, path: str, deadline: Deadline) -> bytes:
        """What is at ``path`` of the same port, whatever it is.  Raises as ``call``."""
        body: bytes = self._exchange(f"GET {path}", "GET", path, b"", deadline).value
        return body

    def twin(self) -> Self:
        """Another one for the same port, with a connection of its own: for a call that takes long."""
        return type(self)(self._address, self._make_socket, self._witness)

    def close(self) -> None:
        """Close the connection; a later call makes a new one."""
        with self._lock:
            self._hang_up()

    def _post(self, path: str, what: str, body: bytes, deadline: Deadline) -> Answer:
        """Post JSON; the answer's value is the JSON that came back.  ``what`` names the call in errors."""
        answer = self._exchange(what, "POST", path, body, deadline)
        return Answer(self._parse(what, answer.value), answer.sent_ns, answer.received_ns)

    def _exchange(self, what: str, verb: str, path: str, body: bytes, deadline: Deadline) -> Answer:
        """One request; the answer's value is its raw body."""
        with self._lock:
            try:
                status, raw, sent_ns, received_ns = self._round_trip(verb, path, body, deadline)
            except TimeoutError:
                self._hang_up()
                raise failure(self._witness, f"did not answer {what} within {deadline}") from None
            except (http.client.IncompleteRead, OSError) as error:
                self._hang_up()
                raise loss(self._witness, "closed the connection", f"without answering {what}") from error
            except http.client.HTTPException as error:
                self._hang_up()
                said = f"answered {what} with no HTTP: {error!r:.200}"
                raise failure(self._witness, said, kind=UnusableAnswerError) from error
            except BaseException:  # interrupted: an answer to come would be taken for the next one's
                self._hang_up()
                raise
        self._check_status(what, status, raw)
        return Answer(raw, sent_ns, received_ns)

    def _round_trip(
        self, verb: str, path: str, body: bytes, deadline: Deadline
    ) -> tuple[int, bytes, int, int]:
        wire = self._connected(deadline)
        host, port = self._address
        head = (
            f"{verb} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sent_ns = monotonic_ns()
        wire.send(head.encode("ascii") + body)
        response = http.client.HTTPResponse(cast("socket.socket", wire), method=verb)
        response.begin()
        raw = response.read(_ANSWER_LIMIT)
        received_ns = monotonic_ns()
        if len(raw) == _ANSWER_LIMIT:
            raise http.client.HTTPException(f"an answer of {_ANSWER_LIMIT:,} bytes or more")
        if response.length:  # a limited read takes the end of the stream for the end of the answer
            raise http.client.IncompleteRead(raw, response.length)
        if response.will_close or not response.isclosed():
            self._hang_up()
        response.close()
        return response.status, raw, sent_ns, received_ns

    def _check_status(self, what: str, status: int, raw: bytes) -> None:
        if status == _NOT_FOUND:
            raise failure(
                self._witness, f"does not know {what} (404)", cure=_UNKNOWN, kind=UnknownMethodError
            )
        if status == _NOT_IMPLEMENTED:
            raise failure(
                self._witness, f"does not offer {what} (501)", cure=_UNKNOWN, kind=UnsupportedMethodError
            )
        if status != _OK:
            said = f"answered {what} with HTTP status {status}: {quote(raw)}"
            raise failure(self._witness, said, kind=UnusableAnswerError)

    def _parse(self, what: str, raw: bytes) -> Any:
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            said = f"answered nonsense to {what}: {quote(raw)}"
            raise failure(self._witness, said, kind=UnusableAnswerError) from None

    def _connected(self, deadline: Deadline) -> Wire:
        if self._wire is not None and not self._wire.is_idle():
            self._hang_up()
        if self._wire is None:
            self._wire = Wire(self._make_socket())
            self._wire.connect(self._address, deadline)
        self._wire.deadline = deadline
        return self._wire

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def compact(value: Any) -> str:
    """JSON without a needless byte."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

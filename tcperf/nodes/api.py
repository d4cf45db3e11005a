"""The HTTP API of a status-backend node, over sockets that live on the node's host.

``POST /statusgo/<Method>`` takes a JSON body and answers status 200 with JSON for every known method, its
errors included (``{"error": "…"}``), 404 for an unknown one and 501 for one that takes several arguments.
``CallRPC`` carries JSON-RPC 2.0.  (status-go, cmd/status-backend/server.)

One connection is kept alive.  It is made anew when the node has closed it between two calls; a call is
never repeated once a byte of it was sent, because sending a message twice is two messages.
"""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

from attrs import frozen

from tcperf.clock import Deadline, monotonic_ns
from tcperf.errors import NodeError
from tcperf.nodes.http_wire import Wire
from tcperf.nodes.witness import Witness, failure, loss, quote

_ANSWER_LIMIT = 64 * 1024 * 1024
_OK, _NOT_FOUND, _NOT_IMPLEMENTED = 200, 404, 501
#: JSON-RPC 2.0, section 5.1: the method does not exist.
METHOD_NOT_FOUND = -32601
_UNKNOWN = "this node is of a generation that tcperf does not know; say so to tcperf's developers"


class UnusableAnswerError(NodeError):
    """The node answered, but neither JSON nor with status 200."""


class UnknownMethodError(UnusableAnswerError):
    """The node does not know the method (HTTP 404): it is of another generation."""


class UnsupportedMethodError(UnusableAnswerError):
    """The node knows the method but does not offer it over HTTP (501)."""


class RefusedError(NodeError):
    """The node answered ``{"error": "…"}``."""


class RpcError(NodeError):
    """The node answered a JSON-RPC error; ``code`` is its number, ``text`` its message."""

    code: int = 0
    text: str = ""


@frozen
class Answer:
    """What a call gave, the stamp just before its first byte left and the one after its last byte came."""

    value: Any
    sent_ns: int
    received_ns: int


class Api:
    """Calls a node.  One call at a time; safe for several threads."""

    def __init__(
        self, address: tuple[str, int], make_socket: Callable[[], socket.socket], witness: Witness
    ) -> None:
        self._address = address
        self._make_socket = make_socket
        self._witness = witness
        self._wire: Wire | None = None
        self._lock = threading.Lock()
        self._ids = itertools.count(1)

    def call(self, method: str, body: Any, deadline: Deadline) -> Any:
        """Call ``/statusgo/<method>``; ``body`` is JSON, or a string to be sent as it is, or None for nothing.

        Raises UnknownMethodError, UnsupportedMethodError, RefusedError, UnusableAnswerError for a nonsensical
        answer, or NodeError for none.
        """
        raw = body if isinstance(body, str) else "" if body is None else _compact(body)
        answer = self._post(method, method, raw.encode("utf-8"), deadline).value
        if isinstance(answer, dict) and answer.get("error"):
            raise self._refusal(method, answer["error"])
        return answer

    def rpc(self, method: str, params: Sequence[Any], deadline: Deadline) -> Answer:
        """Call a JSON-RPC method; the answer's value is its result.

        Raises RpcError for an error object, and otherwise as ``call``.
        """
        number = next(self._ids)
        body = _compact({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)})
        answer = self._post("CallRPC", method, body.encode("utf-8"), deadline)
        return Answer(self._result(method, number, answer.value), answer.sent_ns, answer.received_ns)

    def get(self, path: str, deadline: Deadline) -> bytes:
        """What is at ``path`` of the same port, whatever it is.  Raises as ``call``."""
        body: bytes = self._exchange(f"GET {path}", "GET", path, b"", deadline).value
        return body

    def twin(self) -> Api:
        """Another one for the same port, with a connection of its own: for a call that takes long."""
        return Api(self._address, self._make_socket, self._witness)

    def close(self) -> None:
        """Close the connection; a later call makes a new one."""
        with self._lock:
            self._hang_up()

    def _result(self, method: str, number: int, answer: Any) -> Any:
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            raise self._rpc_error(method, error)
        if error:  # without JSON-RPC around it: "JSON-RPC client is unavailable" before the login
            raise self._refusal(method, error)
        if not isinstance(answer, dict) or answer.get("id") != number or "result" not in answer:
            raise failure(self._witness, f"answered nonsense to {method}: {quote(answer)}")
        return answer["result"]

    def _rpc_error(self, method: str, error: dict[str, Any]) -> RpcError:
        code, text = error.get("code"), str(error.get("message"))
        raised = failure(self._witness, f"answered error {code} to {method}: {quote(text)}", kind=RpcError)
        raised.code = code if isinstance(code, int) else 0
        raised.text = text
        return raised

    def _refusal(self, method: str, error: object) -> RefusedError:
        text = error if isinstance(error, str) else _compact(error)
        return failure(self._witness, f"refused {method}: {quote(text)}", kind=RefusedError)

    def _post(self, endpoint: str, what: str, body: bytes, deadline: Deadline) -> Answer:
        answer = self._exchange(what, "POST", f"/statusgo/{endpoint}", body, deadline)
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


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

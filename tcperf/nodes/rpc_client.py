"""JSON-RPC 2.0 over HTTP, as go-ethereum serves it."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.nodes.http_client import Answer, HttpClient, compact
from tcperf.nodes.witness import Witness, failure, quote

#: JSON-RPC 2.0, section 5.1: the method does not exist.
METHOD_NOT_FOUND = -32601


class RefusedError(NodeError):
    """The node answered ``{"error": "…"}``."""


class RpcError(NodeError):
    """The node answered a JSON-RPC error; ``code`` is its number, ``text`` its message."""

    code: int = 0
    text: str = ""


class RpcClient(HttpClient):
    """Calls a node's methods; they are posted to ``path``."""

    path: ClassVar = "/"

    def __init__(
        self, address: tuple[str, int], make_socket: Callable[[], socket.socket], witness: Witness
    ) -> None:
        super().__init__(address, make_socket, witness)
        self._ids = itertools.count(1)

    def rpc(self, method: str, params: Sequence[Any], deadline: Deadline) -> Answer:
        """Call a method; the answer's value is its result.

        Raises RpcError for an error object, RefusedError for an error without JSON-RPC around it, UnusableAnswerError
        for a nonsensical answer, or NodeError for none.
        """
        number = next(self._ids)
        body = compact({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)})
        answer = self._post(self.path, method, body.encode("utf-8"), deadline)
        return Answer(self._result(method, number, answer.value), answer.sent_ns, answer.received_ns)

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
        text = error if isinstance(error, str) else compact(error)
        return failure(self._witness, f"refused {method}: {quote(text)}", kind=RefusedError)

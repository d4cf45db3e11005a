"""The HTTP API of a status-backend node.

``POST /statusgo/<Method>`` takes a JSON body and answers status 200 with JSON for every known method, its
errors included (``{"error": "…"}``), 404 for an unknown one and 501 for one that takes several arguments.
``CallRPC`` carries JSON-RPC 2.0.  (status-go, cmd/status-backend/server.)
"""

from __future__ import annotations

from typing import Any, ClassVar

from tcperf.clock import Deadline
from tcperf.nodes.http_client import compact
from tcperf.nodes.rpc_client import RpcClient

_ROOT = "/statusgo"


class Api(RpcClient):
    """Calls a node.  One call at a time; safe for several threads."""

    path: ClassVar = f"{_ROOT}/CallRPC"

    def call(self, method: str, body: Any, deadline: Deadline) -> Any:
        """Call ``/statusgo/<method>``; ``body`` is JSON, or a string to be sent as it is, or None for nothing.

        Raises UnknownMethodError, UnsupportedMethodError, RefusedError, UnusableAnswerError for a nonsensical
        answer, or NodeError for none.
        """
        raw = body if isinstance(body, str) else "" if body is None else compact(body)
        answer = self._post(f"{_ROOT}/{method}", method, raw.encode("utf-8"), deadline).value
        if isinstance(answer, dict) and answer.get("error"):
            raise self._refusal(method, answer["error"])
        return answer

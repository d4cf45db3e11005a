"""Go's own figures, where a node serves its package expvar: ``GET /debug/vars``.

status-backend has no such page on its API.  It links anacrolix/envpprof in, though, which serves the page on a
port of its own where the environment says GOPPROF=http (``ENVIRONMENT``), and adds ``numGoroutine`` to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcperf.clock import Deadline
from tcperf.nodes.api import Api, UnusableAnswerError

#: What makes a status-go program serve its figures; it costs one sleeping goroutine.
ENVIRONMENT = {"GOPPROF": "http"}


class Expvar:
    """A node's page.  Whatever answer is no JSON object means that there is none; it is not asked for again."""

    def __init__(self) -> None:
        self._is_offered = True

    def read(self, api: Api, deadline: Deadline) -> Mapping[str, Any] | None:
        """The page, or None where there is none.  Raises NodeError where the node does not answer at all."""
        if not self._is_offered:
            return None
        try:
            page = api.get("/debug/vars", deadline)
        except UnusableAnswerError:
            page = None
        self._is_offered = isinstance(page, dict)
        return page if isinstance(page, dict) else None

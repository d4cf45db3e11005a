"""Go's own figures, where a node serves its package expvar: ``GET /debug/vars``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcperf.clock import Deadline
from tcperf.nodes.api import Api, UnknownMethodError


class Expvar:
    """A node's page; one that is not there is asked for only once."""

    def __init__(self) -> None:
        self._is_offered = True

    def read(self, api: Api, deadline: Deadline) -> Mapping[str, Any] | None:
        """The page, or None where there is none.  Raises NodeError where the node fails to answer."""
        if not self._is_offered:
            return None
        try:
            page = api.get("/debug/vars", deadline)
        except UnknownMethodError:
            page = None
        self._is_offered = isinstance(page, dict)
        return page if isinstance(page, dict) else None

"""Go's own figures of a node, from whichever page it serves them."""

from __future__ import annotations

from tcperf.clock import Deadline
from tcperf.gofigures import GoFigures
from tcperf.nodes import expvar, prometheus
from tcperf.nodes.api import Api
from tcperf.nodes.http_client import UnusableAnswerError

#: Where figures are looked for, the fullest page first.
_PAGES = ((expvar.PATH, expvar.parse), (prometheus.PATH, prometheus.parse))


class Figures:
    """A node's page.  Whatever other answer means that there is none; it is not asked for again.

    Once one page was found, it is the only one: figures of two sources need not go together.
    """

    def __init__(self) -> None:
        self._pages = list(_PAGES)

    def read(self, api: Api, deadline: Deadline) -> GoFigures | None:
        """The figures now; None where none are offered.  Raises NodeError where the node does not answer at all."""
        while self._pages:
            path, parse = self._pages[0]
            try:
                found = parse(api.get(path, deadline))
            except UnusableAnswerError:
                found = None
            if found is not None:
                self._pages = [(path, parse)]
                return found
            del self._pages[0]
        return None

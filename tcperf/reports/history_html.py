"""history.html: past builds as charts, in one self-contained file like report.html."""

from __future__ import annotations

from typing import Final

from tcperf.reports.charts import BOX
from tcperf.reports.past import Past
from tcperf.reports.templates import POLICY, template
from tcperf.reports.trends import trends

_TEMPLATE: Final = "history.html.j2"
#: In every page of this kind, near its beginning.
MARK: Final = "tcperf history"


def render(past: Past, window: int | None = None) -> str:
    """The page; the bands are those of the last ``window`` builds.  No text of a server can become markup."""
    return template(_TEMPLATE).render(
        mark=MARK, past=past, found=trends(past.history, past.names, {}, window), policy=POLICY, box=BOX
    )

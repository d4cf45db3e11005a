"""report.html: one self-contained file, readable with scripts off and under a strict content policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tcperf.gate import MANY
from tcperf.judging import ALPHA
from tcperf.model import Result
from tcperf.reports import dots, intervals, stacked
from tcperf.reports.charts import BOX
from tcperf.reports.glossary import MEANINGS
from tcperf.reports.templates import POLICY, script, template
from tcperf.reports.view import report
from tcperf.timeseries import Series

__all__ = ["POLICY", "render"]

_TEMPLATE: Final = "report.html.j2"
_SCRIPT: Final = "report.js"


def render(result: Result, series: Mapping[str, Series], feedback: str | None = None) -> str:
    """The page; ``series`` are by the run's id, and only asked for the runs that are drawn.

    ``feedback`` is the address where readers may say what they think of it; None asks nobody.  No text of the
    result can become markup, and the one script on the page is our own: the page names its hash.
    """
    ours = script(_SCRIPT)
    return template(_TEMPLATE).render(
        report=report(result, series, feedback),
        policy=ours.policy,
        script=ours.text,
        box=BOX,
        stack_box=stacked.HEIGHT,
        dots=dots,
        intervals=intervals,
        alpha=f"{ALPHA:g}".removeprefix("0"),
        many=MANY,
        glossary=MEANINGS,
    )

"""Project features: charts, their order and the report tab as TeamCity stores them, in XML and over REST alike.

TeamCity, "Custom Chart": a chart is a feature of the type ``buildtype-graphs``, whose series are a text in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from tcperf.teamcity.settings.chart import Chart
from tcperf.teamcity.settings.plan import ReportTab, SettingsPlan, literal_percents

CHART: Final = "buildtype-graphs"
ORDER: Final = "buildtype-graphs.order"
REPORT: Final = "ReportTab"
ORDER_ID: Final = "TcperfChartsOrder"
#: What the column of names above a chart's legend is called.
SERIES_TITLE: Final = "Metric"


@frozen
class Feature:
    """One feature of a project: its identifier, its type, and its properties as texts."""

    id: str
    type: str
    properties: Mapping[str, str]


def features(plan: SettingsPlan) -> tuple[Feature, ...]:
    """The charts in their order, then the report tab."""
    return (*map(_chart, plan.charts), _report(plan.report))


def order(ids: Iterable[str]) -> Feature:
    """The feature that puts the charts of these identifiers into their order."""
    return Feature(ORDER_ID, ORDER, {"order": ",".join(ids)})


def _chart(chart: Chart) -> Feature:
    series = [
        {"type": "valueType", "title": each.title, "key": each.key, "color": each.color}
        for each in chart.series
    ]
    properties = {
        "title": chart.title,
        "seriesTitle": SERIES_TITLE,
        "format": chart.format,
        # A build that a condition has failed is the very one to be seen.
        "defaultFilters": "showFailed",
        "series": json.dumps(series),
    }
    return Feature(chart.id, CHART, properties)


def _report(tab: ReportTab) -> Feature:
    properties = {
        "type": "BuildReportTab",
        "title": tab.title,
        "startPage": literal_percents(tab.start_page),
    }
    return Feature(tab.id, REPORT, properties)

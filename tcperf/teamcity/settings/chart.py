"""Charts: which statistics stand together on one, with which format, in which colours and order.

One unit a chart, for a chart has one format, and within a unit only what is of about the same size: a latency beside
the time of a hundred messages would be a line at the bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from attrs import frozen

from tcperf.keys import COUNTS, KEY_LIMIT, count_key, delta_key, worse_key
from tcperf.metrics import OPERATION_METRICS, TRAFFIC_METRICS
from tcperf.teamcity.settings.request import Request, Statistic
from tcperf.thresholds import criterion
from tcperf.units import COUNT, PERCENT, UNITS, ChartFormat

#: The report's colours, for a white page; a chart with more series begins again.
COLOURS: Final = (
    "#0b66c3",
    "#c2500c",
    "#15803d",
    "#7e3fc0",
    "#b4235a",
    "#0f766e",
    "#8a6100",
    "#475569",
)
#: Red for what is bad, green for what is good, amber for what nobody knows, as in the report.
COUNT_COLOURS: Final = {
    "regressions": "#b3261e",
    "improvements": "#0f6b3a",
    "undecided": "#946600",
    "not_compared": "#475569",
    "over_budget": "#7e3fc0",
}
#: What stands together, in the order of the charts.
_GROUPS: Final = ("time", "latency", "memory", "traffic", "bytes", "packets", "counts", "percent")
_PAIRS: Final = "pairs"


@frozen
class Series:
    """One line of a chart."""

    title: str
    key: str
    color: str


@frozen
class Chart:
    """A chart of every build configuration of the project."""

    id: str
    title: str
    format: ChartFormat
    series: tuple[Series, ...]


def charts(request: Request) -> tuple[Chart, ...]:
    """All charts: the verdict's counts and regressions first, then each scenario's in their order, then the pairs."""
    return tuple(chart for chart in _all(request) if chart.series)


def is_gated(statistic: Statistic, request: Request) -> bool:
    """Whether its change is a statistic, too: it is gated, and the longer key still is one."""
    return _is_gated(statistic, request, request.lanes)


def may_be_worse(statistic: Statistic, request: Request) -> bool:
    """Whether how far it is worse is one: also in lanes that keep it from being gated, where that is 0."""
    return _is_gated(statistic, request, 1)


def _is_gated(statistic: Statistic, request: Request, lanes: int) -> bool:
    found = criterion(statistic.metric, statistic.tail, published=True, policy=request.policy, lanes=lanes)
    return found.gated and len(delta_key(statistic.key)) <= KEY_LIMIT


def _all(request: Request) -> Iterator[Chart]:
    counts = [what for what in COUNTS if what != _PAIRS]
    yield _counts(request, "verdicts", "verdicts", counts)
    yield _regressions(request)
    for statistics in request.statistics.values():
        yield from _of_scenario(request, statistics)
    yield _counts(request, "pairs", "pairs made", [_PAIRS])


def _counts(request: Request, name: str, title: str, counts: Iterable[str]) -> Chart:
    series = (
        Series(
            what.replace("_", " "),
            count_key(what, reference=request.reference),
            COUNT_COLOURS.get(what, COLOURS[0]),
        )
        for what in counts
    )
    return Chart(request.identifier(name), _title(request, title), COUNT.chart, tuple(series))


def _regressions(request: Request) -> Chart:
    """How much worse each metric is: 0 unless the verdict is WORSE, so whatever rises above the ground is one."""
    found = [each for statistics in request.statistics.values() for each in statistics]
    named = [(f"{each.scenario.replace('_', ' ')}: {each.title}", each) for each in found]
    return Chart(
        request.identifier("regressions"),
        _title(request, "regressions, percent of the base"),
        PERCENT.chart,
        _series([(title, each) for title, each in named if may_be_worse(each, request)], worse_key),
    )


def _of_scenario(request: Request, statistics: tuple[Statistic, ...]) -> Iterator[Chart]:
    if not statistics:
        return
    scenario = statistics[0].scenario
    title = scenario.replace("_", " ")
    gated = [(each.title, each) for each in statistics if is_gated(each, request)]
    yield Chart(
        request.identifier(scenario, "change"),
        _title(request, f"{title}, change against the base in percent"),
        PERCENT.chart,
        _series(gated, delta_key),
    )
    for group in _GROUPS:
        found = [each for each in statistics if _group(each) == group]
        if found:
            yield Chart(
                request.identifier(scenario, group),
                _title(request, f"{title}, {group}"),
                UNITS[found[0].unit].chart,
                _series([(each.title, each) for each in found]),
            )


def _series(named: list[tuple[str, Statistic]], key: Callable[[str], str] = str) -> tuple[Series, ...]:
    return tuple(
        Series(title, key(each.key), COLOURS[place % len(COLOURS)])
        for place, (title, each) in enumerate(named)
    )


def _group(statistic: Statistic) -> str:
    """The group of _GROUPS that it belongs to: each holds one unit alone."""
    metric, unit = statistic.metric, statistic.unit
    if unit == "ms":
        return "latency" if metric in OPERATION_METRICS else "time"
    if unit == "bytes" and metric.startswith("memory"):
        return "memory"
    if metric in TRAFFIC_METRICS:
        return "traffic" if unit == "bytes" else "packets"
    return {"bytes": "bytes", "count": "counts", "pct": "percent"}[unit]


def _title(request: Request, title: str) -> str:
    """With the node's name where it is the bundled one: nobody may take its figures for those of another."""
    return f"tcperf, REFERENCE NODE: {title}" if request.reference else f"tcperf: {title}"

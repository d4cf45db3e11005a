"""What report.html shows, gathered from a Result: values for the template, no markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from attrs import frozen

from tcperf.model import EXACTNESS, METRICS, Comparison, NodeExit, Result, Run, ScenarioInfo, Subject
from tcperf.reports.charts import RunCharts, run_charts
from tcperf.reports.closure import CaptureView, ClosingView, capture_view, closing_view
from tcperf.reports.dots import Dots, dots
from tcperf.reports.flows import FlowsView, flows_view
from tcperf.reports.link import link_text
from tcperf.reports.machine import machine_facts
from tcperf.reports.subjects import Identities, identities
from tcperf.reports.verdict_view import VerdictView, verdict_view
from tcperf.summary import (
    HEAD,
    Summary,
    metric_order,
    summarize,
    summarize_nodes,
    typical_run,
    warnings,
)
from tcperf.timeseries import Series

#: The runs of a scenario whose curves are drawn; the page stays light, and the rest is in series/.
DRAWN_RUNS: Final = 5


@frozen
class Figure:
    """A row of a scenario's chief table; ``against`` is what was said of it beside a base, None without one."""

    summary: Summary
    against: Comparison | None
    help: str
    dots: Dots | None


@frozen
class DetailRow:
    """One metric of one phase: the total, then each node's; None where one has not got it."""

    metric: str
    cells: tuple[Summary | None, ...]


@frozen
class PhaseView:
    """A phase: its published figures, and all figures by node."""

    name: str
    figures: tuple[Figure, ...]
    nodes: tuple[str, ...]
    rows: tuple[DetailRow, ...]


@frozen
class ScenarioView:
    """A scenario: ``charts`` begins with the run that lasted closest to the median.

    ``flows`` tells where the traffic went; None where no run was captured.
    """

    info: ScenarioInfo
    runs: int
    phases: tuple[PhaseView, ...]
    flows: FlowsView | None
    charts: tuple[RunCharts, ...]
    undrawn: int


@frozen
class MetricView:
    """What a metric means, how exact it was, and where it was read."""

    key: str
    help: str
    exactness: str
    sources: str


@frozen
class RunView:
    """A run's processes and what it left behind: the nodes' logs, its series and its capture."""

    run: Run
    exits: tuple[tuple[str, NodeExit], ...]
    logs: tuple[str, ...]
    files: tuple[str, ...]


@frozen
class Report:
    """The whole page; ``verdict`` is None where nothing was to be compared, ``identities`` where there is no base."""

    result: Result
    verdict: VerdictView | None
    identities: Identities | None
    subject: Subject | None
    title: str
    warnings: tuple[str, ...]
    scenarios: tuple[ScenarioView, ...]
    link: str | None
    closings: tuple[ClosingView, ...]
    captures: tuple[CaptureView, ...]
    metrics: tuple[MetricView, ...]
    runs: tuple[RunView, ...]
    environment: tuple[tuple[str, str], ...]


def report(result: Result, series: Mapping[str, Series]) -> Report:
    """Gather the page; ``series`` are by the run's id, and a run without one has no charts."""
    subject = result.subjects.get(HEAD)
    totals, nodes = summarize(result), summarize_nodes(result)
    return Report(
        result=result,
        verdict=verdict_view(result),
        identities=identities(result),
        subject=subject,
        title=_title(subject),
        warnings=warnings(result),
        scenarios=tuple(_scenario(result, info, totals, nodes, series) for info in result.scenarios),
        link=link_text(result.conditions),
        closings=tuple(closing for run in result.runs if (closing := closing_view(run)) is not None),
        captures=tuple(capture for run in result.runs if (capture := capture_view(run)) is not None),
        metrics=tuple(_metrics(result)),
        runs=tuple(_run(run) for run in result.runs),
        environment=tuple(machine_facts(result)),
    )


def _title(subject: Subject | None) -> str:
    if subject is None:
        return "Nothing measured"
    if subject.reference:
        return f"Bundled reference node {subject.version}"
    return f"{PurePosixPath(subject.path).name} {subject.version}"


def _scenario(
    result: Result,
    info: ScenarioInfo,
    totals: Iterable[Summary],
    nodes: Iterable[Summary],
    series: Mapping[str, Series],
) -> ScenarioView:
    of_all = [summary for summary in (*totals, *nodes) if summary.scenario == info.name]
    names = dict.fromkeys(summary.phase for summary in of_all)
    runs = result.runs_of(info.name)
    against = {each.key: each for each in result.comparisons if each.base_median is not None}
    drawable = [run for run in _typical_first(result, info.name) if run.id in series]
    drawn = [run_charts(run, series[run.id]) for run in drawable[:DRAWN_RUNS]]
    charts = tuple(chart for chart in drawn if chart is not None)
    return ScenarioView(
        info=info,
        runs=len(runs),
        phases=tuple(
            _phase(name, [summary for summary in of_all if summary.phase == name], against) for name in names
        ),
        flows=flows_view(result, info),
        charts=charts,
        undrawn=len(runs) - len(charts),
    )


def _typical_first(result: Result, scenario: str) -> list[Run]:
    typical = typical_run(result, scenario)
    runs = result.runs_of(scenario)
    return [run for run in (typical, *(run for run in runs if run is not typical)) if run is not None]


def _phase(name: str, summaries: list[Summary], against: Mapping[str, Comparison]) -> PhaseView:
    nodes = tuple(dict.fromkeys(summary.node for summary in summaries if summary.node is not None))
    found = {(summary.metric, summary.node): summary for summary in summaries}
    metrics = dict.fromkeys(summary.metric for summary in summaries)  # published ones first
    return PhaseView(
        name=name,
        figures=tuple(
            Figure(summary, against.get(summary.key), _help(summary.metric), dots(summary))
            for summary in summaries
            if summary.published
        ),
        nodes=nodes,
        rows=tuple(
            DetailRow(metric, tuple(found.get((metric, node)) for node in (None, *nodes)))
            for metric in metrics
        ),
    )


def _help(metric: str) -> str:
    known = METRICS.get(metric)
    return known.help if known is not None else ""


def _metrics(result: Result) -> Iterator[MetricView]:
    found = [
        (key, measured)
        for run in result.runs
        for phase in run.phases
        for measurements in (phase.totals, *phase.nodes.values())
        for key, measured in measurements.items()
    ]
    for key in metric_order(key for key, _measured in found):
        of_key = [measured for other, measured in found if other == key]
        exactness = {measured.exactness for measured in of_key}
        sources = dict.fromkeys(measured.source for measured in of_key)
        told = [word.replace("_", "-") for word in EXACTNESS if word in exactness]
        yield MetricView(key, _help(key), ", ".join(told), ", ".join(sources))


def _run(run: Run) -> RunView:
    files = (run.series, None if run.capture is None else run.capture.file)
    return RunView(
        run=run,
        exits=tuple(run.exits.items()),
        logs=tuple(_logs(run)),
        files=tuple(name for name in files if name is not None),
    )


def _logs(run: Run) -> Iterator[str]:
    """The names under which the nodes' output was kept."""
    nodes = dict.fromkeys((*(name for phase in run.phases for name in phase.nodes), *run.exits))
    for node in nodes:
        yield f"logs/{run.id}.{node}.log"

"""One scenario as report.html shows it: its figures, where its traffic went, and its curves.  Values, no markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from tcperf.comparison import Comparison
from tcperf.metrics import METRICS
from tcperf.model import PhaseInfo, Result, Run, ScenarioInfo
from tcperf.reports import curve
from tcperf.reports.charts import RunCharts, run_charts
from tcperf.reports.dots import Dots, dots
from tcperf.reports.flows import FlowsView, flows_view
from tcperf.reports.overlay import Overlay, both_sides, overlay
from tcperf.reports.tests_named import test_of
from tcperf.summary import HEAD, Summary, plays, typical_run
from tcperf.timeseries import Series

#: The runs of a scenario whose curves are drawn, and those of all scenarios, one of each at least; the page stays light,
#: and the rest is in series/.
DRAWN_RUNS: Final = 5
_DRAWN_IN_ALL: Final = 12
#: What is folded has fewer points a curve: about one a pixel of a telephone.
_FOLDED_POINTS: Final = 220


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
    """A phase: its published figures, and all figures by node.

    ``runs`` are those of its scenario, or of a test how often it was played; ``test`` is the id of the test that it
    is, None for none.
    """

    name: str
    figures: tuple[Figure, ...]
    nodes: tuple[str, ...]
    rows: tuple[DetailRow, ...]
    runs: int
    test: str | None = None


@frozen
class ScenarioView:
    """A scenario: ``charts`` begins with the head's run that lasted closest to the median.

    ``overlay`` has both sides in one chart a quantity, and then ``charts`` are those two runs' by node; None where
    there are no two sides with curves.  ``flows`` tells where the traffic went; None where no run was captured.
    ``undrawn`` of the head's runs have no curves here.
    """

    info: ScenarioInfo
    runs: int
    phases: tuple[PhaseView, ...]
    flows: FlowsView | None
    overlay: Overlay | None
    charts: tuple[RunCharts, ...]
    undrawn: int

    @property
    def sample(self) -> str:
        """Of how much its figures are made: ``3 runs``; of a suite ``2 tests``, and how many runs there are of one at most, where these are more than one."""
        tests = len({phase.test for phase in self.info.phases if phase.test is not None})
        if not tests:
            return _counted(self.runs, "run")
        again = f", up to {self.runs} runs of one" if self.runs > 1 else ""
        return f"{_counted(tests, 'test')}{again}"

    @property
    def median_of(self) -> str:
        """What its published medians are over: ``3 runs``; of tests that were played unequally often ``each one’s own runs``."""
        played = {phase.runs for phase in self.phases if phase.figures}
        return f"{self.runs} runs" if played <= {self.runs} else "each one’s own runs"


def scenario_view(
    result: Result,
    info: ScenarioInfo,
    totals: Iterable[Summary],
    nodes: Iterable[Summary],
    series: Mapping[str, Series],
) -> ScenarioView:
    """The scenario; ``totals`` and ``nodes`` are those of all scenarios, ``series`` by the run's id."""
    of_all = [summary for summary in (*totals, *nodes) if summary.scenario == info.name]
    names = dict.fromkeys(summary.phase for summary in of_all)
    against = {each.key: each for each in result.comparisons if each.base_median is not None}
    both, charts = _drawn(result, info, series)
    runs = result.runs_of(info.name)
    declared = {phase.name: phase for phase in info.phases}
    return ScenarioView(
        info=info,
        runs=len(runs),
        phases=tuple(
            _phase(
                phase,
                plays(result, info.name, phase),
                [summary for summary in of_all if summary.phase == phase.name],
                against,
            )
            for phase in (declared.get(name, PhaseInfo(name, publish=False, metrics=())) for name in names)
        ),
        flows=flows_view(result, info),
        overlay=both,
        charts=charts,
        undrawn=len(runs) - sum(chart.subject == HEAD for chart in charts),
    )


def _drawn(
    result: Result, info: ScenarioInfo, series: Mapping[str, Series]
) -> tuple[Overlay | None, tuple[RunCharts, ...]]:
    """Both sides over each other and then by node, the head's first; without two sides the head's runs by node."""
    sides = both_sides(result, info.name) or ()
    found = {run.id: known for run in sides if (known := series.get(run.id)) is not None}
    both = overlay(sides, found) if sides else None
    if both is None:
        return None, _charts(result, info, series)
    by_node = (run_charts(run, found[run.id], _FOLDED_POINTS) for run in reversed(sides))
    return both, tuple(chart for chart in by_node if chart is not None)


def _charts(result: Result, info: ScenarioInfo, series: Mapping[str, Series]) -> tuple[RunCharts, ...]:
    """As many of the head's runs as may be drawn, the typical one first; those without a series are passed over."""
    most = max(1, min(DRAWN_RUNS, _DRAWN_IN_ALL // len(result.scenarios)))
    charts: list[RunCharts] = []
    for run in _typical_first(result, info.name):
        found = series.get(run.id)
        limit = _FOLDED_POINTS if charts else curve.LIMIT
        chart = None if found is None else run_charts(run, found, limit)
        charts += [] if chart is None else [chart]
        if len(charts) == most:
            break
    return tuple(charts)


def _typical_first(result: Result, scenario: str) -> list[Run]:
    typical = typical_run(result, scenario)
    runs = result.runs_of(scenario)
    return [run for run in (typical, *(run for run in runs if run is not typical)) if run is not None]


def _phase(
    phase: PhaseInfo, runs: int, summaries: list[Summary], against: Mapping[str, Comparison]
) -> PhaseView:
    nodes = tuple(dict.fromkeys(summary.node for summary in summaries if summary.node is not None))
    found = {(summary.metric, summary.node): summary for summary in summaries}
    metrics = dict.fromkeys(summary.metric for summary in summaries)  # published ones first
    return PhaseView(
        name=phase.name,
        figures=tuple(
            Figure(summary, against.get(summary.key), help_of(summary.metric), dots(summary))
            for summary in summaries
            if summary.published
        ),
        nodes=nodes,
        rows=tuple(
            DetailRow(metric, tuple(found.get((metric, node)) for node in (None, *nodes)))
            for metric in metrics
        ),
        runs=runs,
        test=test_of(phase),
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def help_of(metric: str) -> str:
    """What a metric is; "" for one that is not known here."""
    known = METRICS.get(metric)
    return known.help if known is not None else ""

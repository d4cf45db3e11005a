"""What report.html shows, gathered from a Result: values for the template, no markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from tcperf.gate import Criterion
from tcperf.measurement import EXACTNESS, Exactness, Measurement
from tcperf.model import Environment, Result
from tcperf.reports.cautions import Caution, cautions, other_warnings
from tcperf.reports.keyname import named
from tcperf.reports.link import link_text
from tcperf.reports.machine import machine_facts
from tcperf.reports.runs_view import RunsView, runs_view
from tcperf.reports.scenario_view import ScenarioView, help_of, scenario_view
from tcperf.reports.sides import Titled, in_a_line, sides
from tcperf.reports.subjects import Identities, identities
from tcperf.reports.tests_named import unmeasured
from tcperf.reports.trends import Trends, trends
from tcperf.reports.verdict_view import VerdictView, verdict_view
from tcperf.subject import Subject
from tcperf.summary import HEAD, Summary, metric_order, summarize, summarize_nodes
from tcperf.timeseries import Series
from tcperf.weblink import web_link


@frozen
class MetricView:
    """What a metric means, how exact it was, and where it was read."""

    key: str
    help: str
    exactness: str
    sources: str


@frozen
class Report:
    """The whole page.

    ``verdict`` is None where nothing was to be compared, ``identities`` where there is no base, ``past`` where no
    past build is known, ``feedback``, an address, where nobody asks what readers think. ``cautions`` stand before
    everything else, ``warnings`` are all others.  ``machine`` is the machine in a line; ``unmeasured`` are
    sentences about tests without figures.
    """

    result: Result
    verdict: VerdictView | None
    identities: Identities | None
    subject: Subject | None
    titled: Titled
    cautions: tuple[Caution, ...]
    warnings: tuple[str, ...]
    scenarios: tuple[ScenarioView, ...]
    past: Trends | None
    link: str | None
    metrics: tuple[MetricView, ...]
    unmeasured: tuple[str, ...]
    runs: RunsView
    environment: tuple[tuple[str, str], ...]
    machine: str
    feedback: str | None

    @property
    def title(self) -> str:
        """What the page is called: ``head node-2 compared with base node-1``."""
        return in_a_line(self.titled)

    def sample(self, scenario: ScenarioView) -> str:
        """Of how much a scenario's figures are made: its pairs, or where there are none its runs or tests."""
        pairs = sum(each.pairs for each in self.result.pairings if each.scenario == scenario.info.name)
        return f"{pairs} {'pair' if pairs == 1 else 'pairs'}" if pairs else scenario.sample


def report(result: Result, series: Mapping[str, Series], feedback: str | None = None) -> Report:
    """Gather the page; ``series`` are by the run's id, and a run without one has no charts.

    ``series`` are only asked for the runs that are drawn.  ``feedback`` is where readers may say what they think of the
    page; what is no web address is left out.
    """
    subject = result.subjects.get(HEAD)
    totals, nodes = summarize(result), summarize_nodes(result)
    return Report(
        result=result,
        verdict=verdict_view(result),
        identities=identities(result),
        subject=subject,
        titled=_titled(result),
        cautions=cautions(result),
        warnings=other_warnings(result),
        scenarios=tuple(scenario_view(result, info, totals, nodes, series) for info in result.scenarios),
        past=_past(result, totals),
        link=link_text(result.conditions),
        metrics=tuple(_metrics(result)),
        unmeasured=tuple(unmeasured(result)),
        runs=runs_view(result),
        environment=tuple(machine_facts(result)),
        machine=_machine(result.environment),
        feedback=None if feedback is None else web_link(feedback),
    )


def _machine(known: Environment) -> str:
    """The machine in a line: ``agent-7: AMD EPYC 9454P 48-Core Processor, 2 cores, Linux 6.18.5-amd64``."""
    cores = (
        None
        if known.cpu_count is None
        else f"{known.cpu_count} {'core' if known.cpu_count == 1 else 'cores'}"
    )
    parts = (known.cpu_model, cores, f"{known.system} {known.kernel}")
    return f"{known.hostname}: {', '.join(part for part in parts if part is not None)}"


def _past(result: Result, totals: Iterable[Summary]) -> Trends | None:
    """The published figures beside those of the builds that the result is seen beside."""
    if result.history is None:
        return None
    this = {summary.key: float(summary.median) for summary in totals if summary.published}
    criteria = {
        each.key: Criterion(each.threshold_pct / 100, each.floor or 0.0, gated=each.gated)
        for each in result.comparisons
        if each.threshold_pct is not None
    }
    return trends(result.history, map(named, this), this, criteria=criteria)


def _titled(result: Result) -> Titled:
    found = sides(result)
    return (("", "Nothing measured"),) if found is None else found.titled


def _metrics(result: Result) -> Iterator[MetricView]:
    found: dict[str, tuple[set[Exactness], dict[str, None]]] = {}
    for key, measured in _measured(result):
        exactness, sources = found.setdefault(key, (set(), {}))
        exactness.add(measured.exactness)
        sources[measured.source] = None
    for key in metric_order(found):
        exactness, sources = found[key]
        told = [word.replace("_", "-") for word in EXACTNESS if word in exactness]
        yield MetricView(key, help_of(key), ", ".join(told), ", ".join(sources))


def _measured(result: Result) -> Iterator[tuple[str, Measurement]]:
    """Every figure of every run, its metric's key before it."""
    for run in result.runs:
        for phase in run.phases:
            for measurements in (phase.totals, *phase.nodes.values()):
                yield from measurements.items()

"""Medians and spreads over the runs of a scenario.

Every phase and metric that any counting run has is summarised; ``published`` marks those that become
statistics.  The order is the declared one: scenarios as they were run, phases as declared, a phase's published
metrics first, then the others in the order of ``METRICS``.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from tcperf.keys import statistic_key
from tcperf.measurement import Exactness, Measurement, loosest
from tcperf.metrics import METRICS, TRAFFIC_METRICS
from tcperf.model import PhaseInfo, PhaseResult, Result, Run, ScenarioInfo

HEAD = "head"
#: Fewer values say nothing of a spread.
_CV_RUNS = 3

#: So many runs' common warning is told of each.
_SINGLY = 3


@frozen
class Summary:
    """One metric of one phase over the runs that have it.

    ``key`` is the statistic's.  ``node`` is None for the total over nodes.  ``values`` are in the order of the
    runs.  ``median`` of whole numbers is whole where it is one exactly.  ``cv`` is the coefficient of
    variation as a ratio: the sample standard deviation over the mean, None below three values or for a mean
    that is not positive.
    """

    key: str
    scenario: str
    phase: str
    metric: str
    unit: str
    median: float
    minimum: float
    maximum: float
    values: tuple[float, ...]
    cv: float | None
    exactness: Exactness
    published: bool
    node: str | None = None


def summarize(result: Result, subject: str = HEAD) -> tuple[Summary, ...]:
    """The totals of every scenario, phase and metric of ``subject``, in the declared order."""
    return tuple(
        _summary(result, info, phase, metric, found, subject=subject)
        for info in result.scenarios
        for phase, results in _phases(result, info, subject)
        for metric, found in _columns(phase, [measured.totals for measured in results])
    )


def summarize_nodes(result: Result, subject: str = HEAD) -> tuple[Summary, ...]:
    """The same for every single node; nodes are in the order in which they were started."""
    return tuple(
        _summary(result, info, phase, metric, found, subject=subject, node=node)
        for info in result.scenarios
        for phase, results in _phases(result, info, subject)
        for node in _distinct(name for measured in results for name in measured.nodes)
        for metric, found in _columns(phase, [measured.nodes.get(node, {}) for measured in results])
    )


def published(result: Result, subject: str = HEAD) -> tuple[Summary, ...]:
    """The totals that become statistics."""
    return tuple(summary for summary in summarize(result, subject) if summary.published)


def median(values: Iterable[float]) -> float:
    """The median; of whole numbers it is whole where it is one exactly.  Raises ValueError for no values."""
    found = list(values)
    low, high = statistics.median_low(found), statistics.median_high(found)
    both = low + high
    return both // 2 if isinstance(both, int) and both % 2 == 0 else both / 2


def coefficient_of_variation(values: tuple[float, ...]) -> float | None:
    """The sample standard deviation over the mean, as a ratio; None where it says nothing."""
    if len(values) < _CV_RUNS:
        return None
    mean = statistics.fmean(values)
    return statistics.stdev(values) / mean if mean > 0 else None


def typical_run(result: Result, scenario: str, subject: str = HEAD) -> Run | None:
    """The counting run that lasted closest to the median, the earlier of two; None where there is none."""
    runs = result.runs_of(scenario, subject)
    if not runs:
        return None
    middle = statistics.median(_length_ns(run) for run in runs)
    return min(runs, key=lambda run: abs(_length_ns(run) - middle))


def plays(result: Result, scenario: str, phase: PhaseInfo, subject: str = HEAD) -> int:
    """How many counting runs should have a phase: all of its scenario's, and of a suite those that it was played in.

    A suite's first run is the first time of each of its tests and of their phases, its second run the second time of
    what was played again.
    """
    runs = result.runs_of(scenario, subject)
    return len(runs) if phase.test is None else sum(run.phase(phase.name) is not None for run in runs)


def gaps(result: Result, subject: str = HEAD) -> tuple[str, ...]:
    """A warning for every published metric that a run lacks which should have it: its median is over the others."""
    return tuple(
        warning
        for info in result.scenarios
        for phase in info.phases
        for metric in phase.metrics
        for warning in _gap(result, info.name, phase, metric, subject)
    )


def warnings(result: Result, subject: str = HEAD) -> tuple[str, ...]:
    """All that must be said before any figure, once each: of the result, of its runs, of the figures."""
    return tuple(_distinct((*result.warnings, *_of_runs(result.runs), *gaps(result, subject))))


def metric_order(keys: Iterable[str], first: tuple[str, ...] = ()) -> list[str]:
    """Metric keys in the order to show them: ``first``, then as in METRICS, then those unknown here."""
    present = dict.fromkeys(keys)
    return [key for key in _distinct((*first, *METRICS, *present)) if key in present]


def _summary(
    result: Result,
    info: ScenarioInfo,
    phase: PhaseInfo,
    metric: str,
    found: list[Measurement],
    *,
    subject: str,
    node: str | None = None,
) -> Summary:
    values = tuple(measurement.value for measurement in found)
    measured = result.subjects.get(subject)
    reference = measured is not None and measured.reference
    return Summary(
        key=statistic_key(info.name, phase.name, metric, reference=reference, node=node),
        scenario=info.name,
        phase=phase.name,
        metric=metric,
        unit=found[0].unit,
        median=median(values),
        minimum=min(values),
        maximum=max(values),
        values=values,
        cv=coefficient_of_variation(values),
        exactness=loosest(*(measurement.exactness for measurement in found)),
        published=node is None and metric in phase.metrics and may_be_published(result, metric),
        node=node,
    )


def _phases(
    result: Result, info: ScenarioInfo, subject: str
) -> Iterator[tuple[PhaseInfo, list[PhaseResult]]]:
    """Each phase that was measured, with its results in run order."""
    runs = result.runs_of(info.name, subject)
    declared = {phase.name: phase for phase in info.phases}
    for name in _distinct((*declared, *(phase.name for run in runs for phase in run.phases))):
        results = [phase for run in runs if (phase := run.phase(name)) is not None]
        if results:
            yield declared.get(name, PhaseInfo(name, publish=False, metrics=())), results


def _columns(
    phase: PhaseInfo, rows: list[Mapping[str, Measurement]]
) -> Iterator[tuple[str, list[Measurement]]]:
    """Each metric with its measurements, in run order, of the runs that have it."""
    for metric in metric_order((key for row in rows for key in row), phase.metrics):
        yield metric, [row[metric] for row in rows if metric in row]


def _gap(result: Result, scenario: str, phase: PhaseInfo, metric: str, subject: str) -> Iterator[str]:
    if not may_be_published(result, metric):
        return
    runs = plays(result, scenario, phase, subject)
    having = len(result.values(scenario, phase.name, metric, subject))
    if having < runs:
        which = f"{having} of {runs} runs" if having else "no run"
        yield f"{scenario}.{phase.name}.{metric} was measured in {which}"


def may_be_published(result: Result, metric: str) -> bool:
    """Whether a metric that a phase publishes becomes a statistic: traffic only where no stranger shares the network."""
    return metric not in TRAFFIC_METRICS or result.conditions.network != "host"


def _of_runs(runs: Iterable[Run]) -> Iterator[str]:
    """The runs' warnings; what many have in common is told once: ``load-1 and 9 more runs: …``."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for warning in _run_warnings(run):
            found.setdefault(warning.removeprefix(f"{run.id}: "), []).append(run.id)
    for told, ids in found.items():
        if len(ids) > _SINGLY:
            yield f"{ids[0]} and {len(ids) - 1} more runs: {told}"
        else:
            yield from (told if told.startswith(each) else f"{each}: {told}" for each in ids)


def _run_warnings(run: Run) -> Iterator[str]:
    for warning in run.warnings:
        yield warning if warning.startswith(run.id) else f"{run.id}: {warning}"
    told = any("traffic" in warning for warning in run.warnings)
    if run.closing is not None and not run.closing.closes and not told:
        yield f"{run.id}: the traffic does not add up: what was sent is not what was received"


def _length_ns(run: Run) -> int:
    return max((phase.end_ns for phase in run.phases), default=0)


def _distinct(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))

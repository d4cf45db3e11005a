"""What nobody measured and somebody should have: columns without a value, so that no gate is lost in silence.  Pure.

``tcperf.columns`` has what was measured, and what a phase publishes under these conditions.  Beside that a rule may
gate or limit what no run has, and a phase may declare traffic that the host's network does not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Final

from attrs import evolve

from tcperf.columns import Column
from tcperf.gate import Criterion
from tcperf.metrics import METRICS
from tcperf.model import PhaseInfo, Result, ScenarioInfo
from tcperf.rules import GatePolicy, Rule, is_exact
from tcperf.summary import HEAD, may_be_published
from tcperf.thresholds import criterion

__all__ = ["NOT_COUNTED", "NOT_MEASURED", "absent"]

NOT_MEASURED: Final = "no run has it"
NOT_COUNTED: Final = "no frame is counted on the host's network"


def absent(
    result: Result, info: ScenarioInfo, policy: GatePolicy, present: Collection[str]
) -> Iterator[tuple[Column, Criterion]]:
    """The columns that a scenario lacks beside those of the tails ``present``, each with its criterion.

    None where it has no run at all, for that is said of all that it publishes.  What the host's network alone keeps
    from being counted is gated where a rule insists, or ``policy.require_comparison``: else it is missed, and told.
    """
    if not any(run.scenario == info.name and not run.discarded for run in result.runs):
        return
    for phase in info.phases:
        for metric in dict.fromkeys((*phase.metrics, *METRICS)):
            tail = f"{info.name}.{phase.name}.{metric}"
            if tail not in present:
                yield from _missed(result, info, policy, phase, metric)


# --- inside ------------------------------------------------------------------------------------------


def _missed(
    result: Result, info: ScenarioInfo, policy: GatePolicy, phase: PhaseInfo, metric: str
) -> Iterator[tuple[Column, Criterion]]:
    tail, published = f"{info.name}.{phase.name}.{metric}", metric in phase.metrics
    if not published and not _is_named(result, info, policy, phase, metric):
        return
    found = criterion(metric, tail, published=published, policy=policy)
    if not found.gated and found.limit is None:
        return
    is_counted = may_be_published(result, metric)
    if not is_counted and not policy.require_comparison and not _insists(policy, tail, metric):
        found = evolve(found, gated=False, note=NOT_COUNTED)
    head = result.subjects.get(HEAD)
    yield (
        Column(
            info.name,
            phase.name,
            metric,
            published=published,
            reference=head is not None and head.reference,
            missing=NOT_MEASURED if is_counted else NOT_COUNTED,
        ),
        found,
    )


def _is_named(result: Result, info: ScenarioInfo, policy: GatePolicy, phase: PhaseInfo, metric: str) -> bool:
    """Whether a rule gates or limits the metric by its name, and here.

    One for many phases is content where any of them has it, and means those that are published, where it may.
    """
    for rule in policy.rules:
        if not _asks(rule, metric) or not fnmatchcase(f"{info.name}.{phase.name}.{metric}", rule.match):
            continue
        if is_exact(rule.match) or (_is_meant(info, phase, rule) and not _is_content(result, rule, metric)):
            return True
    return False


def _asks(rule: Rule, metric: str) -> bool:
    is_strict = rule.report_only is False or rule.max is not None
    return is_strict and rule.match.rpartition(".")[2] == metric


def _is_meant(info: ScenarioInfo, phase: PhaseInfo, rule: Rule) -> bool:
    metric = rule.match.rpartition(".")[2]
    meant = [each for each in info.phases if fnmatchcase(f"{info.name}.{each.name}.{metric}", rule.match)]
    return phase.publish or not any(each.publish for each in meant)


def _is_content(result: Result, rule: Rule, metric: str) -> bool:
    return any(
        metric in phase.totals and fnmatchcase(f"{run.scenario}.{phase.name}.{metric}", rule.match)
        for run in result.runs
        if not run.discarded
        for phase in run.phases
    )


def _insists(policy: GatePolicy, tail: str, metric: str) -> bool:
    """Whether a rule of tcperf.toml is about this metric, be it by name or because it gates whatever it matches."""
    return any(
        fnmatchcase(tail, rule.match)
        and (rule.report_only is False or rule.match.rpartition(".")[2] == metric)
        for rule in policy.rules
    )

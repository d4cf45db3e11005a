"""How many gated metrics a build has: the more there are, the firmer each one must be proved.  Pure.

A scenario's pairs end before those of the next one begin, and what they have proved must stay proved.  So the number
is known before anything is played: it is that of the declared phases and the rules of all scenarios that were asked
for, played or not.  A result that is read again has the same number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tcperf.metrics import METRICS
from tcperf.model import PhaseInfo, Result, ScenarioInfo
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion

__all__ = ["others", "possible"]


def others(result: Result, policy: GatePolicy) -> Mapping[str, int]:
    """Of each scenario of a result, by name: how many metrics of the other ones may be gated."""
    unsupported = (each.scenario for each in result.unsupported)
    asked = (*result.scenarios, *result.left_out, *unsupported)
    counts = {info.name: possible(info, policy) for info in asked}
    whole = sum(counts.values())
    return {info.name: whole - counts[info.name] for info in result.scenarios}


def possible(info: ScenarioInfo, policy: GatePolicy) -> int:
    """The most metrics of a scenario that may be gated: in one lane, with everything measured that a rule gates."""
    return sum(
        _is_gated(info.name, phase, metric, policy)
        for phase in info.phases
        for metric in _keys(phase, policy)
    )


def _keys(phase: PhaseInfo, policy: GatePolicy) -> Iterable[str]:
    """What may be gated in a phase: what it publishes, and, where rules gate what is not published, all there is."""
    if any(rule.report_only is False for rule in policy.rules):
        return dict.fromkeys((*phase.metrics, *METRICS))
    return phase.metrics


def _is_gated(scenario: str, phase: PhaseInfo, metric: str, policy: GatePolicy) -> bool:
    tail = f"{scenario}.{phase.name}.{metric}"
    return criterion(metric, tail, published=metric in phase.metrics, policy=policy).gated

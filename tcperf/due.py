"""Which metrics are due a verdict: all that the rules gate or limit, whatever became of them in these runs.  Pure.

Noise, lanes, a figure that is missing, a base that is: any of these keeps a metric from being gated in one build and
not in the next.  Who draws a metric's history over builds (tests of TeamCity's, JUnit's cases) tells of the same ones
in each, and so asks here rather than what was gated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tcperf.absent import absent
from tcperf.columns import Column, columns
from tcperf.model import Result, ScenarioInfo
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion

__all__ = ["due"]


def due(result: Result, policy: GatePolicy) -> Mapping[str, Column]:
    """The columns of what the rules gate in one lane, or limit, by key: scenarios as asked for, phases as declared.

    Those of scenarios that have no runs are among them, without values: they failed, or a node cannot play them.
    """
    unsupported = (each.scenario for each in result.unsupported)
    asked = {info.name: info for info in (*unsupported, *result.left_out, *result.scenarios)}
    found = (column for info in asked.values() for column in _columns(result, info, policy))
    return {column.key: column for column in found if _is_due(column, policy)}


def _columns(result: Result, info: ScenarioInfo, policy: GatePolicy) -> Iterator[Column]:
    """What was measured or is published, and what a rule names or only the host's network keeps from being counted."""
    measured = columns(result, info)
    yield from measured
    for column, _criterion in absent(result, info, policy, {column.tail for column in measured}):
        yield column


def _is_due(column: Column, policy: GatePolicy) -> bool:
    found = criterion(column.metric, column.tail, published=column.published, policy=policy)
    return found.gated or found.limit is not None

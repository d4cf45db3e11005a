"""Why a figure that has a history over builds has no verdict in this one, in words.  Pure."""

from __future__ import annotations

from typing import Final

from tcperf.absent import NOT_COUNTED
from tcperf.columns import Column
from tcperf.metrics import METRICS
from tcperf.model import Result
from tcperf.remarks import reason_of_absence
from tcperf.units import humanize

_BROKEN_OFF: Final = "the comparison was broken off"
_NO_BASE: Final = "there was nothing to compare with"


def unjudged(column: Column, result: Result) -> str:
    """The sentence of one that no comparison tells of: ``one_to_one.messages cpu_ms 18.5 s: there was nothing to …``."""
    named = f"{column.scenario}.{column.phase} {column.metric}"
    missing = _why_not_played(column.scenario, result)
    if missing is not None:
        return f"{named}: {missing}"
    if column.head_median is None:
        return f"{named}: {NOT_COUNTED if column.missing == NOT_COUNTED else 'no run has it'}"
    known = METRICS.get(column.metric)
    unit = known.unit.symbol if known else column.metric.rpartition("_")[2]
    return f"{named} {humanize(column.head_median, unit)}: {_why(column.scenario, result)}"


def _why_not_played(scenario: str, result: Result) -> str | None:
    """Why the scenario has no runs; None where it has."""
    if any(info.name == scenario for info in result.scenarios):
        return None
    unsupported = (each.reason for each in result.unsupported if each.scenario.name == scenario)
    return next(unsupported, None) or reason_of_absence(result, scenario)


def _why(scenario: str, result: Result) -> str:
    problems = (each.problem for each in result.pairings if each.scenario == scenario)
    return _BROKEN_OFF if any(problem is not None for problem in problems) else _NO_BASE

"""Failure conditions: which statistic makes a build fail, and when.

One regression fails a build once.  A condition of TeamCity's cannot compare a branch with its parent: it takes the
last build of the same branch, so from its second build on a slow branch is compared with itself.  That is why the
recommended ones hold a figure, which tcperf has made of a comparison, against a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final, Literal

from attrs import frozen

from tcperf.keys import count_key, worse_key
from tcperf.teamcity.settings.chart import is_gated, may_be_worse
from tcperf.teamcity.settings.request import Request, Statistic
from tcperf.thresholds import criterion
from tcperf.units import UNITS

#: The conditions that count something, and what they count.
_COUNTS: Final = {
    "regressions": "a gated metric is worse",
    "over_budget": "a metric is over its limit",
    "not_compared": "a published metric was not compared",
    "undecided": "a gated change can neither be confirmed nor excluded",
}
#: Those that are about what tcperf's own gate objects to, too.
_GATING: Final = frozenset({"regressions", "worse", "over_budget", "undecided"})
_PERCENT: Final = 100


@frozen
class Condition:
    """Fails a build whose statistic ``key`` is more (or less) than ``threshold``, a whole number, as TeamCity has it.

    ``against`` is "value": the statistic itself; "build": its change, in percent, against the last successful build.
    ``note`` says why, for whoever reads the settings.
    """

    id: str
    key: str
    note: str
    threshold: int = 0
    against: Literal["value", "build"] = "value"
    comparison: Literal["more", "less"] = "more"


def conditions(request: Request) -> tuple[Condition, ...]:
    """The conditions that were asked for, or else those that tcperf.toml's rules call for, in a stable order."""
    return tuple(condition for name in _wanted(request) for condition in _MAKERS[name](name, request))


def gate_mode(request: Request) -> Literal["condition", "problem"]:
    """The gate that the step is to have: where no condition fails a bad build, tcperf's own does."""
    return "condition" if _GATING & set(_wanted(request)) else "problem"


def _wanted(request: Request) -> tuple[str, ...]:
    asked = request.settings.conditions
    found = tuple(_default(request)) if asked is None else asked
    return tuple(dict.fromkeys((*found, "classic"))) if request.classic else found


def _default(request: Request) -> Iterator[str]:
    """What tcperf.toml calls for; nothing where metrics are tests, for then the tests fail the build."""
    if request.as_tests:
        return
    yield "regressions"
    if any(rule.max is not None for rule in request.policy.rules):
        yield "over_budget"
    if request.policy.undecided == "fail":
        yield "undecided"


def _count(name: str, request: Request) -> Iterator[Condition]:
    yield Condition(
        request.identifier("fail", name),
        count_key(name, reference=request.reference),
        f"fails when {_COUNTS[name]}",
    )


def _worse(_name: str, request: Request) -> Iterator[Condition]:
    for statistic in _those(may_be_worse, request):
        yield Condition(
            request.identifier("fail", "worse", statistic.scenario, statistic.phase, statistic.metric),
            worse_key(statistic.key),
            f"fails when {statistic.tail} is worse",
        )


def _classic(_name: str, request: Request) -> Iterator[Condition]:
    """TeamCity's own kind.  The threshold is a whole number of percent, so it is rounded up."""
    for statistic in _those(is_gated, request):
        limit = criterion(
            statistic.metric, statistic.tail, published=True, policy=request.policy, lanes=request.lanes
        )
        percent = max(1, math.ceil(round(limit.worse_by * _PERCENT, 9)))
        yield Condition(
            request.identifier("fail", "classic", statistic.scenario, statistic.phase, statistic.metric),
            statistic.key,
            f"fails when {statistic.tail} is {percent} % beyond the last successful build, if any of the same branch",
            threshold=percent,
            against="build",
            comparison="more" if UNITS[statistic.unit].better == "lower" else "less",
        )


_MAKERS: Final[dict[str, Callable[[str, Request], Iterator[Condition]]]] = {
    **dict.fromkeys(_COUNTS, _count),
    "worse": _worse,
    "classic": _classic,
}


def _those(are: Callable[[Statistic, Request], bool], request: Request) -> Iterator[Statistic]:
    for statistics in request.statistics.values():
        yield from (each for each in statistics if are(each, request))

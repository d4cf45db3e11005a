"""The run that warms a side up before its pairs: the scenario itself, but shorter, and it counts nowhere."""

from __future__ import annotations

from typing import Any, Final

import attrs

from tcperf.plan import Plan

#: Why the runs of warm-ups are discarded.
WARM_UP: Final = "warm-up"
#: A warm-up is so many times shorter in those parameters that say how long a scenario is.
_SHARE: Final = 10
_LENGTHS: Final = ("messages", "seconds")


def warm_up_plan(plan: Plan) -> Plan:
    """The plan, with a tenth of what says how long the scenario is, but not less than the parameter's minimum."""
    lengths = {param.name: param for param in plan.scenario.params if param.name in _LENGTHS}
    shorter = {
        name: _shortened(getattr(plan.params, name), param.minimum)
        for name, param in lengths.items()
        if param.type in {int, float}
    }
    params: Any = plan.params
    return attrs.evolve(plan, params=attrs.evolve(params, **shorter)) if shorter else plan


def shortened_by(plan: Plan) -> float:
    """How many times longer than its warm-up a run of the plan is, by what says how long it is; 1 where nothing does.

    Of several the smallest: a run takes at least so long.
    """
    shorter = warm_up_plan(plan).params
    lengths = [param.name for param in plan.scenario.params if param.name in _LENGTHS]
    pairs = [(getattr(plan.params, name), getattr(shorter, name)) for name in lengths]
    return min((value / short for value, short in pairs if short > 0), default=1.0)


def _shortened(value: float, minimum: float | None) -> float:
    tenth = value // _SHARE if isinstance(value, int) else value / _SHARE
    least = type(value)(minimum or 1)
    return min(value, max(tenth, least))

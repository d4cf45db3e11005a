"""How many runs may be played side by side without telling in each other's figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from tcperf.clock import NS_PER_S
from tcperf.definition import Scenario
from tcperf.model import Conditions, Run
from tcperf.probes.surroundings import pollution

#: Lanes are for nodes that sleep.  Two real status-backend nodes in a closed loop take 3 to 8 % of a core; three
#: such lanes side by side on two cores moved neither bytes nor CPU time beyond what they vary by alone.
MOSTLY_ASLEEP_CORES: Final = 0.15
#: The share of the machine that all lanes together may keep busy.
BUSY_SHARE: Final = 0.5
LANES_A_CORE: Final = 3
#: What a lane costs beside its nodes, in cores: its driver, and the meter's twenty looks a second.
_OWN_CORES: Final = 0.03
#: Where a run measures for less, its accounts take most of its time, and they keep cores busy.
_SHORTEST_S: Final = 3.0
_MS_PER_S: Final = 1000.0


def choose_lanes(
    asked: int | Literal["auto"],
    warm_ups: Sequence[Run],
    scenario: Scenario,
    cores: int,
    conditions: Conditions,
    shortened_by: float = 1.0,
    most: int | None = None,
) -> tuple[int, str]:
    """How many lanes to use, and why, in one sentence.

    A number that was ``asked`` for is obeyed wherever there are private networks.  "auto" goes by the ``warm_ups``,
    by the busiest of them: what their nodes took while published phases lasted.  They were ``shortened_by`` so
    much: a run is so many times longer.  ``cores`` are those of this machine, which has room for the nodes of
    ``most`` lanes, None: of any.
    """
    if conditions.network == "host":
        return 1, "one lane: the nodes share this machine's network"
    if asked != "auto":
        return asked, f"{_lanes(asked)}, as asked for"
    load = _busy_cores(warm_ups, scenario)
    shortest_s = shortened_by * min((_measured_s(run, scenario) for run in warm_ups), default=0.0)
    reason = _why_one(warm_ups, scenario, load, shortest_s)
    if reason is not None or load is None:
        return 1, f"one lane: {reason or 'how busy its nodes are is not known'}"
    room = int(BUSY_SHARE * cores / (load + _OWN_CORES))
    lanes = max(1, min(room, LANES_A_CORE * cores))
    if most is not None and most < lanes:
        return most, f"{_lanes(most)}: there is room for the nodes of no more"
    return lanes, f"{_lanes(lanes)}: while it is measured, a run keeps {load:.0%} of a core busy"


def expected_s(warm_ups: Sequence[Run], scenario: Scenario, shortened_by: float = 1.0) -> float | None:
    """How many seconds a run takes at least, by the longest of the ``warm_ups``; None where there is none.

    They were ``shortened_by`` so much in what is measured, and in nothing else.
    """
    lengths = [
        max((phase.end_ns for phase in run.phases), default=0) / NS_PER_S
        + (shortened_by - 1) * _measured_s(run, scenario)
        for run in warm_ups
    ]
    return max(lengths, default=None)


def _why_one(
    warm_ups: Sequence[Run], scenario: Scenario, load: float | None, shortest_s: float
) -> str | None:
    """Why there is to be but one lane; None where there may be more."""
    busy = [run.surroundings and pollution(run.surroundings, None) for run in warm_ups]
    reasons = {
        "its nodes start while they are measured": bool(scenario.phases[0].publish),
        "there was no run to go by": not warm_ups,
        f"the machine is busy: {next(filter(None, busy), '')}": any(busy),
        f"a run measures for less than {_SHORTEST_S:g} s": shortest_s < _SHORTEST_S,
        f"while it is measured, a run keeps {load or 0.0:.0%} of a core busy": (
            load is not None and load >= MOSTLY_ASLEEP_CORES
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _busy_cores(warm_ups: Sequence[Run], scenario: Scenario) -> float | None:
    """How many cores the nodes of the busiest run kept busy while it was measured; None where one does not tell."""
    found = [_busy_s(run, scenario) for run in warm_ups]
    lengths = [_measured_s(run, scenario) for run in warm_ups]
    known = [
        busy / length for busy, length in zip(found, lengths, strict=True) if busy is not None and length > 0
    ]
    return max(known) if known and len(known) == len(found) else None


def _measured_s(run: Run, scenario: Scenario) -> float:
    """How long the published phases lasted, waits for the next step included."""
    lengths = [phase.end_ns - phase.start_ns for phase in run.phases if phase.name in _published(scenario)]
    return sum(lengths) / NS_PER_S


def _busy_s(run: Run, scenario: Scenario) -> float | None:
    """The CPU time of all nodes in the published phases; None where one does not tell."""
    totals = [phase.totals for phase in run.phases if phase.name in _published(scenario)]
    if not all("cpu_ms" in measured for measured in totals):
        return None
    return sum(measured["cpu_ms"].value for measured in totals) / _MS_PER_S


def _published(scenario: Scenario) -> set[str]:
    return {phase.name for phase in scenario.phases if phase.publish}


def _lanes(number: int) -> str:
    return "one lane" if number == 1 else f"{number} lanes"

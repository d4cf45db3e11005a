"""A crew that plays without nodes, on a clock and a machine of its own: for tests of what is made of runs."""

from __future__ import annotations

import attrs

from tcperf.crew import Performance
from tcperf.definition import Scenario
from tcperf.errors import NodeError
from tcperf.measurement import Measurement
from tcperf.model import PhaseResult, Run, Surroundings
from tcperf.plan import Plan
from tcperf.scenario import Phase, param

QUIET = Surroundings(outside_cores=0.01, steal_ratio=0.0, stall_ratio=0.02)
BUSY = Surroundings(outside_cores=1.5, steal_ratio=0.0, stall_ratio=0.02)


@attrs.frozen
class Params:
    messages: int = param(100, help="how many", minimum=2)
    step: float = param(2.0, help="seconds", minimum=0)


def plan(**params):
    scenario = Scenario(
        "trial", "a trial", (Phase("messages", publish=True),), Params, lambda *_: None, "tests"
    )
    return Plan(scenario, Params(**params), 1)


def run_of(assignment, cpu_ms=100.0):
    """The run that an assignment makes, with one figure."""
    totals = {"cpu_ms": Measurement(cpu_ms, "ms", "exact", "clock")}
    return Run(
        id=assignment.run_id,
        subject=assignment.side,
        scenario=assignment.plan.scenario.name,
        order=99,  # a worker's own count: nobody's business
        phases=(PhaseResult("messages", 0, 10**9, {}, totals),),
        pair=assignment.pair,
        lane=assignment.lane,
        discarded=assignment.discarded_because is not None,
        discarded_because=assignment.discarded_because,
    )


class World:
    """A clock, and what surrounds each round: ``around`` maps a round's number, from 0, to Surroundings."""

    def __init__(self, around=None):
        self.now_s = 1000.0
        self.rounds = 0
        self._around = around or {}

    def watch(self):
        return self

    def end(self):
        found = self._around.get(self.rounds, QUIET)
        self.rounds += 1
        return found


class FakeCrew:
    """Plays by a script: ``fails(assignment)`` is an error, its text, or None; a round takes ``round_s``.

    ``value(assignment)`` is the run's CPU time.
    """

    def __init__(self, world, *, lanes=1, round_s=10.0, fails=lambda _: None, value=lambda _: 100.0):
        self._world = world
        self.lanes = lanes
        self._round_s = round_s
        self._fails = fails
        self._value = value
        self.played = []
        self.is_open = False

    def __enter__(self):
        self.is_open = True
        return self

    def __exit__(self, *_exception):
        self.is_open = False

    def play(self, assignments):
        assert len({each.lane for each in assignments}) == len(assignments) <= self.lanes
        self._world.now_s += self._round_s
        self.played.append(tuple(assignments))
        return [self._performance(each) for each in assignments]

    def _performance(self, assignment):
        found = self._fails(assignment)
        if found is not None:
            error = NodeError(found) if isinstance(found, str) else found
            return Performance(assignment, None, error=error)
        return Performance(assignment, run_of(assignment, self._value(assignment)), (assignment.side,))

    @property
    def titles(self):
        """What was played, round by round."""
        return [", ".join(each.title for each in assignments) for assignments in self.played]

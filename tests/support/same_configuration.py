"""Builds of one configuration, of one_to_one: all that can keep a metric from being gated in one and not in another."""

from __future__ import annotations

from datetime import date

import attrs
import comparisons
import samples

from tcperf.comparing import budgets, compare_pairs
from tcperf.model import Unsupported
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule

_TODAY = date(2026, 11, 29)
_LIMIT = GatePolicy(rules=(Rule(match="one_to_one.messages.memory_peak_bytes", max=Amount(1e9, "bytes")),))


def paired(*, lanes=1):
    """What the gate itself says of ten pairs that were played in so many lanes."""
    pairing = attrs.evolve(comparisons.paired().pairings[0], lanes=lanes)
    played = comparisons.paired((), pairings=pairing)
    runs = tuple(attrs.evolve(run, lane=0) for run in played.runs)
    return _judged(attrs.evolve(played, runs=runs))


def noisy():
    """The same in one lane, the CPU time of a run being anything."""
    played = paired()
    runs = tuple(_with_cpu(run, 1000.0 * (1 + 7 * run.order % 11)) for run in played.runs)
    return _judged(attrs.evolve(played, runs=runs))


def builds():
    """Them, by what happened in each."""
    alone = samples.result(scenarios=(samples.ONE_TO_ONE,))
    unplayed = attrs.evolve(alone, scenarios=(), runs=())
    unsupported = Unsupported(samples.ONE_TO_ONE, "not supported by this node: one_to_one needs accounts")
    return {
        "paired": paired(),
        "noisy": noisy(),
        "in lanes": paired(lanes=4),
        "in lanes, broken off": _judged(_failed(paired(lanes=4))),
        "broken off": comparisons.failed(),
        "beside history": comparisons.beside_history(),
        "alone": alone,
        "alone, within a limit": attrs.evolve(alone, comparisons=budgets(alone, _LIMIT)),
        "on the host's network": samples.result(network="host", scenarios=(samples.ONE_TO_ONE,)),
        "failed": attrs.evolve(unplayed, left_out=(samples.ONE_TO_ONE,)),
        "unsupported": attrs.evolve(unplayed, unsupported=(unsupported,)),
    }


def _judged(result):
    return attrs.evolve(result, comparisons=compare_pairs(result, GatePolicy(), (), _TODAY))


def _failed(result):
    return attrs.evolve(result, pairings=comparisons.failed().pairings)


def _with_cpu(run, cpu_ms):
    phases = tuple(
        attrs.evolve(phase, totals={**phase.totals, "cpu_ms": attrs.evolve(phase.totals["cpu_ms"], value=cpu_ms)})
        for phase in run.phases
    )  # fmt: skip
    return attrs.evolve(run, phases=phases)

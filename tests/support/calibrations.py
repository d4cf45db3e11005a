"""Results of one binary in pairs with itself, from values given by hand: for tests of calibration."""

from __future__ import annotations

import random

from samples import BACKEND, ENVIRONMENT, TOOL

from tcperf.comparison import Pairing
from tcperf.measurement import Measurement
from tcperf.metrics import METRICS
from tcperf.model import Conditions, PhaseInfo, PhaseResult, Result, Run, ScenarioInfo
from tcperf.traffic import Closing

#: The middle of each metric, and one run's noise.
QUIET = {
    "time_ms": (2_000.0, 0.03),
    "cpu_ms": (1_000.0, 0.03),
    "memory_peak_bytes": (100e6, 0.005),
    "sent_bytes": (200_000.0, 0.002),
    "packets_count": (800.0, 0.002),
}


def noisy_values(figures=None, pairs=20, seed=3):
    """(base, head) of each pair, lognormal, by the metric."""
    rng = random.Random(seed)
    return {
        metric: [tuple(middle * rng.lognormvariate(0.0, cv) for _side in range(2)) for _pair in range(pairs)]
        for metric, (middle, cv) in (QUIET | (figures or {})).items()
    }


def result_of(values, *, scenario="trial", lanes=1, subject=BACKEND, problem=None, environment=ENVIRONMENT):
    """A result of one published phase that holds these values."""
    pairs = max(len(each) for each in values.values())
    runs = [
        _run(values, scenario, pair, side, lane=pair % lanes)
        for pair in range(pairs)
        for side in (("base", "head") if pair % 2 == 0 else ("head", "base"))
    ]
    info = ScenarioInfo(
        scenario, "a trial", {}, (PhaseInfo("messages", publish=True, metrics=tuple(values)),)
    )
    return Result(
        tool=TOOL,
        environment=environment,
        conditions=Conditions("private"),
        subjects={"head": subject, "base": subject},
        scenarios=(info,),
        runs=tuple(runs),
        pairings=(Pairing(scenario, pairs, lanes=lanes, stopped="pairs", problem=problem),),
    )


def _run(values, scenario, pair, side, lane):
    place = ("base", "head").index(side)
    totals = {
        metric: Measurement(series[pair][place], METRICS[metric].unit.symbol, "exact", "model")
        for metric, series in values.items()
        if pair < len(series)
    }
    return Run(
        id=f"{scenario}-p{pair + 1:02d}-{side}",
        subject=side,
        scenario=scenario,
        order=2 * pair + (place if pair % 2 == 0 else 1 - place),
        phases=(PhaseResult("messages", 0, 10**9, {}, totals),),
        pair=pair,
        lane=lane,
        closing=Closing(1, 1, 1, 1, 0, 0, 0),
    )

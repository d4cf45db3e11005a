"""Among how many gated metrics each one must hold: a number that is there before anything is played."""

import attrs
import pytest
import samples

from tcperf.family import others, possible
from tcperf.metrics import METRICS
from tcperf.model import Unsupported
from tcperf.registry import discover
from tcperf.rules import GatePolicy, Rule
from tcperf.thresholds import criterion

NONE = GatePolicy()
ONE, COLD = samples.ONE_TO_ONE, samples.COLD_START


def ruled(*rules):
    return GatePolicy(rules=rules)


def test_what_a_phase_publishes_and_is_gated_by_default_is_counted():
    assert possible(ONE, NONE) == len(samples.PUBLISHED)
    assert possible(COLD, NONE) == 3 * len(samples.UNTIMED)


def test_rules_take_metrics_out_and_put_others_in():
    assert possible(ONE, ruled(Rule(match="*.send_ms", report_only=True))) == len(samples.PUBLISHED) - 1
    assert possible(ONE, ruled(Rule(match="*.messages.go_heap_bytes", report_only=False))) == 8
    assert possible(ONE, ruled(Rule(match="*.go_heap_bytes", report_only=False))) == 10  # in every phase
    assert possible(ONE, ruled(Rule(match="*", report_only=False))) == 3 * len(METRICS)
    assert possible(ONE, ruled(Rule(match="*.cpu_ms", worse_by=50.0))) == len(samples.PUBLISHED)


def test_it_is_the_most_there_may_be_whatever_the_network_and_the_lanes_are():
    """Lanes side by side and the host's network take metrics out; a build is the same build without them."""
    in_lanes = [
        criterion(metric, f"one_to_one.messages.{metric}", published=True, policy=NONE, lanes=3).gated
        for metric in samples.PUBLISHED
    ]
    assert sum(in_lanes) < possible(ONE, NONE)
    host = samples.result(network="host")
    assert others(host, NONE) == others(samples.result(), NONE)


def test_of_each_scenario_it_is_what_the_others_have():
    assert others(samples.result(), NONE) == {"one_to_one": 15, "cold_start": 7}
    assert others(samples.result(scenarios=(ONE,)), NONE) == {"one_to_one": 0}


def test_a_scenario_that_was_not_played_counts_as_one_that_was():
    left = attrs.evolve(samples.result(scenarios=(ONE,)), left_out=(COLD,))
    assert others(left, NONE) == {"one_to_one": 15}
    lacking = (Unsupported(COLD, "not supported"),)
    assert others(attrs.evolve(left, left_out=(), unsupported=lacking), NONE) == {"one_to_one": 15}


@pytest.mark.parametrize("name", discover(()).names)
def test_the_shipped_scenarios_are_counted_by_what_they_declare(name):
    scenario = discover(()).get(name)
    info = scenario.info(scenario.params_type())
    declared = sum(len(phase.metrics) for phase in info.phases)
    assert 0 < possible(info, NONE) <= declared

"""Which metrics the rules gate, whatever became of them."""

import attrs
import pytest
import same_configuration
import samples

from tcperf.due import due
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule

ALONE = samples.result(scenarios=(samples.ONE_TO_ONE,))
BUILDS = same_configuration.builds()


def metrics(result, *rules):
    found = due(result, GatePolicy(rules=rules))
    assert all(key == column.key for key, column in found.items())
    return {column.metric for column in found.values()}


@pytest.mark.parametrize("name", BUILDS)
def test_noise_lanes_and_what_is_missing_change_nothing(name):
    assert metrics(BUILDS[name]) == set(samples.PUBLISHED)


def test_a_rule_takes_from_it_and_adds_to_it():
    off, on = Rule(match="*.cpu_ms", report_only=True), Rule(match="*.threads_count", report_only=False)
    assert metrics(ALONE, off, on) == {*samples.PUBLISHED, "threads_count"} - {"cpu_ms"}


def test_what_a_rule_gates_by_name_is_due_though_no_run_has_it():
    named = Rule(match="one_to_one.messages.go_heap_bytes", report_only=False)
    (column,) = (
        each for each in due(ALONE, GatePolicy(rules=(named,))).values() if each.metric == "go_heap_bytes"
    )
    assert (column.head_median, column.published) == (None, False)


def test_what_repeats_another_metric_is_due_where_a_rule_gates_it_whether_the_network_closed_or_not():
    rule = Rule(match="one_to_one.messages.received_bytes", report_only=False)
    open_runs = tuple(attrs.evolve(run, closing=None) for run in ALONE.runs)
    for result in (ALONE, attrs.evolve(ALONE, runs=open_runs)):
        assert "received_bytes" in metrics(result, rule)


def test_what_has_a_limit_is_due_though_it_is_not_published():
    rule = Rule(match="one_to_one.messages.threads_count", max=Amount(100))
    assert metrics(ALONE, rule) == {*samples.PUBLISHED, "threads_count"}


def test_the_figures_are_those_of_the_runs():
    (column,) = (each for each in due(ALONE, GatePolicy()).values() if each.metric == "time_ms")
    assert column.head_median == 201_480


def test_the_order_is_that_of_scenarios_and_phases():
    whole = samples.result()
    keys = [key.split(".")[1:3] for key in due(whole, GatePolicy())]
    assert [*map(tuple, dict.fromkeys(map(tuple, keys)))] == [
        (info.name, phase.name) for info in whole.scenarios for phase in info.phases if phase.metrics
    ]

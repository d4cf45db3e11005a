"""Statistics, charts and conditions name the same keys: whatever a build prints is on a chart, and nothing else is.

The printed keys come from the emitter, of results with a base and without one, and of the bundled node.
"""

import io
from datetime import date
from pathlib import Path

import attrs
import comparisons
import pytest
import same_configuration
import samples
import settings_requests as made
from teamcity_parser import statistics_of

from tcperf import comparing
from tcperf.buildsettings import CONDITIONS, BuildSettings
from tcperf.comparison import Pairing
from tcperf.gating import Gate
from tcperf.keys import COUNTS, count_key
from tcperf.quantities import Amount
from tcperf.reports import teamcity
from tcperf.rules import GatePolicy, Rule
from tcperf.teamcity import ServiceMessages
from tcperf.teamcity.settings.plan import make

TODAY = date(2026, 11, 28)
FOLDER = Path("/report")
LIMITS = GatePolicy(rules=(Rule(match="*.memory_peak_bytes", max=Amount(1 << 20)),))
BUILDS = same_configuration.builds()


def printed(result, policy=GatePolicy()):  # noqa: B008 - frozen
    """The keys that a build with this result prints."""
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output), FOLDER, gate=Gate("condition", policy))
    return set(statistics_of(output.getvalue()))


def judged(result, policy=GatePolicy()):  # noqa: B008 - frozen
    """A paired result with what the gate itself says of it."""
    bare = attrs.evolve(result, comparisons=())
    return attrs.evolve(bare, comparisons=comparing.compare_pairs(bare, policy, (), TODAY))


def paired(ratio=1.1, **changes):
    """Ten pairs of one_to_one with every published metric, worse by ``ratio``."""
    figures = {
        "time_ms": 201_480.0,
        "latency_ms": 981.0,
        "send_ms": 21.5,
        "cpu_ms": 18_454.0,
        "memory_peak_bytes": 352_321_536.0,
        "sent_bytes": 420_082.0,
        "packets_count": 1762.0,
    }
    columns = {key: samples.around(value, ratio) for key, value in figures.items()}
    pairing = Pairing("one_to_one", 10, stopped="decided")
    return samples.paired(columns, pairings=(pairing,), **changes)


def planned(*scenarios, policy=GatePolicy(), reference=False, lanes=1, **settings):  # noqa: B008 - frozen
    ask = made.reference if reference else made.request
    return make(ask(*scenarios, policy=policy, lanes=lanes, settings=BuildSettings(**settings)))


def shown(plan):
    return {series.key for chart in plan.charts for series in chart.series}


RUNS = {
    "without a base": (samples.result(), planned(samples.ONE_TO_ONE, samples.COLD_START)),
    "without a base, the bundled node": (
        samples.reference_result(),
        planned(samples.ONE_TO_ONE, samples.COLD_START, reference=True),
    ),
    "on the host's network": (
        samples.result(network="host"),
        planned(samples.ONE_TO_ONE, samples.COLD_START),
    ),
    "with a base, as reports know it": (comparisons.paired(), planned(samples.ONE_TO_ONE)),
    "with a base, all worse": (judged(paired(1.3)), planned(samples.ONE_TO_ONE)),
    "with a base, nothing different": (judged(paired(1.0)), planned(samples.ONE_TO_ONE)),
    "with a base, and limits": (judged(paired(1.3), LIMITS), planned(samples.ONE_TO_ONE, policy=LIMITS)),
    "with a base, one of its metrics too noisy": (BUILDS["noisy"], planned(samples.ONE_TO_ONE)),
    "with a base, in lanes": (BUILDS["in lanes"], planned(samples.ONE_TO_ONE, lanes=4)),
    "with a base that failed": (comparisons.failed(), planned(samples.ONE_TO_ONE)),
}


@pytest.mark.parametrize("name", RUNS)
def test_whatever_a_build_prints_is_on_a_chart(name):
    result, plan = RUNS[name]
    keys = printed(result)
    assert keys, "a result without statistics would prove nothing"
    assert keys <= shown(plan)


def test_with_a_base_every_kind_of_key_is_among_them():
    keys = printed(judged(paired(1.3)))
    assert "tcperf.one_to_one.messages.sent_bytes_delta_pct" in keys
    assert "tcperf.one_to_one.messages.sent_bytes_worse_pct" in keys
    assert {count_key(what, reference=False) for what in COUNTS} - keys == set()


@pytest.mark.parametrize("policy", [GatePolicy(), LIMITS])
def test_the_charts_show_nothing_that_no_build_prints(policy):
    plan = planned(samples.ONE_TO_ONE, policy=policy)
    assert shown(plan) == printed(judged(paired(1.3), policy), policy)


@pytest.mark.parametrize("wanted", CONDITIONS)
def test_every_conditions_key_is_printed_by_a_build_that_compares(wanted):
    plan = planned(samples.ONE_TO_ONE, conditions=(wanted,))
    assert plan.conditions
    assert {condition.key for condition in plan.conditions} <= printed(judged(paired(1.3)))


@pytest.mark.parametrize("name", ["paired", "noisy", "in lanes"])
@pytest.mark.parametrize("lanes", [1, 4])
def test_the_keys_of_conditions_are_printed_whatever_noise_and_lanes_keep_from_being_gated(name, lanes):
    plan = planned(samples.ONE_TO_ONE, conditions=("worse",), lanes=lanes)
    keys = {key for key in printed(BUILDS[name]) if key.endswith("_worse_pct")}
    assert {condition.key for condition in plan.conditions} == keys
    assert len(keys) == len(samples.PUBLISHED)
    assert keys <= shown(plan)


@pytest.mark.parametrize("name", ["alone", "broken off"])
def test_without_a_comparison_no_condition_on_a_metric_can_read_that_nothing_is_worse(name):
    assert not any(key.endswith("_worse_pct") for key in printed(BUILDS[name]))


def test_a_metric_that_is_only_reported_has_neither_a_change_nor_a_condition():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=True),))
    plan = planned(samples.ONE_TO_ONE, policy=policy, conditions=("worse",))
    keys = printed(judged(paired(1.3), policy), policy)
    assert not any(key.endswith("cpu_ms_worse_pct") for key in keys)
    assert shown(plan) == keys
    assert {condition.key for condition in plan.conditions} <= keys


def test_a_regression_is_seen_by_the_condition_and_a_clean_build_is_not():
    """What a server would do: more than the threshold fails the build."""
    (condition,) = planned(samples.ONE_TO_ONE).conditions

    def value(result):
        output = io.BytesIO()
        teamcity.emit(result, ServiceMessages(output), FOLDER, gate=Gate("condition"))
        return float(statistics_of(output.getvalue())[condition.key])

    assert value(judged(paired(1.3))) > condition.threshold
    assert value(judged(paired(1.0))) <= condition.threshold

"""Which change is too much: defaults by kind, and rules over them field by field."""

import pytest
import samples

from tcperf.metrics import METRICS, OPERATION_METRICS, PHASE_METRICS
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule
from tcperf.thresholds import DEFAULTS, REPEATS, SHARED, criterion

KIB = 1024


def of(metric, *rules, published=True, **changes):
    tail = f"one_to_one.messages.{metric}"
    return criterion(metric, tail, published=published, policy=GatePolicy(rules=rules), **changes)


@pytest.mark.parametrize(
    ("metric", "worse_by", "floor"),
    [
        ("time_ms", 0.10, 20),
        ("latency_ms", 0.10, 0.1),
        ("send_ms", 0.10, 0.05),
        ("cpu_ms", 0.08, 20),
        ("memory_peak_bytes", 0.05, 2 * KIB * KIB),
        ("sent_bytes", 0.03, 4 * KIB),
        ("ip_bytes", 0.03, 4 * KIB),
        ("packets_count", 0.04, 10),
    ],
)
def test_what_is_published_is_gated_by_the_default_of_its_kind(metric, worse_by, floor):
    found = of(metric)
    assert (found.worse_by, found.floor, found.limit) == (worse_by, floor, None)
    assert found.gated
    assert found.note is None


def test_all_that_phases_publish_by_default_has_a_default():
    assert {*PHASE_METRICS, *OPERATION_METRICS, *samples.PUBLISHED} <= set(DEFAULTS)
    assert set(DEFAULTS) | SHARED | set(REPEATS) | set(REPEATS.values()) <= set(METRICS)


@pytest.mark.parametrize("metric", sorted(set(METRICS) - set(DEFAULTS)))
def test_everything_else_is_only_reported(metric):
    found = of(metric)
    assert (found.worse_by, found.floor, found.gated) == (0.05, 0, False)
    assert found.note == "no rule gates it"


def test_what_is_not_published_is_only_reported():
    assert not of("cpu_ms", published=False).gated
    assert of("cpu_ms", published=False).note == "not published"


# --- lanes and networks ------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["time_ms", "latency_ms", "send_ms", "cpu_ms"])
def test_what_lanes_disturb_is_only_reported(metric):
    assert of(metric, lanes=1).gated
    found = of(metric, lanes=3)
    assert not found.gated
    assert found.note == "3 runs at a time disturb it (--lanes 1 gates it)"


@pytest.mark.parametrize("metric", ["sent_bytes", "packets_count", "memory_peak_bytes"])
def test_what_lanes_leave_alone_is_gated(metric):
    assert of(metric, lanes=3).gated


def test_a_rule_gates_what_was_measured_in_lanes():
    assert of("cpu_ms", Rule(match="*.cpu_ms", report_only=False), lanes=3).gated


@pytest.mark.parametrize(
    ("metric", "first"), [("received_bytes", "sent_bytes"), ("received_packets_count", "packets_count")]
)
def test_what_is_received_repeats_what_is_sent_where_the_network_closes(metric, first):
    assert of(metric).gated
    found = of(metric, Rule(match="*", report_only=False), closes=True)
    assert not found.gated
    assert found.note == f"repeats {first}, for all that was sent was received"
    assert of(first, closes=True).gated


# --- rules -------------------------------------------------------------------------------------------


def test_each_field_is_taken_from_the_last_rule_that_says_it():
    found = of(
        "sent_bytes",
        Rule(match="*", worse_by=9.0, floor=Amount(1, "bytes"), report_only=True),
        Rule(match="*.sent_bytes", worse_by=2.5),
        Rule(match="one_to_one.*", floor=Amount(512, "bytes"), max=Amount(900.0), report_only=False),
        Rule(match="idle.*", worse_by=50.0, max=Amount(1), report_only=True),
    )
    assert (found.worse_by, found.floor, found.limit, found.gated) == (0.025, 512, 900, True)


def test_the_last_word_may_be_to_report_only():
    rules = (Rule(match="*", report_only=False), Rule(match="*.cpu_ms", report_only=True))
    found = of("cpu_ms", *rules)
    assert not found.gated
    assert found.note == "a rule says report_only"
    assert of("time_ms", *rules).gated


def test_a_rule_gates_what_is_not_published_and_what_has_no_default():
    rule = Rule(match="*", report_only=False)
    assert of("cpu_ms", rule, published=False).gated
    assert of("go_alloc_bytes", rule, published=False).gated


def test_a_rule_without_a_word_on_reporting_gates_nothing_more():
    rule = Rule(match="*", worse_by=1.0)
    assert of("cpu_ms", rule).worse_by == 0.01
    assert not of("cpu_ms", rule, published=False).gated


def test_nothing_is_a_word_too():
    found = of("cpu_ms", Rule(match="*", worse_by=8.0), Rule(match="*", worse_by=0.0, floor=Amount(0.0)))
    assert (found.worse_by, found.floor) == (0, 0)


@pytest.mark.parametrize("field", ["floor", "max"])
def test_an_amount_says_nothing_of_metrics_in_another_unit(field):
    bare = of("cpu_ms")
    found = of("cpu_ms", Rule(match="one_to_one.*", **{field: Amount(64 * KIB, "bytes")}))
    assert found == bare
    assert of("sent_bytes", Rule(match="one_to_one.*", **{field: Amount(7, "bytes")})) != of("sent_bytes")


def test_an_amount_without_a_unit_is_in_the_metrics_own():
    rule = Rule(match="*", floor=Amount(3), max=Amount(40))
    for metric in ("cpu_ms", "sent_bytes", "packets_count", "go_gc_cpu_pct"):
        assert (of(metric, rule).floor, of(metric, rule).limit) == (3, 40)


def test_a_limit_stands_whatever_is_gated():
    found = of("threads_count", Rule(match="*.threads_count", max=Amount(100)))
    assert found.limit == 100
    assert not found.gated


def test_patterns_match_the_whole_key_and_its_case():
    assert of("cpu_ms", Rule(match="cpu_ms", worse_by=1.0)).worse_by == 0.08
    assert of("cpu_ms", Rule(match="one_to_one.messages.cpu_m?", worse_by=1.0)).worse_by == 0.01
    assert of("cpu_ms", Rule(match="one_to_one.[!m]*.cpu_ms", worse_by=1.0)).worse_by == 0.08

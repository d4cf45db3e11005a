"""The values that flow from a measurement to the reports."""

import attrs
import pytest

from tcperf.keys import is_name
from tcperf.measurement import Measurement
from tcperf.metrics import METRICS, OPERATION_METRICS, PHASE_METRICS
from tcperf.model import Conditions, Environment, PhaseResult, Result, Run, Tool
from tcperf.traffic import Account, Capture, Closing

MS = Measurement(12.5, "ms", "exact", "clock")


def run(number, *, scenario="idle", subject="head", discarded=False, totals=None):
    phase = PhaseResult("idle", 0, 10, totals={"time_ms": MS} if totals is None else totals)
    return Run(f"{scenario}-{number}", subject, scenario, number, (phase,), discarded=discarded)


def result(*runs):
    environment = Environment("h", "Linux", "6.1", "x86_64", *[None] * 7, python="3.11")
    return Result(Tool("0.1.0", "2026-01-01T00:00:00Z"), environment, Conditions("private"), {}, (), runs)


def test_a_metric_is_found_by_its_key_which_ends_in_its_unit():
    assert all(key == f"{metric.name}_{metric.unit.symbol}" for key, metric in METRICS.items())
    assert all(is_name(key) for key in METRICS)
    assert METRICS["cpu_ms"].name == "cpu"


def test_published_metrics_exist():
    assert {*PHASE_METRICS, *OPERATION_METRICS} <= set(METRICS)


def test_times_do_not_add_up_over_nodes_and_resources_do():
    apart = {key for key, metric in METRICS.items() if metric.total == "none"}
    assert apart == {
        "time_ms",
        "latency_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "send_ms",
        "deliveries_count",
        "duplicates_count",
        "lost_count",
        "lost_pct",
        "expired_count",
        "delivery_bytes",
        "second_bytes",
        "day_bytes",
        "go_gc_cpu_pct",
    }


def test_a_measurement_has_a_known_unit():
    with pytest.raises(ValueError, match=r"unknown unit 'KiB': one of ms, bytes, count, pct"):
        Measurement(1, "KiB", "exact", "x")


@pytest.mark.parametrize("value", [MS, run(0), result(), PhaseResult("a", 0, 1), Conditions("host")])
def test_values_are_frozen(value):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, attrs.fields(type(value))[0].name, None)


def test_a_phase_is_found_by_name():
    assert run(0).phase("idle").totals == {"time_ms": MS}
    assert run(0).phase("other") is None


@pytest.mark.parametrize(
    ("change", "closes"),
    [
        ({}, True),
        ({"received_bytes": 129}, False),
        ({"received_packets": 4}, False),
        ({"copies_bytes": 0, "copies_packets": 0, "received_bytes": 100, "received_packets": 2}, True),
        ({"copies_bytes": -42, "copies_packets": -1, "received_bytes": 58, "received_packets": 1}, True),
    ],
)
def test_the_traffic_identity_closes_to_the_byte_and_the_frame(change, closes):
    closing = Closing(100, 130, 2, 3, 30, 1, 0)
    assert attrs.evolve(closing, **change).closes is closes


def test_runs_of_a_scenario_leave_out_the_discarded_and_the_other_subject():
    first, second = run(0), run(2)
    made = result(first, run(1, discarded=True), second, run(3, subject="base"), run(4, scenario="other"))
    assert made.runs_of("idle") == (first, second)
    assert [found.order for found in made.runs_of("idle", "base")] == [3]


def test_a_missing_number_is_missing_and_the_order_is_time():
    numbers = [Measurement(value, "ms", "exact", "clock") for value in (3, 1, 2)]
    made = result(*[run(i, totals={"time_ms": n}) for i, n in enumerate(numbers)], run(3, totals={}))
    assert made.values("idle", "idle", "time_ms") == (3, 1, 2)
    assert made.values("idle", "idle", "cpu_ms") == ()
    assert made.values("idle", "absent", "time_ms") == ()


def test_a_capture_tells_what_was_sent_from_what_was_seen_once_more():
    def account(direction, packets):
        return Account("a", direction, 0, 0, 0, 0, packets - 3, 2, 1, packets)

    made = Capture(335, 0, 0, (account("sent", 100), account("received", 200), account("sent", 189)))
    assert (made.sent_packets, made.copies_packets) == (289, 46)
    assert Capture(10, 0, 0, (account("sent", 11),)).copies_packets == 0

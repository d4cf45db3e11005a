"""Failure conditions: a regression fails a build once, by a constant and a whole number."""

import pytest
import samples
import settings_requests as made

from tcperf.buildsettings import CONDITIONS, BuildSettings
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule
from tcperf.teamcity.settings.chart import charts
from tcperf.teamcity.settings.condition import conditions, gate_mode


def asked(*names, **changes):
    return conditions(made.request(samples.ONE_TO_ONE, settings=BuildSettings(conditions=names), **changes))


def names(found):
    return [condition.id for condition in found]


def test_the_recommended_one_stands_alone():
    (found,) = conditions(made.request())
    assert (found.id, found.key, found.threshold) == ("TcperfFailRegressions", "tcperf.regressions_count", 0)
    assert (found.against, found.comparison) == ("value", "more")


def test_the_bundled_node_has_its_own():
    (found,) = conditions(made.reference())
    assert (found.id, found.key) == ("TcperfReferenceFailRegressions", "tcperf.reference.regressions_count")


def test_a_limit_calls_for_one_on_limits():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", max=Amount(9_000.0)),))
    found = conditions(made.request(policy=policy))
    assert [condition.key for condition in found] == ["tcperf.regressions_count", "tcperf.over_budget_count"]


def test_undecided_changes_that_are_to_fail_call_for_one_on_them():
    found = conditions(made.request(policy=GatePolicy(undecided="fail")))
    assert [condition.key for condition in found] == ["tcperf.regressions_count", "tcperf.undecided_count"]


def test_what_is_asked_for_is_all_there_is():
    policy = GatePolicy(undecided="fail", rules=(Rule(match="*", max=Amount(1.0)),))
    assert names(asked("not_compared", policy=policy)) == ["TcperfFailNot_compared"]
    assert asked(policy=policy) == ()


def test_one_a_metric():
    found = asked("worse")
    assert [condition.key for condition in found] == [
        f"tcperf.one_to_one.messages.{metric}_worse_pct" for metric in samples.PUBLISHED
    ]
    assert {(condition.threshold, condition.against, condition.comparison) for condition in found} == {
        (0, "value", "more")
    }
    assert found[0].id == "TcperfFailWorseOne_to_oneMessagesTime_ms"


def test_only_what_is_gated_has_one():
    policy = GatePolicy(rules=(Rule(match="*_ms", report_only=True),))
    assert [condition.key.split(".")[-1] for condition in asked("worse", policy=policy)] == [
        "memory_peak_bytes_worse_pct",
        "sent_bytes_worse_pct",
        "packets_count_worse_pct",
    ]
    assert asked("worse", policy=GatePolicy(rules=(Rule(match="*", report_only=True),))) == ()


def test_the_classical_ones_are_against_the_last_successful_build_in_whole_percent():
    found = {condition.key.split(".")[-1]: condition for condition in asked("classic")}
    assert {name: condition.threshold for name, condition in found.items()} == {
        "time_ms": 10,
        "latency_ms": 10,
        "send_ms": 10,
        "cpu_ms": 8,
        "memory_peak_bytes": 5,
        "sent_bytes": 3,
        "packets_count": 4,
    }
    assert {condition.against for condition in found.values()} == {"build"}
    assert "the same branch" in found["time_ms"].note


@pytest.mark.parametrize(
    ("worse_by", "threshold"), [(2.5, 3), (0.0, 1), (0.2, 1), (7.0, 7), (7.000_1, 8), (29.0, 29)]
)
def test_a_threshold_is_a_whole_number_never_below_what_was_asked_for(worse_by, threshold):
    policy = GatePolicy(rules=(Rule(match="*", worse_by=worse_by),))
    assert {condition.threshold for condition in asked("classic", policy=policy)} == {threshold}


@pytest.mark.parametrize("wanted", [name for name in CONDITIONS if name != "regressions"])
def test_every_one_names_what_a_chart_shows(wanted):
    settings = BuildSettings(conditions=("regressions", wanted) if wanted != "worse" else (wanted,))
    for request in (made.request(settings=settings), made.reference(settings=settings)):
        shown = {series.key for chart in charts(request) for series in chart.series}
        found = conditions(request)
        assert {condition.key for condition in found} <= shown
        assert len(set(names(found))) == len(found)
        assert all(isinstance(condition.threshold, int) for condition in found)
        assert all(condition.note.startswith("fails when ") for condition in found)


def test_where_metrics_are_tests_the_tests_fail_the_build_and_no_condition_does():
    request = made.request(as_tests=True)
    assert conditions(request) == ()
    assert gate_mode(request) == "problem"
    asked = made.request(as_tests=True, settings=BuildSettings(conditions=("regressions",)))
    assert names(conditions(asked)) == ["TcperfFailRegressions"]
    assert gate_mode(asked) == "condition", "tests do not fail where the gate is another one"


@pytest.mark.parametrize(
    ("wanted", "mode"),
    [
        (None, "condition"),
        ((), "problem"),
        (("classic",), "problem"),
        (("not_compared",), "problem"),
        (("over_budget",), "condition"),
        (("undecided",), "condition"),
        (("worse", "classic"), "condition"),
    ],
)
def test_a_bad_build_is_failed_once(wanted, mode):
    assert gate_mode(made.request(settings=BuildSettings(conditions=wanted))) == mode


def test_the_classical_ones_on_request_come_beside_the_rest():
    found = conditions(made.request(samples.ONE_TO_ONE, classic=True))
    assert [condition.against for condition in found] == ["value", *["build"] * 7]
    twice = made.request(classic=True, settings=BuildSettings(conditions=("classic",)))
    assert conditions(twice) == conditions(made.request(settings=BuildSettings(conditions=("classic",))))


def test_the_order_is_the_one_that_was_asked_for():
    assert names(asked("over_budget", "regressions")) == ["TcperfFailOver_budget", "TcperfFailRegressions"]
    assert asked("worse", "classic") == asked("worse", "classic")

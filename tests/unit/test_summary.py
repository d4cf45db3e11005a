"""Medians and spreads over runs."""

import statistics

import attrs
import pytest
import samples

from tcperf.measurement import Measurement
from tcperf.model import PhaseInfo, PhaseResult, Result, Run, ScenarioInfo
from tcperf.summary import (
    coefficient_of_variation,
    gaps,
    median,
    metric_order,
    published,
    summarize,
    summarize_nodes,
    typical_run,
    warnings,
)

IDLE = ScenarioInfo("idle", "", {}, (PhaseInfo("idle", publish=True, metrics=("cpu_ms", "sent_bytes")),))


def cpu(value, exactness="exact"):
    return Measurement(value, "ms", exactness, "clock")


def result(*totals, scenarios=(IDLE,), network="private", **changes):
    """A result of one run for each mapping of totals."""
    runs = tuple(
        Run(f"idle-{number}", "head", "idle", number, (PhaseResult("idle", 0, 1, totals=found),), **changes)
        for number, found in enumerate(totals)
    )
    base = samples.result(network=network)
    return Result(base.tool, base.environment, base.conditions, base.subjects, scenarios, runs)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3], 3),
        ([5, 1, 3], 3),
        ([1, 4], 2.5),
        ([1, 3], 2),
        ([2, 2], 2),
        ([0.1, 0.2, 0.3], 0.2),
        ([1.5, 2.5], 2.0),
        ([-4, -1], -2.5),
        ([10**17 + 1, 10**17 + 3], 10**17 + 2),
    ],
)
def test_the_median_is_whole_where_it_is_one_exactly(values, expected):
    given = list(values)
    found = median(given)
    assert found == expected
    assert type(found) is type(expected)
    assert given == values


def test_no_values_have_no_median():
    with pytest.raises(statistics.StatisticsError):
        median([])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2), None),
        ((2, 2, 2), 0),
        ((9, 10, 11), 0.1),
        ((0, 0, 0), None),
        ((-1, 0, 1), None),
        ((-9, -10, -11), None),
    ],
)
def test_the_coefficient_of_variation_says_nothing_of_few_values_or_around_zero(values, expected):
    found = coefficient_of_variation(values)
    assert found == (None if expected is None else pytest.approx(expected))


def test_a_figure_keeps_its_runs_in_their_order():
    (found,) = summarize(result({"cpu_ms": cpu(9)}, {"cpu_ms": cpu(3)}, {"cpu_ms": cpu(6)}))
    assert found.values == (9, 3, 6)
    assert (found.minimum, found.median, found.maximum) == (3, 6, 9)
    assert found.cv == pytest.approx(0.5)
    assert found.key == "tcperf.idle.idle.cpu_ms"
    assert (found.unit, found.published, found.node) == ("ms", True, None)


def test_the_order_is_the_declared_one():
    found = summarize(samples.result())
    assert list(dict.fromkeys((summary.scenario, summary.phase) for summary in found)) == [
        ("one_to_one", "accounts"),
        ("one_to_one", "connect"),
        ("one_to_one", "messages"),
        ("cold_start", "boot"),
        ("cold_start", "account"),
        ("cold_start", "first_peer"),
    ]
    metrics = [summary.metric for summary in found if summary.phase == "messages"]
    assert tuple(metrics[:7]) == samples.PUBLISHED
    assert metrics[7:] == ["received_bytes", "received_packets_count", "disk_written_bytes", "threads_count"]


def test_only_what_a_phase_publishes_is_published():
    found = published(samples.result())
    assert len(found) == 7 + 3 * 5
    assert {summary.phase for summary in found} == {"messages", "boot", "account", "first_peer"}
    assert "received_bytes" not in {summary.metric for summary in found}


def test_the_reference_node_has_keys_of_its_own():
    keys = [summary.key for summary in published(samples.reference_result())]
    assert keys[0] == "tcperf.reference.one_to_one.messages.time_ms"
    assert all(key.startswith("tcperf.reference.") for key in keys)


def test_a_median_is_as_exact_as_the_loosest_of_its_values():
    totals = [{"cpu_ms": cpu(1, exactness)} for exactness in ("sampled", "exact", "bound", "host_wide")]
    assert summarize(result(*totals))[0].exactness == "bound"
    assert summarize(result(*totals[:2]))[0].exactness == "sampled"


def test_discarded_runs_and_other_subjects_do_not_count():
    made = result({"cpu_ms": cpu(1)}, {"cpu_ms": cpu(2)}, {"cpu_ms": cpu(3)})
    first, second, third = made.runs
    runs = (attrs.evolve(first, discarded=True), attrs.evolve(second, subject="base"), third)
    made = attrs.evolve(made, runs=runs)
    assert summarize(made)[0].values == (3,)
    assert summarize(made, "base")[0].values == (2,)
    assert summarize(made, "nobody") == ()


def test_every_node_has_its_figures():
    found = [
        summary
        for summary in summarize_nodes(samples.result())
        if (summary.phase, summary.metric) == ("messages", "cpu_ms")
    ]
    assert [summary.node for summary in found] == ["alice", "bob"]
    assert found[0].key == "tcperf.one_to_one.messages.alice.cpu_ms"
    assert found[0].median == 9712.75
    assert not any(summary.published for summary in summarize_nodes(samples.result()))


def test_a_node_that_one_run_lacks_is_summarised_over_the_others():
    made = samples.result(runs=2)
    first = made.runs[0]
    phases = tuple(attrs.evolve(phase, nodes={"alice": phase.nodes["alice"]}) for phase in first.phases)
    made = attrs.evolve(made, runs=(attrs.evolve(first, phases=phases), *made.runs[1:]))
    found = [s for s in summarize_nodes(made) if (s.phase, s.metric, s.node) == ("connect", "cpu_ms", "bob")]
    assert len(found[0].values) == 1


def test_a_phase_that_was_not_declared_is_shown_and_not_published():
    info = attrs.evolve(IDLE, phases=())
    (found,) = summarize(result({"cpu_ms": cpu(4)}, scenarios=(info,)))
    assert (found.phase, found.published) == ("idle", False)


def test_metrics_stand_in_one_order_and_unknown_ones_behind():
    assert metric_order(["x", "threads_count", "cpu_ms", "a", "x"]) == ["cpu_ms", "threads_count", "x", "a"]
    assert metric_order(["a", "time_ms", "cpu_ms"], first=("cpu_ms", "sent_bytes")) == [
        "cpu_ms",
        "time_ms",
        "a",
    ]


# --- warnings ----------------------------------------------------------------------------------------


def test_a_published_figure_that_runs_lack_is_warned_of():
    made = result({"cpu_ms": cpu(1), "sent_bytes": cpu(1)}, {"cpu_ms": cpu(2)}, {})
    assert gaps(made) == (
        "idle.idle.cpu_ms was measured in 2 of 3 runs",
        "idle.idle.sent_bytes was measured in 1 of 3 runs",
    )
    assert gaps(result({}, {})) == (
        "idle.idle.cpu_ms was measured in no run",
        "idle.idle.sent_bytes was measured in no run",
    )
    assert gaps(samples.result()) == ()


def test_a_phase_of_a_scenario_is_missed_where_it_was_not_played_and_a_test_where_it_was():
    twice = result({"cpu_ms": cpu(1), "sent_bytes": cpu(1)}, {})
    unplayed = attrs.evolve(twice, runs=(twice.runs[0], attrs.evolve(twice.runs[1], phases=())))
    lacking = (
        "idle.idle.cpu_ms was measured in 1 of 2 runs",
        "idle.idle.sent_bytes was measured in 1 of 2 runs",
    )
    (phase,) = IDLE.phases
    suite = (attrs.evolve(IDLE, phases=(attrs.evolve(phase, test="a.py::test_idle"),)),)
    assert gaps(unplayed) == gaps(twice) == lacking
    assert gaps(attrs.evolve(unplayed, scenarios=suite)) == ()
    assert gaps(attrs.evolve(twice, scenarios=suite)) == lacking


def test_traffic_is_not_missed_on_the_hosts_network():
    assert gaps(result({"cpu_ms": cpu(1)}, network="host")) == ()


def test_warnings_of_the_result_the_runs_and_the_figures_come_once_each():
    made = result({"cpu_ms": cpu(1), "sent_bytes": cpu(1)}, {"sent_bytes": cpu(1)}, warnings=("slow disk",))
    made = attrs.evolve(made, warnings=("loud", "loud"))
    assert warnings(made) == (
        "loud",
        "idle-0: slow disk",
        "idle-1: slow disk",
        "idle.idle.cpu_ms was measured in 1 of 2 runs",
    )


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (3, ("idle-0: slow disk", "idle-1: slow disk", "idle-2: slow disk")),
        (4, ("idle-0 and 3 more runs: slow disk",)),
        (30, ("idle-0 and 29 more runs: slow disk",)),
    ],
)
def test_what_many_runs_have_in_common_is_told_once(runs, told):
    made = result(*[{"cpu_ms": cpu(1), "sent_bytes": cpu(1)}] * runs)
    each = tuple(attrs.evolve(run, warnings=(f"{run.id}: slow disk",)) for run in made.runs)
    assert warnings(attrs.evolve(made, runs=each)) == told
    other = attrs.evolve(each[0], warnings=("full disk",))
    assert warnings(attrs.evolve(made, runs=(other, *each)))[0] == "idle-0: full disk"


def test_traffic_that_does_not_add_up_is_warned_of_once():
    made = samples.reference_result()
    run = made.runs[0]
    broken = attrs.evolve(run, closing=attrs.evolve(run.closing, received_bytes=1))
    assert warnings(attrs.evolve(made, runs=(broken,))) == (
        "one_to_one-1: the traffic does not add up: what was sent is not what was received",
    )
    told = attrs.evolve(broken, warnings=("one_to_one-1: the traffic does not add up: 5 bytes",))
    assert warnings(attrs.evolve(made, runs=(told,))) == told.warnings
    assert warnings(made) == ()


# --- the typical run -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lengths", "chosen"), [((5,), 0), ((1, 9, 5), 2), ((1, 3), 0), ((9, 1, 2, 8), 2), ((7, 7, 7), 0)]
)
def test_the_typical_run_lasted_closest_to_the_median(lengths, chosen):
    made = result(*({} for _ in lengths))
    runs = tuple(
        attrs.evolve(run, phases=(PhaseResult("idle", 0, length),))
        for run, length in zip(made.runs, lengths, strict=True)
    )
    assert typical_run(attrs.evolve(made, runs=runs), "idle") is runs[chosen]


def test_without_runs_there_is_no_typical_one():
    assert typical_run(result({}), "other") is None


def test_traffic_is_not_published_on_the_hosts_network():
    sent = {"cpu_ms": cpu(1), "sent_bytes": Measurement(5, "bytes", "host_wide", "x")}
    assert [summary.metric for summary in published(result(sent, network="host"))] == ["cpu_ms"]
    assert [summary.metric for summary in published(result(sent))] == ["cpu_ms", "sent_bytes"]

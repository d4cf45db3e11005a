"""What a drill's step shows, from results built by hand."""

from datetime import date

import attrs
import pytest
import samples

from tcperf.comparing import compare_pairs
from tcperf.comparison import Pairing
from tcperf.errors import NotComparedError
from tcperf.gating import exit_status, missed
from tcperf.plants.finding import exchange, find, find_clean
from tcperf.plants.goal import Goal
from tcperf.plants.kinds import KINDS
from tcperf.rules import GatePolicy

TODAY = date(2026, 11, 27)
POLICY = GatePolicy()
#: What a messages phase is like, and how much of each is enough for a threshold and its floor.
CLEAN = {
    "cpu_ms": 10_000.0,
    "time_ms": 20_000.0,
    "memory_peak_bytes": 300e6,
    "sent_bytes": 500_000.0,
    "packets_count": 4000.0,
    "latency_ms": 900.0,
    "send_ms": 40.0,
}


def played(problem=None, pairs=10, **ratios):
    """A result in which the head's totals are so many times the base's, compared."""
    columns = {
        metric: samples.around(value, ratios.get(metric, 1.0), pairs=pairs, noise=0.002)
        for metric, value in CLEAN.items()
    }
    columns["sent_bytes"] = [(round(base), round(head)) for base, head in columns["sent_bytes"]]
    made = samples.paired(columns, pairings=(Pairing("one_to_one", pairs, problem=problem),))
    return attrs.evolve(made, comparisons=compare_pairs(made, POLICY, (), TODAY))


def goal(kind, amount=None):
    metric = KINDS[kind].metric
    clean = CLEAN[metric]
    return Goal(
        KINDS[kind],
        f"tcperf.one_to_one.messages.{metric}",
        "messages",
        clean,
        0.2 * clean if amount is None else amount,
        0.08 * clean,
    )


def test_a_clean_step_is_right_where_nothing_is_red():
    finding = find_clean(played(), POLICY, TODAY)
    assert finding.is_right
    assert (finding.pairs, finding.caught, finding.also) == (10, None, ())


def test_a_clean_step_is_wrong_where_something_is_red_whichever_side_it_is():
    for ratio, words in (
        (1.2, "nothing is planted, and red is"),
        (1 / 1.2, "with the sides exchanged, red is"),
    ):
        finding = find_clean(played(cpu_ms=ratio), POLICY, TODAY)
        assert not finding.is_right
        assert any(text.startswith(words) and "cpu_ms" in text for text in finding.objections)


def test_a_plant_that_is_caught_alone():
    finding = find(goal("cpu"), played(cpu_ms=1.2), POLICY, TODAY)
    assert finding.is_right, finding.objections
    assert (finding.caught.metric, finding.caught.change) == ("cpu_ms", "worse")
    assert finding.also == ()


def test_side_effects_that_are_declared_are_named():
    finding = find(goal("cpu"), played(cpu_ms=1.2, time_ms=1.3, latency_ms=1.4), POLICY, TODAY)
    assert finding.is_right, finding.objections
    assert {each.metric for each in finding.also} == {"time_ms", "latency_ms"}


def test_what_is_not_declared_is_wrong():
    finding = find(goal("cpu"), played(cpu_ms=1.2, memory_peak_bytes=1.3), POLICY, TODAY)
    (objection,) = finding.objections
    assert objection.startswith("cpu does not explain what is red: one_to_one.messages memory_peak_bytes +30")
    assert finding.also == ()


def test_a_plant_that_is_not_caught_is_wrong():
    finding = find(goal("cpu"), played(), POLICY, TODAY)
    (objection,) = finding.objections
    assert objection.startswith("cpu was planted and not caught: one_to_one.messages cpu_ms")
    assert "no regression" not in objection


def test_a_plant_that_is_too_small_is_told_to_be_so():
    (objection,) = find(goal("cpu", amount=1.0), played(), POLICY, TODAY).objections
    assert objection.endswith("so little of it is no regression to this gate")


def test_too_few_pairs_catch_nothing():
    finding = find(goal("cpu"), played(pairs=7, cpu_ms=1.2), POLICY, TODAY)
    assert not finding.is_right
    assert finding.caught.change == "cannot_tell"


def test_a_plant_that_makes_better_is_wrong_twice():
    """The clean side is the worse one then."""
    finding = find(goal("cpu"), played(cpu_ms=0.8), POLICY, TODAY)
    kinds = [text.split(":")[0] for text in finding.objections]
    assert kinds[0] == "cpu was planted and not caught"
    assert finding.objections[1].startswith("with the sides exchanged, red is one_to_one.messages cpu_ms")


def test_no_comparison_is_wrong():
    result = played(problem="the head failed twice in a row")
    finding = find(goal("cpu"), result, POLICY, TODAY)
    assert "there was no comparison: the head failed twice in a row" in finding.objections
    assert not find_clean(result, POLICY, TODAY).is_right


def test_a_statistic_that_is_missing_is_wrong():
    missing = attrs.evolve(goal("cpu"), key="tcperf.one_to_one.messages.threads_count")
    finding = find(missing, played(cpu_ms=1.2), POLICY, TODAY)
    assert finding.caught is None
    assert "tcperf.one_to_one.messages.threads_count was not compared" in finding.objections


def lacking(side, metric="latency_ms"):
    """What was played where one side never has a gated metric."""
    result = played(cpu_ms=1.2)
    runs = tuple(_without(run, metric) if run.subject == side else run for run in result.runs)
    made = attrs.evolve(result, runs=runs, comparisons=())
    return attrs.evolve(made, comparisons=compare_pairs(made, POLICY, (), TODAY))


def _without(run, metric):
    phases = tuple(
        attrs.evolve(phase, totals={key: value for key, value in phase.totals.items() if key != metric})
        for phase in run.phases
    )
    return attrs.evolve(run, phases=phases)


@pytest.mark.parametrize("side", ["head", "base"])
def test_a_gated_metric_that_a_side_lacks_is_wrong_as_it_is_in_a_run(side):
    result = lacking(side)
    (objection,) = find(goal("cpu"), result, POLICY, TODAY).objections
    (told,) = missed(result, POLICY)
    assert objection == f"there was no comparison: {told}"
    assert "tcperf.one_to_one.messages.latency_ms" in objection
    assert exit_status(result, "exit", POLICY) == NotComparedError.exit_status
    assert any("latency_ms" in text for text in find_clean(result, POLICY, TODAY).objections)


def test_what_kept_all_from_being_compared_is_told_once():
    result = played(problem="the head failed twice in a row")
    found = [text for text in find_clean(result, POLICY, TODAY).objections if "twice in a row" in text]
    assert found == ["there was no comparison: the head failed twice in a row"]


def test_exchanging_twice_changes_nothing_but_the_comparisons():
    result = played(cpu_ms=1.2)
    once, twice = exchange(result), exchange(exchange(result))
    assert twice == attrs.evolve(result, comparisons=())
    assert once.subjects["base"] == result.subjects["head"]
    assert once.values("one_to_one", "messages", "cpu_ms") == result.values(
        "one_to_one", "messages", "cpu_ms", "base"
    )

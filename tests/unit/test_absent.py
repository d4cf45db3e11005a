"""What is gated or limited and was never measured is there, and says so."""

from datetime import date

import attrs
import pytest
import samples

from tcperf.absent import NOT_COUNTED, NOT_MEASURED, absent
from tcperf.comparing import budgets, compare_pairs, compare_results, progress
from tcperf.gating import exit_status, missed
from tcperf.model import Conditions
from tcperf.quantities import Amount
from tcperf.ranking import is_missed
from tcperf.reports import verdicts
from tcperf.reports.teamcity_verdict import counts
from tcperf.rules import GatePolicy, Rule

TODAY = date(2026, 11, 28)
NONE = GatePolicy()
REQUIRED = GatePolicy(require_comparison=True)
HOST = Conditions("host", mtu=None, offloads="host")
TRAFFIC = ("sent_bytes", "packets_count")
HEAP = "one_to_one.messages.go_heap_bytes"
GATES_HEAP = Rule(match=HEAP, report_only=False)


def made(*without, **changes):
    columns = {
        metric: samples.around(100_000.0, noise=0.003)
        for metric in samples.PUBLISHED
        if metric not in without
    }
    return samples.paired(columns, **changes)


def ruled(*rules, **more):
    return GatePolicy(rules=rules, **more)


def lacking(result, policy, present=()):
    """What is absent: the tail, whether it is gated, its limit, and why."""
    info = result.scenarios[0]
    known = {f"one_to_one.messages.{metric}" for metric in (*samples.PUBLISHED, *present)}
    return {
        column.tail: (found.gated, found.limit, column.missing)
        for column, found in absent(result, info, policy, known)
    }


def judged(result, policy):
    return attrs.evolve(result, comparisons=compare_pairs(result, policy, (), TODAY))


# --- rules -------------------------------------------------------------------------------------------


def test_without_a_rule_nothing_is_absent():
    assert lacking(made(), NONE) == {}
    assert lacking(made(), REQUIRED) == {}


def test_what_a_rule_gates_by_its_key_is_missed_where_nobody_measured_it():
    assert lacking(made(), ruled(GATES_HEAP)) == {HEAP: (True, None, NOT_MEASURED)}
    result = judged(made(), ruled(GATES_HEAP))
    assert missed(result, NONE) == (f"tcperf.{HEAP}: no run has it",)
    assert exit_status(result, "off", NONE) == 4
    assert verdicts.overall(result) == "not_compared"


def test_a_limit_that_nothing_can_be_held_against_is_told_and_counted():
    limit = Rule(match="one_to_one.messages.goroutines_count", max=Amount(100.0))
    result = judged(made(), ruled(limit))
    (found,) = [each for each in result.comparisons if each.metric == "goroutines_count"]
    assert (found.verdict, found.gated, found.limit, found.note) == (
        "not_compared",
        False,
        100.0,
        "no run has it",
    )
    assert is_missed(found)
    assert dict(counts(result))["tcperf.not_compared_count"] == 1
    assert [each.because for each in verdicts.group(result).missed] == ["no run has it"]
    alone = samples.unpaired(made(), "head")
    assert [each.metric for each in budgets(alone, ruled(limit))] == ["goroutines_count"]
    told = attrs.evolve(alone, comparisons=budgets(alone, ruled(limit)))
    assert [each.because for each in verdicts.group(told).missed] == ["no run has it"]


@pytest.mark.parametrize(
    "rule",
    [
        Rule(match=HEAP, worse_by=5.0),  # says how, and does not gate it
        Rule(match=HEAP, report_only=True),
        Rule(match="one_to_one.messages.go_*", report_only=False),  # no metric by its name
        Rule(match="*", report_only=False),
        Rule(match="idle.idle.go_heap_bytes", report_only=False),  # another scenario's
        Rule(match="one_to_one.nowhere.go_heap_bytes", report_only=False),
        Rule(match="*.go_heap_byte", report_only=False),
    ],
)
def test_what_a_rule_does_not_gate_by_name_is_not_missed(rule):
    assert lacking(made(), ruled(rule)) == {}


def test_a_later_rule_has_the_last_word():
    assert lacking(made(), ruled(GATES_HEAP, Rule(match="*.go_heap_bytes", report_only=True))) == {}


def test_one_for_many_phases_means_the_published_ones_and_is_content_with_any():
    anywhere = ruled(Rule(match="*.go_heap_bytes", report_only=False))
    assert [*lacking(made(), anywhere)] == [HEAP]
    hidden = ruled(
        Rule(match="one_to_one.accounts.*", report_only=False),
        Rule(match="*.accounts.cpu_ms", max=Amount(1.0)),
    )
    assert [*lacking(made(), hidden)] == ["one_to_one.accounts.cpu_ms"]
    measured = made()
    run = measured.runs[0]
    totals = {"go_heap_bytes": samples.measurement("go_heap_bytes", 5)}
    elsewhere = attrs.evolve(
        run, phases=(*run.phases, attrs.evolve(run.phases[0], name="connect", totals=totals))
    )
    assert lacking(attrs.evolve(measured, runs=(elsewhere, *measured.runs[1:])), anywhere) == {}


def test_of_a_scenario_without_a_run_it_is_said_already():
    assert lacking(attrs.evolve(made(), runs=()), ruled(GATES_HEAP)) == {}
    discarded = tuple(attrs.evolve(run, discarded=True) for run in made().runs)
    assert lacking(attrs.evolve(made(), runs=discarded), ruled(GATES_HEAP)) == {}


def test_it_is_missed_between_two_results_too_and_keeps_no_pairs_going():
    base, head = (samples.unpaired(made(), side) for side in ("base", "head"))
    found = compare_results(base, head, ruled(GATES_HEAP), (), TODAY).comparisons
    assert [each.key for each in found if each.change == "not_compared"] == [f"tcperf.{HEAP}"]
    still = {metric: [(9.0, 9.0)] * 7 for metric in samples.PUBLISHED}
    assert progress(samples.paired(still), "one_to_one", ruled(GATES_HEAP)).is_decided


# --- the host's network ------------------------------------------------------------------------------


def test_traffic_that_the_hosts_network_does_not_count_is_told():
    result = judged(made(*TRAFFIC, conditions=HOST), NONE)
    lost = [each for each in result.comparisons if each.change == "not_compared"]
    assert [(each.metric, each.gated, each.note) for each in lost] == [
        (metric, False, NOT_COUNTED) for metric in TRAFFIC
    ]
    assert verdicts.overall(result) == "not_compared"
    assert dict(counts(result))["tcperf.not_compared_count"] == 2
    assert exit_status(result, "exit", NONE) == 0, "developers' machines have no private networks"


@pytest.mark.parametrize(
    ("policy", "gone"),
    [
        (REQUIRED, TRAFFIC),
        (ruled(Rule(match="*.sent_bytes", worse_by=2.0)), ("sent_bytes",)),
        (ruled(Rule(match="*.messages.*", report_only=False)), TRAFFIC),
    ],
)
def test_it_is_no_green_build_where_a_comparison_is_required_or_a_rule_is_about_it(policy, gone):
    result = judged(made(*TRAFFIC, conditions=HOST), policy)
    assert missed(result, policy) == tuple(
        f"tcperf.one_to_one.messages.{metric}: {NOT_COUNTED}" for metric in gone
    )
    assert exit_status(result, "problem", policy) == 4


def test_a_rule_that_only_reports_traffic_expects_none():
    policy = ruled(
        *(Rule(match=f"*.{metric}", report_only=True) for metric in TRAFFIC), require_comparison=True
    )
    result = judged(made(*TRAFFIC, conditions=HOST), policy)
    assert {each.change for each in result.comparisons} == {"ok"}
    assert exit_status(result, "exit", policy) == 0

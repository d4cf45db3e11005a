"""Head against base, from a result to ranked comparisons."""

from datetime import date

import attrs
import pytest
import samples

from tcperf.comparing import budgets, compare_pairs, compare_results, progress, retold, warnings
from tcperf.comparison import Pairing
from tcperf.gating import Gate
from tcperf.link import Link
from tcperf.quantities import Amount
from tcperf.ranking import Counts, count
from tcperf.rules import Acceptance, GatePolicy, Rule
from tcperf.traffic import Capture, Closing

TODAY = date(2026, 11, 27)
NONE = GatePolicy()
#: Metric -> its value and by how much the head's is larger.
CHANGED = {
    "time_ms": (200_000.0, 1.0),
    "latency_ms": (980.0, 0.7),
    "send_ms": (21.5, 1.0),
    "cpu_ms": (18_000.0, 1.25),
    "memory_peak_bytes": (350_000_000.0, 1.0),
    "sent_bytes": (420_000.0, 1.062),
    "packets_count": (1_760.0, 1.0),
    "received_bytes": (420_000.0, 1.062),
    "threads_count": (28.0, 2.0),
}
CLEAN = {metric: (value, 1.0) for metric, (value, _ratio) in CHANGED.items()}
CLOSED = Closing(10, 10, 1, 1, 0, 0, 0)


def made(figures=CHANGED, pairs=10, noise=0.003, **changes):
    columns = {
        metric: samples.around(value, ratio, pairs, noise) for metric, (value, ratio) in figures.items()
    }
    return samples.paired(columns, **{"closing": CLOSED, **changes})


def compare(result, policy=NONE, accept=()):
    return compare_pairs(result, policy, accept, TODAY)


def by_metric(comparisons):
    return {each.metric: each for each in comparisons if each.phase == "messages"}


# --- pairs -------------------------------------------------------------------------------------------


def test_every_total_is_told_worst_first():
    found = compare(made())
    assert [(each.metric, each.change, each.gated) for each in found] == [
        ("cpu_ms", "worse", True),
        ("sent_bytes", "worse", True),
        ("latency_ms", "better", True),
        ("time_ms", "ok", True),
        ("send_ms", "ok", True),
        ("memory_peak_bytes", "ok", True),
        ("packets_count", "ok", True),
        ("threads_count", "worse", False),
        ("received_bytes", "worse", False),
    ]


def test_what_flows_explain_is_explained_where_it_changed():
    found = by_metric(compare(made()))
    assert found["sent_bytes"].explanation.startswith("all of it alice→bob TCP, +25.")
    assert all(each.explanation is None for name, each in found.items() if name != "sent_bytes")
    assert by_metric(compare(made(CLEAN)))["sent_bytes"].explanation is None


def test_what_is_better_is_explained_too():
    found = by_metric(compare(made({"sent_bytes": (420_000.0, 0.9)})))
    assert found["sent_bytes"].change == "better"
    assert found["sent_bytes"].explanation.startswith("all of it alice→bob TCP, -40.8 KiB")


def by_node(result, metric, bobs):
    """The same with a figure of each node: bob's is always ``bobs``, and alice's the rest."""

    def change(run):
        (phase,) = run.phases
        whole = phase.totals[metric]
        parts = {"alice": whole.value - bobs, "bob": bobs}
        nodes = {name: {metric: attrs.evolve(whole, value=value)} for name, value in parts.items()}
        return attrs.evolve(run, phases=(attrs.evolve(phase, nodes=nodes),))

    return attrs.evolve(result, runs=tuple(map(change, result.runs)))


def test_the_node_that_makes_the_change_is_named_where_flows_do_not_tell():
    grown = by_node(made({"memory_peak_bytes": (350_000_000.0, 1.2)}), "memory_peak_bytes", 90_000_000.0)
    found = by_metric(compare(grown))["memory_peak_bytes"]
    assert found.change == "worse"
    assert found.explanation.startswith("all of it alice, +67.")
    fallen = by_node(made({"cpu_ms": (18_000.0, 0.7)}), "cpu_ms", 4_000.0)
    assert by_metric(compare(fallen))["cpu_ms"].explanation.startswith("all of it alice, -5.")
    same = by_node(made({"cpu_ms": (18_000.0, 1.0)}), "cpu_ms", 4_000.0)
    assert by_metric(compare(same))["cpu_ms"].explanation is None


def test_an_earlier_result_says_where_it_comes_from_as_it_is_said_now():
    result = made()
    found = compare(result)
    earlier = tuple(attrs.evolve(each, explanation="100 % of it alice→bob TCP") for each in found)
    told = by_metric(retold(attrs.evolve(result, comparisons=earlier)).comparisons)
    assert told["sent_bytes"] == by_metric(found)["sent_bytes"]
    assert told["cpu_ms"].explanation == "100 % of it alice→bob TCP"  # nothing in its runs says it better
    lossy = tuple(attrs.evolve(run, capture=Capture(1, 1, 0, ())) for run in result.runs)
    kept = attrs.evolve(result, comparisons=earlier, runs=lossy)
    assert retold(kept) == kept


def test_flows_that_were_not_captured_explain_nothing():
    result = made()
    lossy = tuple(attrs.evolve(run, capture=Capture(1, 1, 0, ())) for run in result.runs)
    assert by_metric(compare(attrs.evolve(result, runs=lossy)))["sent_bytes"].explanation is None


def test_flows_that_go_the_other_way_explain_nothing():
    """The totals say more, and the flows, of which most was lost to the account, less."""
    result = made()

    def change(run):
        shrink = 4 if run.subject == "head" else 1
        rows = (attrs.evolve(row, frame_bytes=row.frame_bytes / shrink) for row in run.traffic)
        return attrs.evolve(run, traffic=tuple(rows))

    spoilt = attrs.evolve(result, runs=tuple(map(change, result.runs)))
    assert by_metric(compare(spoilt))["sent_bytes"].explanation is None


def test_a_clean_build_is_ok_throughout():
    found = compare(made(CLEAN))
    assert {each.change for each in found} == {"ok"}


def test_rules_are_followed():
    rules = (Rule(match="*.cpu_ms", worse_by=50.0), Rule(match="*.threads_count", report_only=False))
    found = by_metric(compare(made(), GatePolicy(rules=rules)))
    assert found["cpu_ms"].change == "ok"
    assert found["cpu_ms"].threshold_pct == 50
    assert found["threads_count"].is_regression


def test_what_a_phase_chose_not_to_publish_is_gated_and_limited_by_rules():
    """A phase that publishes sent_bytes alone: all else stays out of the statistics, and in reach of a rule."""
    chosen = [
        attrs.evolve(phase, metrics=("sent_bytes",)) for phase in samples.ONE_TO_ONE.phases if phase.publish
    ]
    result = attrs.evolve(made(), scenarios=(attrs.evolve(samples.ONE_TO_ONE, phases=tuple(chosen)),))
    assert [each.metric for each in compare(result) if each.gated] == ["sent_bytes"]
    rules = (
        Rule(match="*.cpu_ms", report_only=False),
        Rule(match="*.memory_peak_bytes", max=Amount(1.0)),
    )
    found = by_metric(compare(result, GatePolicy(rules=rules)))
    assert found["cpu_ms"].is_regression
    assert not found["cpu_ms"].published
    assert (found["memory_peak_bytes"].verdict, found["memory_peak_bytes"].gated) == ("over_budget", False)
    bad = Gate("exit", GatePolicy(rules=rules)).objections(
        attrs.evolve(result, comparisons=tuple(found.values()))
    )
    assert {each.metric for each in bad} == {"memory_peak_bytes", "cpu_ms", "sent_bytes"}


def test_an_accepted_change_is_no_regression_and_told_after_those_that_are():
    known = Acceptance(match="*.cpu_ms", up_to=30.0, reason="new cipher", until=TODAY)
    found = compare(made(), accept=[known])
    assert [each.metric for each in found[:2]] == ["sent_bytes", "cpu_ms"]
    assert found[1].accepted == "new cipher (until 2026-11-27)"


def test_a_pairing_with_a_problem_is_not_compared_whatever_its_pairs_say():
    problem = "the base failed twice: bob ended with status 2"
    result = made(pairings=(Pairing("one_to_one", 10, stopped="failed", problem=problem),))
    found = compare(result, GatePolicy(rules=(Rule(match="*.cpu_ms", max=Amount(1.0)),)))
    assert {each.change for each in found} == {"not_compared"}
    assert {each.note for each in found} == {problem}
    assert found[0].verdict == "over_budget"
    assert found[0].head_median is not None


def test_a_scenario_without_a_run_is_missed_by_its_published_metrics():
    result = made(scenarios=(samples.ONE_TO_ONE, samples.COLD_START))
    missed = [each for each in compare(result) if each.scenario == "cold_start"]
    assert len(missed) == 3 * len(samples.UNTIMED)
    assert {(each.change, each.gated) for each in missed} == {("not_compared", True)}
    assert missed[0].note == "there is no run of the base and none of the head"


def test_a_metric_that_one_side_lacks_is_not_compared():
    result = made()

    def change(run):
        (phase,) = run.phases
        totals = {
            key: value for key, value in phase.totals.items() if run.subject == "base" or key != "cpu_ms"
        }
        return attrs.evolve(run, phases=(attrs.evolve(phase, totals=totals),))

    found = by_metric(compare(attrs.evolve(result, runs=tuple(map(change, result.runs)))))
    assert found["cpu_ms"].change == "not_compared"
    assert found["cpu_ms"].note == "no run of the head has it"
    assert found["sent_bytes"].change == "worse"


def test_read_again_it_says_the_same():
    result = made()
    again = attrs.evolve(result, comparisons=compare(result))
    assert compare(again) == again.comparisons


def test_the_order_of_the_runs_in_the_file_means_nothing():
    result = made()
    assert compare(attrs.evolve(result, runs=result.runs[::-1])) == compare(result)


# --- budgets -----------------------------------------------------------------------------------------

LIMITS = GatePolicy(
    rules=(
        Rule(match="*.cpu_ms", max=Amount(1_000.0, "ms")),
        Rule(match="*.memory_peak_bytes", max=Amount(2.0**30)),
        Rule(match="*.ip_bytes", max=Amount(1.0)),
    )
)


def test_limits_are_valid_without_a_base():
    result = samples.unpaired(made(), "head")
    found = budgets(result, LIMITS)
    assert [(each.metric, each.verdict, each.note) for each in found] == [
        ("cpu_ms", "over_budget", "no base"),
        ("memory_peak_bytes", "not_compared", "no base"),
        ("ip_bytes", "not_compared", "no run has it"),
    ]
    assert compare(result, LIMITS) == found
    assert budgets(result, NONE) == ()


def test_a_limit_of_what_was_not_measured_is_not_passed_in_silence():
    policy = GatePolicy(rules=(Rule(match="*.time_ms", max=Amount(5.0)),))
    (found,) = budgets(samples.unpaired(made({"cpu_ms": (1.0, 1.0)}), "head"), policy)
    assert (found.verdict, found.note) == ("not_compared", "no run has it")


def test_a_limit_comes_before_the_change_with_a_base_too():
    found = compare(made(CLEAN), LIMITS)
    assert (found[0].metric, found[0].verdict, found[0].change) == ("cpu_ms", "over_budget", "ok")


# --- two results -------------------------------------------------------------------------------------


def two(figures=CHANGED, **changes):
    whole = made(figures, **changes)
    head, base = samples.unpaired(whole, "head"), samples.unpaired(whole, "base")
    return base, head


def test_samples_give_a_verdict_and_a_warning():
    found = compare_results(*two(), NONE, (), TODAY)
    verdicts = by_metric(found.comparisons)
    assert verdicts["cpu_ms"].change == "worse"
    assert not verdicts["cpu_ms"].paired
    assert verdicts["memory_peak_bytes"].change == "ok"
    assert verdicts["sent_bytes"].explanation.startswith("all of it alice→bob TCP")
    assert len(found.warnings) == 1
    assert found.refusal is None


def test_pairs_of_the_head_are_used_as_pairs():
    base, _head = two()
    found = compare_results(base, made(), NONE, (), TODAY)
    assert found.comparisons == compare(made())


def test_what_cannot_be_compared_is_not():
    base, head = two()
    slow = attrs.evolve(head, conditions=attrs.evolve(head.conditions, link=Link(50.0), emulation="netem"))
    found = compare_results(base, slow, NONE, (), TODAY)
    assert {each.change for each in found.comparisons} == {"not_compared"}
    assert found.refusal == found.comparisons[0].note
    assert "unlike conditions" in found.refusal


def test_one_scenario_that_cannot_be_compared_keeps_none_of_the_others_back():
    base, head = two()
    head = attrs.evolve(head, scenarios=(*head.scenarios, samples.COLD_START))
    found = compare_results(base, head, NONE, (), TODAY)
    assert found.refusal.startswith("cold_start: ")
    assert by_metric(found.comparisons)["cpu_ms"].change == "worse"


def test_acceptances_and_limits_count_between_two_results():
    known = Acceptance(match="*.cpu_ms", up_to=30.0, reason="new cipher", until=date(2026, 11, 1))
    found = compare_results(*two(), LIMITS, (known,), TODAY)
    cpu = by_metric(found.comparisons)["cpu_ms"]
    assert cpu.verdict == "over_budget"
    assert cpu.note == "it was accepted until 2026-11-01"
    assert found.warnings[-1].startswith("the acceptance of *.cpu_ms ended on 2026-11-01")


def test_one_binary_twice_is_told():
    base, head = two()
    same = attrs.evolve(head, subjects=base.subjects)
    assert (
        "base and head are the same binary: whatever differs is noise"
        in compare_results(base, same, NONE, (), TODAY).warnings
    )


def test_warnings_of_a_paired_result():
    result = made()
    old = Acceptance(match="*", up_to=1.0, reason="once", until=date(2020, 1, 1))
    assert warnings(result, compare(result), (), TODAY) == ()
    same = attrs.evolve(result, subjects={"head": samples.BACKEND, "base": samples.BACKEND})
    assert len(warnings(same, compare(result), [old], TODAY)) == 2
    assert warnings(samples.unpaired(result, "head"), (), [old], TODAY) == ()


def test_what_the_budget_or_too_few_pairs_kept_from_being_told_is_warned_of():
    unsure = made(noise=0.06, pairings=(Pairing("one_to_one", 10, stopped="budget"),))
    found = compare(unsure)
    assert any(each.gated and each.change == "cannot_tell" for each in found)
    told, *noisy = warnings(unsure, found, (), TODAY)
    assert told.startswith("one_to_one: the budget ended it after 10 pairs, and ")
    assert all(" is too noisy to be gated at " in text for text in noisy)
    few = made(CLEAN, 3, pairings=(Pairing("one_to_one", 3, stopped="pairs"),))
    (told,) = warnings(few, compare(few), (), TODAY)
    assert told.startswith("one_to_one: with 3 pairs nothing can be WORSE, BETTER or OK")
    assert told in compare_results(few, few, NONE, (), TODAY).warnings


def test_proof_that_a_floor_hides_is_told_with_the_rule_that_shows_it():
    small = made({"sent_bytes": (17_408.0, 1.06)})
    (told,) = warnings(small, compare(small), (), TODAY)
    assert told.startswith("one_to_one.messages sent_bytes +")
    assert " % is less than 4.00 KiB worse, which is its floor; " in told
    assert told.endswith('otherwise it would be WORSE: floor = "520 B" in a rule leaves it to the 3 %')
    assert told in compare_results(small, small, NONE, (), TODAY).warnings


# --- progress ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", [1, 5, 6])
def test_before_the_first_look_nothing_is_decided(pairs):
    found = progress(made(CLEAN, pairs), "one_to_one", NONE)
    assert (found.pairs, found.is_decided) == (pairs, False)
    assert set(found.undecided) == {f"one_to_one.messages.{metric}" for metric in samples.PUBLISHED}
    assert found.worst.pairs == pairs


def test_without_a_pair_there_is_nothing_to_tell():
    empty = attrs.evolve(made(), runs=())
    found = progress(empty, "one_to_one", NONE)
    assert (found.pairs, found.is_decided, found.worst, found.undecided) == (0, False, None, ())


def test_a_clean_build_is_decided_early():
    equal = {metric: [(value, value)] * 7 for metric, (value, _ratio) in CLEAN.items()}
    found = progress(samples.paired(equal), "one_to_one", NONE)
    assert found.is_decided
    assert found.undecided == ()
    assert found.worst.change == "ok"


def test_a_bad_build_is_decided_when_it_is_proved():
    assert progress(made(pairs=7), "one_to_one", NONE).undecided[:1] == ("one_to_one.messages.latency_ms",)
    found = progress(made(pairs=10), "one_to_one", NONE)
    assert found.is_decided
    assert (found.worst.metric, found.worst.change) == ("cpu_ms", "worse")


@pytest.mark.parametrize("pairs", range(7, 16))
@pytest.mark.parametrize("lane", [0, 2, 5])
def test_it_is_decided_where_the_comparison_of_the_same_pairs_has_decided(pairs, lane):
    """So what stops the pairs is what is told in the end, whatever was played beside the last one of a look."""
    result = made(pairs=pairs, lane=lane)
    found, told = progress(result, "one_to_one", NONE), [each for each in compare(result) if each.gated]
    assert found.is_decided is (not any(each.change == "cannot_tell" for each in told))
    assert found.worst == attrs.evolve(told[0], explanation=None)


def test_with_six_lanes_the_first_look_may_prove_a_change():
    result = made(pairs=9, lane=5)
    found = progress(result, "one_to_one", NONE)
    assert found.is_decided
    assert (found.worst.metric, found.worst.change, found.worst.pairs) == ("sent_bytes", "worse", 9)


def test_between_looks_it_may_end_where_all_is_well_and_where_nothing_is_proved_only_there():
    calm = [(1000.0, 1000.0)] * 12
    soon = [(1000.0, 1000.0 + change) for change in (*(45, 45, 45), *[-30] * 9)]  # open at 7 pairs, OK at 10
    worse = samples.around(1000.0, 1.2, 12)
    for columns, at in (
        ({"time_ms": calm}, {7: True, 8: True}),
        (
            {"time_ms": calm, "sent_bytes": [(1000 * each, 1000 * other) for each, other in soon]},
            {9: False, 11: True},
        ),
        ({"time_ms": calm, "cpu_ms": worse}, {8: False, 9: False, 10: False, 11: False}),
    ):
        for pairs, expected in at.items():
            found = progress(
                samples.paired({key: values[:pairs] for key, values in columns.items()}), "one_to_one", NONE
            )
            assert found.may_end is expected, (columns.keys(), pairs, found)
            assert found.is_decided or not found.may_end


def test_before_the_first_look_it_may_not_end_however_equal_the_sides_are():
    assert not progress(samples.paired({"time_ms": [(5.0, 5.0)] * 6}), "one_to_one", NONE).may_end
    eight = samples.paired({"time_ms": [(5.0, 5.0)] * 8}, lane=5)  # with six lanes it is looked at nine
    assert not progress(eight, "one_to_one", NONE).may_end


def test_only_gated_metrics_keep_it_going():
    rules = GatePolicy(
        rules=(Rule(match="*", report_only=True), Rule(match="*.memory_peak_bytes", report_only=False))
    )
    found = progress(made(pairs=7, noise=0.0001), "one_to_one", rules)
    assert found.is_decided
    assert found.worst.metric == "memory_peak_bytes"


def test_a_metric_that_cannot_be_compared_waits_for_no_pair():
    figures = {"memory_peak_bytes": (350_000_000.0, 1.0)}
    found = progress(made(figures, pairs=10), "one_to_one", NONE)
    assert found.is_decided
    assert found.worst.metric == "memory_peak_bytes"


#: About as large as its threshold: of 3 %, an interval that is in doubt of it, and below 7 %.
DOUBT = {"sent_bytes": samples.around(420_000_000.0, 1.029, 10, 0.006)}
KNOWN = Acceptance(match="*.sent_bytes", up_to=7.0, reason="larger keys", until=TODAY)


def test_what_is_within_what_is_accepted_waits_for_no_more_pairs():
    result = samples.paired(DOUBT)
    assert progress(result, "one_to_one", NONE).undecided == ("one_to_one.messages.sent_bytes",)
    found = progress(result, "one_to_one", NONE, [KNOWN], TODAY)
    assert found.is_decided
    (told,) = [each for each in compare(result, accept=[KNOWN]) if each.pairs]
    assert (told.change, told.accepted) == ("cannot_tell", "larger keys (until 2026-11-27)")
    assert count([told]) == Counts(accepted=1)


@pytest.mark.parametrize(
    ("known", "today"),
    [(attrs.evolve(KNOWN, up_to=3.0), TODAY), (KNOWN, date(2026, 11, 28)), (KNOWN, None)],
)
def test_what_may_be_more_than_is_accepted_goes_on(known, today):
    assert not progress(samples.paired(DOUBT), "one_to_one", NONE, [known], today).is_decided


def test_nothing_is_accepted_before_the_first_look():
    few = samples.paired({metric: values[:6] for metric, values in DOUBT.items()})
    assert not progress(few, "one_to_one", NONE, [KNOWN], TODAY).is_decided


def test_an_accepted_change_that_is_worse_waits_for_a_look_all_the_same():
    worse = samples.paired({"sent_bytes": samples.around(420_000_000.0, 1.05, 9, 0.003)})
    found = progress(worse, "one_to_one", NONE, [KNOWN], TODAY)
    assert (found.is_decided, found.may_end) == (True, False)


def test_other_scenarios_do_not_matter():
    result = made(scenarios=(samples.ONE_TO_ONE, samples.COLD_START))
    assert progress(result, "one_to_one", NONE).is_decided
    assert progress(result, "cold_start", NONE).pairs == 0

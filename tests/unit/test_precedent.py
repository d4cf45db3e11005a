"""A result beside past builds: which changes alarm, what is said of them, and what cannot be seen beside each other."""

import math
from datetime import date

import attrs
import histories
import pytest
import samples

from tcperf.band import Band
from tcperf.drifting import whose
from tcperf.gate import Criterion
from tcperf.history import History
from tcperf.link import Link
from tcperf.precedent import (
    NOTHING,
    UNPUBLISHED,
    Precedent,
    compare_history,
    judge,
    unlike_scenarios,
)
from tcperf.quantities import Amount
from tcperf.remarks import without_comparison
from tcperf.rules import Acceptance, GatePolicy, Rule

TODAY = date(2026, 11, 27)
RESULT = samples.result(scenarios=(samples.ONE_TO_ONE,))
FIGURES = histories.statistics(RESULT)
SENT = "tcperf.one_to_one.messages.sent_bytes"
WARN, FAIL = GatePolicy(), GatePolicy(history="fail")
NO_WOBBLE = [1.0] * 12


def beside(ratios=None, *, only=None, builds=12, latest=None, **changes):
    """Past builds: all figures times ``ratios`` (of those whose metric is ``only``), strayed a little."""
    factor = 1.0 if ratios is None else ratios
    figures = {
        key: value * (factor if only is None or key.endswith(only) else 1.0) for key, value in FIGURES.items()
    }
    wobbles = [histories.wobble(place, 0.005) for place in range(builds)]
    return Precedent(histories.history(figures, wobbles, **changes), latest)


def compared(precedent, result=RESULT, policy=WARN, accept=()):
    return compare_history(result, precedent, policy, accept, TODAY)


def by_metric(found):
    return {each.metric: each for each in found.comparisons if each.phase == "messages"}


# --- one value beside a band -------------------------------------------------------------------------

BAND = Band(median=1000.0, low=980.0, high=1020.0, builds=12)
WIDE = Band(median=1000.0, low=800.0, high=1200.0, builds=12)
THREE = Criterion(0.03)


@pytest.mark.parametrize(
    ("value", "band", "criterion", "change"),
    [
        (1000, BAND, THREE, "ok"),
        (1029, BAND, THREE, "ok"),  # unusual, but no more than the threshold
        (1031, BAND, THREE, "worse"),
        (969, BAND, THREE, "better"),
        (971, BAND, THREE, "ok"),
        (1031, WIDE, THREE, "cannot_tell"),
        (1201, WIDE, THREE, "worse"),
        (900, WIDE, THREE, "ok"),
        (799, WIDE, THREE, "better"),
        (1031, BAND, Criterion(0.03, 31), "ok"),  # the floor
        (1032, BAND, Criterion(0.03, 31), "worse"),
        (5, Band(0, 0, 0, 9), Criterion(0.03, 4), "worse"),  # of 0 there is no percentage: the floor decides
        (4, Band(0, 0, 0, 9), Criterion(0.03, 4), "ok"),
    ],
)
def test_a_value_beside_a_band(value, band, criterion, change):
    assert judge(value, band, criterion) == change


def test_builds_that_never_differ_fail_nobody_for_a_byte():
    same = Band(420_082, 420_082, 420_082, 20)
    assert judge(420_083, same, Criterion(0.03, 4096)) == "ok"
    assert judge(420_082 * 1.04, same, Criterion(0.03, 4096)) == "worse"


def test_where_more_is_better_less_is_worse():
    assert judge(969, BAND, THREE, less_is_better=False) == "worse"
    assert judge(1031, BAND, THREE, less_is_better=False) == "better"
    assert judge(900, WIDE, THREE, less_is_better=False) == "cannot_tell"


# --- a whole result ----------------------------------------------------------------------------------


def test_a_build_as_the_ones_before_is_ok_and_says_what_it_was_seen_beside():
    found = compared(beside())
    assert {each.change for each in found.comparisons} == {"ok"}
    assert {each.metric for each in found.comparisons} == set(samples.PUBLISHED)
    assert {each.history_builds for each in found.comparisons} == {12}
    assert {each.history_of for each in found.comparisons} == {"develop"}
    assert not any(each.paired or each.pairs or each.p is not None for each in found.comparisons)
    assert found.warnings == ()
    assert found.refusal is None


def test_a_figure_beyond_the_band_and_the_threshold_is_worse():
    found = compared(beside(1 / 1.062, only="sent_bytes"))
    first, *others = found.comparisons
    assert first.key == SENT
    assert first.change == "worse"
    assert first.effect_pct == pytest.approx(6.2, abs=0.5)
    assert first.head_median == FIGURES[SENT]
    assert first.base_median == pytest.approx(FIGURES[SENT] / 1.062, rel=0.005)
    assert first.low_pct is first.high_pct is None
    assert first.visible_pct == pytest.approx(3 * first.noise_pct)
    assert 0 < first.visible_pct < 3
    assert {each.change for each in others} == {"ok"}


def test_it_warns_unless_it_is_asked_to_fail():
    warned, failed = (compared(beside(0.5), policy=policy).comparisons[0] for policy in (WARN, FAIL))
    assert warned.change == failed.change == "worse"
    assert (warned.warns_only, warned.is_regression, warned.is_warned_of) == (True, False, True)
    assert (failed.warns_only, failed.is_regression, failed.is_warned_of) == (False, True, False)


def test_a_figure_below_the_band_is_better():
    found = by_metric(compared(beside(2.0, only="latency_ms")))
    assert found["latency_ms"].change == "better"
    assert found["latency_ms"].effect_pct == pytest.approx(-50, abs=0.5)


def test_what_builds_differ_by_anyway_cannot_be_told():
    ratios = [1 + 0.2 * math.sin(7 * place + 1) for place in range(20)]
    precedent = Precedent(histories.history({SENT: FIGURES[SENT] / 1.1}, ratios))
    found = by_metric(compared(precedent))["sent_bytes"]
    assert found.change == "cannot_tell"
    assert found.note.startswith("builds differ as much: usual ")
    assert "KiB" in found.note


@pytest.mark.parametrize("builds", [1, 2, 3, 4])
def test_too_few_builds_cannot_tell_and_say_so(builds):
    found = compared(beside(0.5, builds=builds))
    assert {each.change for each in found.comparisons} == {"cannot_tell"}
    first = found.comparisons[0]
    assert first.note == f"5 or more builds are needed, and {builds} published it"
    assert first.history_builds == builds
    assert first.effect_pct == pytest.approx(100, abs=3)
    assert first.noise_pct is first.visible_pct is None


def test_five_are_enough():
    assert {each.change for each in compared(beside(0.5, builds=5)).comparisons} == {"worse"}


def test_what_no_build_published_is_not_compared():
    figures = {key: value for key, value in FIGURES.items() if key != SENT}
    found = by_metric(compared(Precedent(histories.history(figures, NO_WOBBLE))))
    assert found["sent_bytes"].change == "not_compared"
    assert found["sent_bytes"].note == UNPUBLISHED
    assert found["sent_bytes"].history_builds is None
    assert not found["sent_bytes"].paired
    assert found["cpu_ms"].change == "ok"


def test_what_only_some_builds_published_is_seen_beside_those():
    history = beside().history
    builds = tuple(
        attrs.evolve(build, statistics={**build.statistics, SENT: 7.0} if place == 3 else FIGURES)
        for place, build in enumerate(history.builds)
    )
    some = tuple(
        attrs.evolve(build, statistics={key: value for key, value in build.statistics.items() if key != SENT})
        for build in builds[:5]
    )
    found = by_metric(compared(Precedent(attrs.evolve(history, builds=(*some, *builds[5:])))))
    assert found["sent_bytes"].history_builds == 7
    assert found["cpu_ms"].history_builds == 12


def test_what_this_build_lacks_is_not_compared():
    runs = tuple(
        attrs.evolve(
            run,
            phases=tuple(
                attrs.evolve(
                    phase, totals={key: value for key, value in phase.totals.items() if key != "sent_bytes"}
                )
                for phase in run.phases
            ),
        )
        for run in RESULT.runs
    )
    found = by_metric(compared(beside(), result=attrs.evolve(RESULT, runs=runs)))
    assert found["sent_bytes"].change == "not_compared"
    assert found["sent_bytes"].note == "no run has it"


def test_what_is_neither_published_nor_gated_nor_limited_is_left_out():
    assert "threads_count" not in by_metric(compared(beside()))
    limit = GatePolicy(rules=(Rule(match="*.threads_count", max=Amount(5, "count")),))
    found = [each for each in compared(beside(), policy=limit).comparisons if each.metric == "threads_count"]
    assert {each.verdict for each in found} == {"over_budget"}
    assert {each.change for each in found} == {"not_compared"}


def test_a_rule_can_keep_a_figure_out_and_it_is_told_all_the_same():
    policy = GatePolicy(history="fail", rules=(Rule(match="*.sent_bytes", report_only=True),))
    found = by_metric(compared(beside(0.5, only="sent_bytes"), policy=policy))["sent_bytes"]
    assert found.change == "worse"
    assert not found.is_regression
    assert found.note == "a rule says report_only"


def test_a_rule_can_allow_more():
    policy = GatePolicy(rules=(Rule(match="*.sent_bytes", worse_by=300.0),))
    found = by_metric(compared(beside(0.5, only="sent_bytes"), policy=policy))
    assert found["sent_bytes"].change == "ok"
    assert found["sent_bytes"].threshold_pct == 300


def test_a_known_change_is_accepted():
    known = Acceptance(match="*.sent_bytes", up_to=110.0, reason="larger keys", until=date(2026, 12, 31))
    found = by_metric(compared(beside(0.5, only="sent_bytes"), policy=FAIL, accept=(known,)))["sent_bytes"]
    assert found.accepted == "larger keys (until 2026-12-31)"
    assert not found.is_regression


def test_an_acceptance_that_has_ended_is_told():
    known = Acceptance(match="*.sent_bytes", up_to=110.0, reason="larger keys", until=date(2026, 11, 1))
    found = compared(beside(0.5, only="sent_bytes"), accept=(known,))
    assert any("ended on 2026-11-01" in told for told in found.warnings)


def test_from_nothing_there_is_no_percentage():
    found = by_metric(compared(Precedent(histories.history({SENT: 0}, NO_WOBBLE))))["sent_bytes"]
    assert found.change == "worse"
    assert found.effect_pct is None
    assert found.base_median == 0
    assert found.visible_pct is None


def test_with_the_reference_node_its_own_keys_are_looked_for():
    result = samples.reference_result()
    found = compared(Precedent(histories.history(histories.statistics(result), NO_WOBBLE)), result=result)
    assert {each.change for each in found.comparisons} == {"ok"}
    assert all(each.key.startswith("tcperf.reference.") for each in found.comparisons)


# --- whose builds they are ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "develop"),
        ({"branch": None}, "the default branch"),
        ({"reason": "default", "branch": "main"}, "main"),
        ({"reason": "revision", "revision": "1a2b3c4d5e6f7788" * 2}, "the merge base 1a2b3c4d5e6f"),
        ({"reason": "revision", "revision": None}, "develop"),
    ],
)
def test_whose_they_are(changes, told):
    assert whose(histories.history(FIGURES, NO_WOBBLE, **changes)) == told


# --- what cannot be seen beside each other -----------------------------------------------------------


def test_a_newest_build_that_measured_the_same_is_no_obstacle():
    assert compared(beside(latest=RESULT)) == compared(beside())


def test_other_parameters_are_not_compared():
    found = compared(beside(0.5, latest=histories.unlike(RESULT, messages=20)))
    reason = "measured with unlike parameters: messages: 20 against 100"
    assert {each.change for each in found.comparisons} == {"not_compared"}
    assert {each.note for each in found.comparisons} == {reason}
    assert found.warnings == (f"not compared: the past builds {reason}",)
    assert found.refusal == reason


def test_other_conditions_are_not_compared():
    latest = attrs.evolve(RESULT, conditions=attrs.evolve(RESULT.conditions, link=Link(delay_ms=50)))
    found = compared(beside(latest=latest))
    assert {each.change for each in found.comparisons} == {"not_compared"}
    assert "unlike conditions" in found.refusal


def test_one_scenario_with_other_parameters_does_not_keep_the_others():
    both = samples.result()
    precedent = Precedent(
        histories.history(histories.statistics(both), NO_WOBBLE), histories.unlike(both, messages=20)
    )
    found = compared(precedent, result=both)
    changes = {(each.scenario, each.change) for each in found.comparisons}
    assert changes == {("one_to_one", "not_compared"), ("cold_start", "ok")}
    assert found.warnings[0].startswith("not compared: one_to_one: the past builds measured with unlike")
    assert found.refusal is None


def test_limits_hold_even_where_nothing_can_be_compared():
    policy = GatePolicy(rules=(Rule(match="*.sent_bytes", max=Amount(1024, "bytes")),))
    found = compared(beside(latest=histories.unlike(RESULT, messages=20)), policy=policy)
    assert "over_budget" in {each.verdict for each in found.comparisons}


def test_unlike_scenarios_are_those_in_both():
    one, two = samples.result(), samples.result(scenarios=(samples.COLD_START,))
    assert unlike_scenarios(one, one) == {}
    assert unlike_scenarios(two, histories.unlike(one, messages=1)) == {}
    other = attrs.evolve(one, conditions=attrs.evolve(one.conditions, mtu=9000))
    assert set(unlike_scenarios(one, other)) == {"one_to_one", "cold_start"}
    assert set(unlike_scenarios(two, other)) == {"cold_start"}


def test_nothing_measured_is_nothing_to_compare():
    empty = attrs.evolve(RESULT, runs=(), scenarios=())
    assert compared(beside(), result=empty).refusal == NOTHING


# --- warnings ----------------------------------------------------------------------------------------


def test_another_machine_is_warned_of():
    machine = attrs.evolve(RESULT.environment, cpu_model="Intel Xeon", hostname="agent-9")
    found = compared(beside(latest=attrs.evolve(RESULT, environment=machine)))
    (told,) = found.warnings
    assert told.startswith(
        "history: measured on another machine, which may be all that differs: CPU: Intel Xeon"
    )


def test_other_agents_are_warned_of_where_nobody_knows_their_machines():
    assert compared(beside(same_agent=False)).warnings == (
        "history: not all of the builds ran on this machine: some of what differs may be the machines' doing",
    )
    assert compared(beside(same_agent=None)).warnings == ()


def test_fewer_runs_than_in_the_builds_before_are_warned_of():
    once = samples.result(runs=1, scenarios=(samples.ONE_TO_ONE,))
    assert compared(beside(latest=RESULT), result=once).warnings == (
        (
            "history: one_to_one was measured once, in the newest of the builds 3 times: the median of fewer runs "
            "strays more than what is usual"
        ),
    )
    assert compared(beside(latest=once)).warnings == ()


def test_a_tests_runs_are_its_own():
    (*_, whole) = samples.ONE_TO_ONE.phases
    phases = tuple(
        attrs.evolve(whole, name=f"chat_{name}", test=f"test_chat.py::test_{name}") for name in "abcde"
    )
    info = attrs.evolve(samples.ONE_TO_ONE, phases=phases)
    measured = RESULT.runs[0].phases[-1]

    def played(often):
        runs = tuple(
            attrs.evolve(
                RESULT.runs[0],
                phases=tuple(
                    attrs.evolve(measured, name=name) for name, times in often.items() if order < times
                ),
            )
            for order in range(max(often.values()))
        )
        return attrs.evolve(RESULT, scenarios=(info,), runs=runs)

    before = played({f"chat_{name}": 3 for name in "abcd"})
    now = played({"chat_a": 1, "chat_e": 7, "chat_b": 1, "chat_c": 1, "chat_d": 1})
    assert compared(beside(latest=before), result=now).warnings == (
        (
            "history: one_to_one.chat_a, one_to_one.chat_b, one_to_one.chat_c and 1 more were measured once, in the newest of the "
            "builds 3 times: the median of fewer runs strays more than what is usual"
        ),
    )
    assert compared(beside(latest=now), result=now).warnings == ()


def drifting(whole, builds=12, key=SENT):
    """Builds of which one figure grew to ``whole`` (1.06) times what it was, and is now what the result has."""
    ratios = [whole ** (place / builds - 1) for place in range(builds)]
    found = histories.history({key: FIGURES[key]}, ratios)
    return Precedent(found)


def test_slow_drift_is_told_although_no_build_is_worse():
    found = compared(drifting(1.06))
    assert by_metric(found)["sent_bytes"].change in {"ok", "cannot_tell"}
    (told,) = found.warnings
    assert told == (
        "history: one_to_one.messages sent_bytes drifts: +6.0 % over 12 builds of develop and this one, "
        "no single step beyond 3.0 %"
    )


@pytest.mark.parametrize("whole", [1.02, 0.94, 1.0])
def test_no_drift_is_told_of_what_stays_or_becomes_better(whole):
    assert compared(drifting(whole)).warnings == ()


def test_no_drift_is_told_of_what_is_not_gated():
    policy = GatePolicy(rules=(Rule(match="*", report_only=True),))
    assert compared(drifting(1.06), policy=policy).warnings == ()


def test_whatever_is_said_of_history_is_not_said_of_the_runs():
    machine = attrs.evolve(RESULT.environment, cpu_model="Intel Xeon")
    precedents = [
        beside(latest=attrs.evolve(RESULT, environment=machine)),
        beside(latest=histories.unlike(RESULT, messages=20)),
        beside(same_agent=False),
        drifting(1.06),
    ]
    for precedent in precedents:
        told = compared(precedent).warnings
        assert told
        judged = attrs.evolve(RESULT, warnings=("something of the runs", *told))
        assert without_comparison(judged).warnings == ("something of the runs",)


def test_a_history_of_no_branch_that_was_asked_for_has_values_all_the_same():
    history = History(beside().history.builds, "asked", "asked for")
    assert history.values(SENT) == beside().history.values(SENT)
    assert {each.change for each in compared(Precedent(history)).comparisons} == {"ok"}

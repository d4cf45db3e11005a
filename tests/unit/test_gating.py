"""Which results make a build bad, by which mode, and which comparisons are missing."""

from typing import get_args

import attrs
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.comparison import Comparison, Pairing
from tcperf.gating import (
    NO_BASE,
    Gate,
    Mode,
    exit_status,
    is_improvement,
    is_made,
    is_undecided,
    missed,
    objections,
    resolve_mode,
)
from tcperf.options import GATES
from tcperf.rules import GatePolicy

MODES = get_args(Mode)
PASS, FAIL = GatePolicy(), GatePolicy(undecided="fail")
REQUIRED = GatePolicy(require_comparison=True)
CHANGES = ("worse", "better", "ok", "cannot_tell", "not_compared")


def compared(change="ok", metric="cpu_ms", *, scenario="one_to_one", gated=True, **more):
    """A comparison as the gate makes them."""
    key = f"tcperf.{scenario}.messages.{metric}"
    return Comparison(
        key, scenario, "messages", metric, change, gated, published=True, pairs=10, effect_pct=1.0, **more
    )


def paired(*comparisons, problem=None, scenarios=(samples.ONE_TO_ONE,)):
    """A result of head and base."""
    return attrs.evolve(
        samples.result(runs=1, scenarios=scenarios),
        subjects={"head": samples.BACKEND, "base": attrs.evolve(samples.BACKEND, sha256="0" * 64)},
        comparisons=comparisons,
        pairings=tuple(
            Pairing(info.name, 10, stopped="failed" if problem else "decided", problem=problem)
            for info in scenarios
        ),
    )


def alone(*comparisons):
    """A result without a base."""
    return attrs.evolve(samples.result(runs=1, scenarios=(samples.ONE_TO_ONE,)), comparisons=comparisons)


OVER = compared("not_compared", limit=3.0, head_median=4.0, note="no base")
WITHIN = attrs.evolve(OVER, head_median=3.0)


# --- modes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [None, "auto"])
@pytest.mark.parametrize(("teamcity", "mode"), [(True, "problem"), (False, "exit")])
def test_auto_is_problem_under_teamcity_and_exit_elsewhere(asked, teamcity, mode):
    assert resolve_mode(asked, teamcity=teamcity) == mode


@pytest.mark.parametrize("asked", MODES)
@pytest.mark.parametrize("teamcity", [False, True])
def test_a_mode_that_is_asked_for_holds_everywhere(asked, teamcity):
    assert resolve_mode(asked, teamcity=teamcity) == asked


def test_the_modes_are_those_of_the_command_line():
    assert set(GATES) == {"auto", *MODES}


def test_what_is_no_mode_is_refused():
    with pytest.raises(ValueError, match="'loud': auto or one of problem, condition, exit, off"):
        resolve_mode("loud", teamcity=False)


# --- the exit status ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "status", "problems"), [("problem", 0, 1), ("condition", 0, 0), ("exit", 1, 0), ("off", 0, 0)]
)
@pytest.mark.parametrize("bad", [compared("worse"), OVER, compared("ok", limit=3, head_median=4)])
def test_what_is_bad_is_reported_once(mode, status, problems, bad):
    """By a build problem or by the exit status or, where the server's conditions do it, by neither."""
    result = alone(bad) if bad is OVER else paired(bad)
    gate = Gate(mode)
    assert gate.exit_status(result) == exit_status(result, mode, PASS) == status
    assert gate.problems(result) == (bad,) * problems
    assert gate.objections(result) == (bad,)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "fine",
    [
        compared("ok"),
        compared("better"),
        compared("cannot_tell"),
        compared("worse", gated=False),
        compared("worse", accepted="larger keys, until 2027-01-31"),
        compared("not_compared", gated=False),
        compared("ok", limit=3, head_median=3),
        compared("ok", limit=3),
    ],
)
def test_what_is_nothing_to_object_to(mode, fine):
    result = paired(fine, compared("ok", "time_ms"))
    assert Gate(mode).exit_status(result) == 0
    assert objections(result, PASS) == ()


@pytest.mark.parametrize(("mode", "status"), [("problem", 0), ("condition", 0), ("exit", 1), ("off", 0)])
def test_undecided_can_be_made_to_fail(mode, status):
    undecided = compared("cannot_tell")
    result = paired(undecided, compared("cannot_tell", "threads_count", gated=False))
    assert exit_status(result, mode, FAIL) == status
    assert exit_status(result, mode, PASS) == 0
    assert objections(result, FAIL) == (undecided,)


def test_objections_keep_the_order():
    found = (
        compared("worse", "sent_bytes"),
        compared("cannot_tell", "time_ms"),
        compared("ok", "send_ms"),
        compared("worse"),
    )
    assert [each.metric for each in objections(paired(*found), PASS)] == ["sent_bytes", "cpu_ms"]
    assert [each.metric for each in objections(paired(*found), FAIL)] == ["sent_bytes", "time_ms", "cpu_ms"]


def test_a_metric_over_its_limit_that_is_also_worse_objects_once():
    both = compared("worse", limit=3, head_median=4)
    assert objections(paired(both), FAIL) == (both,)


# --- what is missing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_side_that_failed_is_status_4_in_every_mode(mode):
    result = paired(compared("ok"), problem="the base ended by itself with status 1 in pair 3")
    assert exit_status(result, mode, PASS) == 4
    assert missed(result, PASS) == ("one_to_one: the base ended by itself with status 1 in pair 3",)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_compared_is_status_4_in_every_mode(mode):
    assert exit_status(paired(), mode, PASS) == 4
    assert missed(paired(), PASS) == ("one_to_one: nothing was compared",)
    result = paired(
        *(compared("not_compared", key, note="other parameters") for key in ("cpu_ms", "time_ms"))
    )
    assert exit_status(result, mode, PASS) == 4
    assert missed(result, PASS) == ("one_to_one: other parameters",)


def test_nothing_compared_for_several_reasons():
    result = paired(*(compared("not_compared", key, note=key) for key in ("cpu_ms", "time_ms")))
    assert missed(result, PASS) == ("one_to_one: nothing was compared",)


def test_one_scenario_of_two_that_was_not_compared():
    result = paired(compared("ok"), scenarios=(samples.ONE_TO_ONE, samples.COLD_START))
    assert missed(result, PASS) == ("cold_start: nothing was compared",)
    assert exit_status(result, "exit", PASS) == 4


def test_a_scenario_that_is_not_even_in_the_result():
    result = paired(compared("ok"))
    result = attrs.evolve(
        result, pairings=(*result.pairings, Pairing("idle", 0, stopped="failed", problem="hung"))
    )
    assert missed(result, PASS) == ("idle: hung",)


def test_a_gated_metric_that_one_side_lacks():
    lacking = compared("not_compared", "latency_ms", note="the base has none")
    result = paired(compared("ok"), lacking)
    assert missed(result, PASS) == ("tcperf.one_to_one.messages.latency_ms: the base has none",)
    assert exit_status(result, "off", PASS) == 4
    assert missed(paired(compared("ok"), attrs.evolve(lacking, note=None)), PASS) == (
        "tcperf.one_to_one.messages.latency_ms: not compared",
    )


def test_missing_wins_over_worse_and_the_regression_is_still_a_problem():
    worse = compared("worse")
    result = paired(worse, problem="the head hung")
    assert exit_status(result, "exit", PASS) == 4
    assert Gate("problem").problems(result) == (worse,)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("result", [alone(), alone(WITHIN)])
def test_without_a_base_nothing_is_missing_unless_it_is_required(mode, result):
    assert exit_status(result, mode, PASS) == 0
    assert missed(result, PASS) == ()
    assert exit_status(result, mode, REQUIRED) == 4
    assert missed(result, REQUIRED) == (NO_BASE,)


def test_what_is_required_and_was_made():
    assert exit_status(paired(compared("ok")), "exit", REQUIRED) == 0
    assert exit_status(alone(compared("ok", paired=False)), "exit", REQUIRED) == 0, "with an earlier result"


@pytest.mark.parametrize("mode", MODES)
def test_an_earlier_result_that_cannot_be_compared(mode):
    gate = Gate(mode, refusal="base.json was measured with messages=20")
    assert gate.exit_status(alone()) == 4
    assert gate.missed(alone()) == ("base.json was measured with messages=20",)


def test_a_limit_that_is_exceeded_does_not_hide_that_nothing_was_compared():
    result = paired(OVER)
    assert exit_status(result, "exit", PASS) == 4
    assert Gate("problem").problems(result) == (OVER,)


# --- what is too noisy -------------------------------------------------------------------------------

NOISY = compared("cannot_tell", gated=False, note="too noisy to be gated at 8 %: a run varies by 30 %")


def test_one_of_several_that_is_too_noisy_breaks_nothing():
    result = paired(NOISY, compared("ok", "time_ms"))
    assert exit_status(result, "exit", attrs.evolve(FAIL, require_comparison=True)) == 0
    assert objections(result, FAIL) == ()


@pytest.mark.parametrize("change", ["ok", "cannot_tell", "worse", "better"])
def test_a_scenario_of_which_nothing_is_left_is_not_seen(change):
    noisy = attrs.evolve(NOISY, change=change)
    result = paired(noisy, compared("ok", "threads_count", gated=False, note="not published"))
    assert exit_status(result, "exit", PASS) == 0
    assert missed(result, REQUIRED) == ("one_to_one: nothing is gated, for all that should be is too noisy",)
    assert exit_status(result, "off", REQUIRED) == 4
    assert objections(result, PASS) == ()
    assert objections(result, FAIL) == (noisy,)
    assert exit_status(result, "exit", FAIL) == 1


def test_what_nobody_gates_is_missed_by_nobody():
    quiet = compared("cannot_tell", gated=False, note="a rule says report_only")
    assert exit_status(paired(quiet), "exit", attrs.evolve(FAIL, require_comparison=True)) == 0


def test_each_scenario_must_have_something_that_is_seen():
    other = compared("ok", scenario="cold_start")
    result = paired(NOISY, other, scenarios=(samples.ONE_TO_ONE, samples.COLD_START))
    assert missed(result, REQUIRED) == ("one_to_one: nothing is gated, for all that should be is too noisy",)


def test_what_is_within_what_is_accepted_is_not_undecided():
    known = compared("cannot_tell", accepted="larger keys (until 2027-01-31)")
    assert not is_undecided(known)
    assert objections(paired(known), FAIL) == ()


# --- past builds -------------------------------------------------------------------------------------


def past(change="worse", metric="cpu_ms", *, warns_only=True, **more):
    return compared(change, metric, paired=False, history_builds=12, warns_only=warns_only, **more)


@pytest.mark.parametrize("mode", MODES)
def test_history_that_warns_makes_no_build_bad(mode):
    result = alone(past("worse"), past("cannot_tell", "time_ms"), past("better", "send_ms"))
    for policy in (PASS, FAIL):
        assert exit_status(result, mode, policy) == 0
        assert objections(result, policy) == ()


def test_history_that_is_asked_to_fail_does():
    worse, unsure = past("worse", warns_only=False), past("cannot_tell", "time_ms", warns_only=False)
    assert objections(alone(worse, unsure), PASS) == (worse,)
    assert objections(alone(worse, unsure), FAIL) == (worse, unsure)
    assert exit_status(alone(worse), "exit", PASS) == 1


def test_a_limit_is_no_history():
    over = past("ok", limit=3.0, head_median=4.0)
    assert objections(alone(over), PASS) == (over,)


@pytest.mark.parametrize("mode", MODES)
def test_what_past_builds_lack_breaks_no_build_unless_it_is_required(mode):
    result = alone(past("ok"), compared("not_compared", "time_ms", note="no past build published it"))
    assert exit_status(result, mode, PASS) == 0
    assert missed(result, PASS) == ()
    assert exit_status(result, mode, REQUIRED) == 4
    assert missed(result, REQUIRED) == ("tcperf.one_to_one.messages.time_ms: no past build published it",)


def test_a_comparison_with_past_builds_is_one():
    assert missed(alone(past("ok")), REQUIRED) == ()
    assert missed(alone(past("cannot_tell")), REQUIRED) == ()


# --- properties --------------------------------------------------------------------------------------

comparisons = st.builds(
    compared,
    st.sampled_from(CHANGES),
    st.sampled_from(samples.PUBLISHED),
    gated=st.booleans(),
    accepted=st.sampled_from([None, "larger keys"]),
    limit=st.sampled_from([None, 3.0]),
    head_median=st.sampled_from([None, 2.0, 4.0]),
    history_builds=st.sampled_from([None, 12]),
    warns_only=st.booleans(),
)
policies = st.builds(
    GatePolicy, undecided=st.sampled_from(["pass", "fail"]), require_comparison=st.booleans()
)
BASED, BARE = paired(), alone()


@st.composite
def results(draw):
    found = tuple(draw(st.lists(comparisons, max_size=5)))
    return attrs.evolve(draw(st.sampled_from([BASED, BARE])), comparisons=found)


@given(results(), policies, st.sampled_from(MODES))
def test_a_status_has_its_reason(result, policy, mode):
    status = exit_status(result, mode, policy)
    assert (status == 4) == bool(missed(result, policy))
    if status == 1:
        assert mode == "exit"
        assert objections(result, policy)
    if status == 0:
        assert mode != "exit" or not objections(result, policy)


@given(results(), policies)
def test_a_bad_build_fails_by_exactly_one_means(result, policy):
    told = {mode: Gate(mode, policy) for mode in MODES}
    for mode, gate in told.items():
        fails_by_status = gate.exit_status(result) == 1
        assert not (fails_by_status and gate.problems(result)), mode
    bad = bool(objections(result, policy)) and not missed(result, policy)
    assert (told["exit"].exit_status(result) == 1) == bad
    assert bool(told["problem"].problems(result)) == bool(objections(result, policy))


@given(results(), policies)
def test_a_stricter_policy_never_makes_a_bad_build_good(result, policy):
    strict = attrs.evolve(policy, undecided="fail", require_comparison=True)
    assert set(objections(result, policy)) <= set(objections(result, strict))
    assert set(missed(result, policy)) <= set(missed(result, strict))


@given(comparisons)
def test_each_comparison_is_made_or_not_and_only_gated_ones_are_undecided(comparison):
    assert is_made(comparison) == (comparison.change != "not_compared")
    assert not is_undecided(comparison) or (comparison.gated and is_made(comparison))


@pytest.mark.parametrize("change", ["worse", "better", "ok", "cannot_tell", "not_compared"])
@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("warns_only", [True, False])
def test_an_improvement_counts_where_a_regression_would(change, gated, warns_only):
    found = past(change, gated=gated, warns_only=warns_only)
    worse = attrs.evolve(found, change="worse")
    assert is_improvement(found) is (change == "better" and worse.is_regression)

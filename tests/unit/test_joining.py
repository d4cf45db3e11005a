"""Two results as one: whose pairs, whose runs, and what keeps them from being compared."""

import attrs
import pytest
import samples

from tcperf.comparison import Pairing
from tcperf.joining import join, pairing_problems
from tcperf.link import Link
from tcperf.model import Result, Tool, Unsupported
from tcperf.remarks import without_comparison

PAIRED = samples.paired({"cpu_ms": samples.around(100.0, pairs=3)})
HEAD, BASE = samples.unpaired(PAIRED, "head"), samples.unpaired(PAIRED, "base")
LATER = attrs.evolve(HEAD, tool=attrs.evolve(HEAD.tool, started="2026-11-26T09:00:00+00:00"))


def numbered(side):
    """One side of the pairs, with their numbers, as a result of its own."""
    runs = tuple(attrs.evolve(run, subject="head") for run in PAIRED.runs if run.subject == side)
    return attrs.evolve(PAIRED, subjects={"head": PAIRED.subjects[side]}, runs=runs)


def sides(joined):
    return [(run.subject, run.pair) for run in joined.result.runs]


# --- where the runs come from ------------------------------------------------------------------------


def test_samples_of_two_results_are_warned_of():
    found = join(BASE, LATER)
    assert not found.is_paired
    assert found.warnings[0].startswith("the runs belong to no pairs: the test is a weaker one")
    assert sides(found) == [("head", None)] * 3 + [("base", None)] * 3
    assert found.result.subjects == {"head": samples.BACKEND, "base": samples.PARENT}
    assert found.refusal is None


def in_suite(result):
    (info, *_others) = result.scenarios
    phases = tuple(attrs.evolve(phase, test=f"a.py::test_{phase.name}") for phase in info.phases)
    return attrs.evolve(result, scenarios=(attrs.evolve(info, phases=phases),))


def test_the_cure_of_samples_is_one_that_there_is():
    scenario, suite = (join(*both).warnings[0] for both in ((BASE, LATER), (in_suite(BASE), in_suite(LATER))))
    assert "(measure both sides in one step: tcperf run --base, tcperf exec --base-command)" in scenario
    assert (
        "(make the --tcperf-baseline just before, on this machine, with as many repeats: pytest --count "
        in suite
    )
    assert "tcperf run" not in suite


def test_everything_else_is_the_heads():
    head = attrs.evolve(LATER, warnings=("one",), pairings=(Pairing("one_to_one", 3),))
    found = join(BASE, head).result
    assert found.tool == head.tool
    assert found.warnings == ("in the head's result: one",)
    assert found.comparisons == found.pairings == ()
    assert isinstance(found, Result)


def test_a_head_that_was_measured_beside_that_very_base_has_pairs_of_its_own():
    found = join(BASE, PAIRED)
    assert found.is_paired
    assert found.result == PAIRED
    assert found.result.runs is PAIRED.runs
    assert found.warnings == ("the pairs in the head's result are used, and not the base's result",)


def test_what_the_unused_base_was_measured_otherwise_with_is_said():
    info = attrs.evolve(samples.ONE_TO_ONE, params={"messages": 7, "order": "blocks"})
    conditions = attrs.evolve(BASE.conditions, link=Link(50.0), emulation="netem")
    other = attrs.evolve(BASE, scenarios=(info, samples.COLD_START), conditions=conditions)
    found = join(other, PAIRED)
    assert found.result == PAIRED
    assert found.refusal is None
    (told,) = found.warnings
    assert told == (
        "the pairs in the head's result are used, and not the base's result, which was measured otherwise: "
        "emulated links: delay=50ms against none; one_to_one: messages: 7 against 100"
    )
    assert without_comparison(attrs.evolve(PAIRED, warnings=found.warnings)).warnings == ()


def test_a_head_that_was_measured_beside_another_base_is_compared_as_samples():
    other = attrs.evolve(BASE, subjects={"head": attrs.evolve(samples.PARENT, sha256="0" * 64)})
    found = join(other, PAIRED)
    assert not found.is_paired
    assert found.result.subjects["base"].sha256 == "0" * 64
    assert [run for run in found.result.runs if run.subject == "base"] == [
        attrs.evolve(run, subject="base") for run in BASE.runs
    ]


def test_a_paired_result_with_itself_is_its_own_comparison():
    found = join(PAIRED, PAIRED)
    assert found.is_paired
    assert found.warnings == ()


def test_samples_are_not_held_against_themselves():
    """A mistyped path does it, and equal figures would be green."""
    joined = join(HEAD, HEAD)
    assert joined.refusal == "both are one and the same result, which holds no pairs"
    assert joined.warnings == ()
    assert join(HEAD, LATER).refusal is None


def unfinished(*runs):
    """A run in pairs that was broken off before a pair was whole."""
    pairing = Pairing("one_to_one", 0, stopped="failed", problem="it was broken off before it was decided")
    discarded = tuple(attrs.evolve(run, discarded=True) for run in PAIRED.runs[:2])
    return attrs.evolve(PAIRED, runs=(*discarded, *runs), pairings=(pairing,))


def test_what_was_broken_off_before_a_pair_was_whole_is_not_compared_with_itself_and_belongs_to_no_samples():
    alone = attrs.evolve(HEAD.runs[0], id="one_to_one-1")  # what the head did when the base had failed
    for broken_off in (unfinished(), unfinished(alone)):
        found = join(broken_off, broken_off)
        assert found.is_paired
        assert found.refusal == "it was broken off before it was decided"
        assert found.warnings == ()


def test_where_a_side_has_no_run_that_counts_nobody_is_told_of_a_weaker_test():
    for base, head in ((BASE, unfinished()), (unfinished(), HEAD), (attrs.evolve(BASE, runs=()), HEAD)):
        found = join(base, head)
        assert not found.is_paired
        assert not any("the test is a weaker one" in warning for warning in found.warnings)


def test_pairs_that_were_made_in_one_step_are_pairs_in_two_files_too():
    found = join(numbered("base"), numbered("head"))
    assert found.is_paired
    assert sorted(sides(found)) == sorted((side, pair) for side in ("base", "head") for pair in range(3))


@pytest.mark.parametrize(
    "change",
    [
        {"tool": attrs.evolve(PAIRED.tool, started="2026-11-26T09:00:00+00:00")},
        {"environment": attrs.evolve(PAIRED.environment, hostname="agent-9")},
    ],
)
def test_pairs_of_two_steps_are_samples(change):
    assert not join(numbered("base"), attrs.evolve(numbered("head"), **change)).is_paired
    assert not join(BASE, numbered("head")).is_paired
    assert not join(numbered("base"), HEAD).is_paired


def test_a_result_that_holds_only_a_base_is_one():
    only = attrs.evolve(
        PAIRED,
        subjects={"base": samples.PARENT},
        runs=tuple(run for run in PAIRED.runs if run.subject == "base"),
    )
    found = join(only, numbered("head"))
    assert found.is_paired
    assert found.result.subjects["base"] == samples.PARENT


def test_what_was_discarded_stays_discarded():
    head = attrs.evolve(LATER, runs=tuple(attrs.evolve(run, discarded=True) for run in LATER.runs))
    assert join(BASE, head).result.runs_of("one_to_one", "head") == ()
    assert not join(
        BASE, attrs.evolve(PAIRED, runs=tuple(attrs.evolve(run, discarded=True) for run in PAIRED.runs))
    ).is_paired


# --- what keeps them from being compared -------------------------------------------------------------


def test_unlike_conditions():
    head = attrs.evolve(LATER, conditions=attrs.evolve(LATER.conditions, link=Link(50.0), emulation="netem"))
    found = join(BASE, head)
    reason = "measured under unlike conditions: emulated links: none against delay=50ms"
    assert found.problems == {"one_to_one": reason}
    assert found.refusal == reason


def test_unlike_parameters():
    info = attrs.evolve(samples.ONE_TO_ONE, params={"messages": 20, "order": "blocks"})
    found = join(BASE, attrs.evolve(LATER, scenarios=(info,)))
    assert found.refusal == "measured with unlike parameters: messages: 100 against 20"


def test_a_scenario_that_the_base_has_not():
    found = join(BASE, attrs.evolve(LATER, scenarios=(samples.ONE_TO_ONE, samples.COLD_START)))
    assert found.problems == {"cold_start": "the base's result has no such scenario"}
    assert found.refusal == "cold_start: the base's result has no such scenario"


BOTH = attrs.evolve(BASE, scenarios=(samples.ONE_TO_ONE, samples.COLD_START))


def test_a_scenario_that_the_head_lost_is_not_compared():
    found = join(BOTH, LATER)
    assert found.problems == {"cold_start": "only in the base's result: the head's has no such scenario"}
    assert found.refusal == "cold_start: only in the base's result: the head's has no such scenario"
    assert not any("cold_start" in warning for warning in found.warnings)


def test_a_scenario_that_nobody_asked_for_is_told_and_is_no_fault():
    found = join(BOTH, LATER, whole=False)
    assert found.refusal is None
    assert found.warnings[-1] == "only in the base's result, and not compared: cold_start"


@pytest.mark.parametrize("whole", [True, False])
def test_a_scenario_that_was_asked_for_and_has_no_run_is_not_compared(whole):
    """It failed in the head's run, and is not among its scenarios."""
    found = join(BOTH, attrs.evolve(LATER, left_out=(samples.COLD_START,)), whole=whole)
    assert found.refusal == "cold_start: it was asked for, and has no run in the head's result"
    assert not any("only in the base" in warning for warning in found.warnings)
    assert join(BASE, attrs.evolve(LATER, left_out=(samples.COLD_START,)), whole=whole).refusal is None


def test_pairs_of_which_a_scenario_was_left_out_are_not_all_compared():
    left = attrs.evolve(PAIRED, left_out=(samples.COLD_START,))
    assert join(left, left).refusal == "cold_start: it was asked for, and has no run in the head's result"
    failed = attrs.evolve(left, pairings=(Pairing("one_to_one", 2, stopped="failed", problem="bob ended"),))
    assert join(failed, failed).refusal.startswith("one_to_one: bob ended; cold_start: ")


def test_a_head_without_a_scenario():
    assert join(BASE, attrs.evolve(LATER, scenarios=())).refusal == "there are no runs to compare"


def test_pairs_that_failed():
    failed = attrs.evolve(
        PAIRED, pairings=(Pairing("one_to_one", 2, stopped="failed", problem="bob ended"), Pairing("idle", 7))
    )
    assert pairing_problems(failed) == {"one_to_one": "bob ended"}
    assert join(BASE, failed).refusal == "bob ended"


# --- what the results say themselves ------------------------------------------------------------------

BUSY = "one_to_one: 2 runs count although the machine was busy: no more pairs are made again"
TWICE = "base and head are the same binary: whatever differs is noise"


def test_of_both_results_stays_what_is_about_their_runs_with_the_side():
    base, head = (attrs.evolve(each, warnings=(BUSY,)) for each in (BASE, LATER))
    found = join(base, head)
    assert found.result.warnings == (f"in the head's result: {BUSY}",)
    assert found.warnings[-1] == f"in the base's result: {BUSY}"


def test_what_a_result_says_of_its_own_comparison_goes():
    same = attrs.evolve(
        PAIRED, subjects=dict.fromkeys(("head", "base"), samples.BACKEND), warnings=(TWICE, BUSY)
    )
    found = join(BASE, same)  # another base: these are samples, of two programs
    assert not found.is_paired
    assert found.result.warnings == (f"in the head's result: {BUSY}",)
    assert join(same, same).result.warnings == (BUSY,)


def test_where_the_heads_own_pairs_are_used_the_base_has_no_say():
    found = join(attrs.evolve(BASE, warnings=(BUSY,)), attrs.evolve(PAIRED, warnings=(BUSY,)))
    assert found.is_paired
    assert found.result.warnings == (BUSY,)
    assert len(found.warnings) == 1


# --- what is warned of -------------------------------------------------------------------------------


def test_unlike_machines():
    head = attrs.evolve(LATER, environment=attrs.evolve(LATER.environment, cpu_count=8, kernel="6.1"))
    (told,) = join(BASE, head).warnings[1:]
    assert told == (
        "measured on unlike machines, which may be all that differs: cores: 2 against 8; "
        "kernel: 6.18.5-amd64 against 6.1"
    )
    assert join(BASE, head).refusal is None


def test_unlike_versions_of_the_tool():
    head = attrs.evolve(LATER, tool=Tool("0.2.0", "2026-11-26T09:00:00+00:00"))
    assert join(BASE, head).warnings[1:] == ("measured by unlike versions of tcperf: 0.1.0 against 0.2.0",)


@pytest.mark.parametrize("whole", [True, False])
def test_a_scenario_that_the_base_has_and_the_heads_node_cannot_play_is_not_compared_with_its_reason(whole):
    """Once it could: that it no longer can is nothing to be silent about."""
    reason = "not supported by this node: cold_start needs private groups, which x has not"
    lacking = attrs.evolve(LATER, unsupported=(Unsupported(samples.COLD_START, reason),))
    found = join(BOTH, lacking, whole=whole)
    assert found.refusal == f"cold_start: {reason}"
    assert not any("only in the base" in warning for warning in found.warnings)
    assert join(BASE, lacking, whole=whole).refusal is None

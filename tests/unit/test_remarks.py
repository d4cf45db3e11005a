"""Which warnings of a result are of its own comparison, and which of its runs."""

from datetime import date

import attrs
import comparisons as made
import pytest
import samples

from tcperf import comparing, joining
from tcperf.comparison import Pairing
from tcperf.remarks import failure, of_runs, of_side, reason_of_absence, without_comparison
from tcperf.rules import Acceptance, GatePolicy, key_tails, unmatched

TODAY = date(2026, 11, 27)
OF_RUNS = (
    "one_to_one: 3 runs count although the machine was busy: no more pairs are made again",
    "one_to_one: pair 2 was broken off: the head failed: bob ended",
    "idle failed and is not in these results: bob ended",
)
PAIRED = samples.paired({"cpu_ms": samples.around(100.0, 1.5, pairs=3)})
OLD = (Acceptance(match="*.cpu_ms", up_to=1.0, reason="known", until=date(2026, 1, 1)),)


def told_of(base, head):
    """Whatever a comparison of two results says beside its verdicts."""
    return comparing.compare_results(base, head, GatePolicy(), OLD, TODAY, whole=False).warnings


def different(result):
    """The same runs from another day, machine and release, and a scenario less."""
    return attrs.evolve(
        samples.unpaired(result, "head"),
        tool=attrs.evolve(result.tool, version="0.2.0", started="2026-11-26T09:00:00+00:00"),
        environment=attrs.evolve(result.environment, cpu_count=8),
    )


def another_base():
    base = samples.unpaired(PAIRED, "base")
    return attrs.evolve(base, scenarios=(*base.scenarios, samples.COLD_START))


def suite(result):
    """The same as if its phases were tests."""
    named = tuple(
        attrs.evolve(
            info, phases=tuple(attrs.evolve(each, test=f"a.py::test_{each.name}") for each in info.phases)
        )
        for info in result.scenarios
    )
    return attrs.evolve(result, scenarios=named)


CASES = {
    "tests of a suite": (suite(another_base()), suite(different(PAIRED))),
    "samples of two results": (another_base(), different(PAIRED)),
    "pairs of the head's": (samples.unpaired(PAIRED, "base"), PAIRED),
    "one binary": (PAIRED, attrs.evolve(PAIRED, subjects=dict.fromkeys(("head", "base"), samples.BACKEND))),
    "too few pairs": (PAIRED, PAIRED),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_comparison_says_is_known_for_it_when_the_result_is_read_again(name):
    base, head = CASES[name]
    told = told_of(base, head)
    assert told
    compared = attrs.evolve(
        joining.join(base, head).result,
        comparisons=comparing.compare_results(base, head, GatePolicy(), OLD, TODAY).comparisons,
        warnings=(*OF_RUNS, *told),
    )
    assert of_runs(compared) == OF_RUNS


def test_that_are_all_kinds():
    told = " ".join(warning for base, head in CASES.values() for warning in told_of(base, head))
    for part in (
        "belong to no pairs", "the pairs in the head's result", "unlike machines", "unlike versions", "only in the base",
        "the same binary", "the acceptance of *.cpu_ms ended",
    ):  # fmt: skip
        assert part in told


@pytest.mark.parametrize("stopped", ["budget", "pairs"])
def test_that_there_were_too_few_pairs_is_of_the_comparison_too(stopped):
    head = attrs.evolve(PAIRED, pairings=(Pairing("one_to_one", 3, stopped=stopped),))
    found = comparing.compare_pairs(head, GatePolicy(), (), TODAY)
    compared = attrs.evolve(head, comparisons=found)
    told = comparing.warnings(compared, found, (), TODAY)
    assert told
    assert of_runs(attrs.evolve(compared, warnings=(*told, *OF_RUNS))) == OF_RUNS


def test_patterns_and_a_history_that_is_not_there_are_of_the_comparison():
    wrong = unmatched("*.sent_byte", key_tails([("idle", "idle")]))
    assert (
        of_runs(
            attrs.evolve(
                PAIRED,
                warnings=(
                    "not compared: there is no successful build with figures of tcperf yet, of develop",
                    wrong,
                    *OF_RUNS,
                ),
            )
        )
        == OF_RUNS
    )


def test_each_side_is_named():
    result = attrs.evolve(PAIRED, warnings=OF_RUNS[:1])
    assert of_side(result, "base") == (f"in the base's result: {OF_RUNS[0]}",)
    assert of_side(samples.result(), "head") == ()


def test_a_failure_is_found_again_also_where_two_results_were_joined():
    told = failure("idle", "bob ended")
    assert told == OF_RUNS[-1]
    result = attrs.evolve(PAIRED, warnings=OF_RUNS)
    assert reason_of_absence(result, "idle") == "bob ended"
    joined = attrs.evolve(PAIRED, warnings=of_side(result, "head"))
    assert reason_of_absence(joined, "idle") == "bob ended"


def test_of_others_no_reason_is_known():
    result = attrs.evolve(PAIRED, warnings=of_side(attrs.evolve(PAIRED, warnings=OF_RUNS), "base"))
    for name in ("idle", "dle", "one_to_one"):
        assert reason_of_absence(result, name) == "it has no run that counts: it failed, or was not played"


def test_nothing_else_is_changed():
    stored = attrs.evolve(
        made.paired(),
        warnings=(
            "not compared: there is no successful build with figures of tcperf yet, of develop",
            *OF_RUNS,
        ),
    )
    assert without_comparison(stored) == attrs.evolve(stored, warnings=OF_RUNS)

"""Which comparisons are told, which are folded, and in what words."""

import attrs
import comparisons as made
import pytest
import samples

from tcperf.comparison import Pairing
from tcperf.reports import verdicts


def metrics(found):
    return [each.metric for each in found]


def grouped(*comparisons, **changes):
    return verdicts.group(made.paired(comparisons, **changes))


# --- groups ------------------------------------------------------------------------------------------


def test_every_comparison_is_in_one_group():
    groups = grouped(*made.ALL)
    assert metrics(groups.told) == ["sent_bytes", "memory_peak_bytes", "cpu_ms", "latency_ms"]
    assert [(each.because, metrics(each.comparisons)) for each in groups.missed] == [
        ("no run of the base has it", ["send_ms"])
    ]
    assert metrics(groups.unchanged) == ["time_ms", "packets_count"]
    assert metrics(groups.report_only) == ["received_bytes", "threads_count"]
    assert groups.within == groups.ungated == ()


def test_a_published_metric_that_is_not_gated_is_not_lost_among_the_others():
    noisy = attrs.evolve(made.SAME[0], gated=False, note="too noisy to be gated at 10 %")
    groups = grouped(noisy, *made.TOLD_ONLY)
    assert metrics(groups.ungated) == ["time_ms"]
    assert metrics(groups.report_only) == ["received_bytes", "threads_count"]


def test_the_worst_is_told_first_whatever_the_order():
    assert metrics(grouped(*made.ALL[::-1]).told) == [
        "sent_bytes",
        "memory_peak_bytes",
        "cpu_ms",
        "latency_ms",
    ]


def test_what_is_only_reported_is_told_when_it_is_over_budget():
    loud = attrs.evolve(made.OVER, gated=False)
    assert metrics(grouped(loud).told) == ["memory_peak_bytes"]


def test_an_unpublished_figure_that_is_not_gated_is_not_missed():
    quiet = attrs.evolve(made.LOST, gated=False, published=False)
    groups = grouped(quiet)
    assert groups.missed == ()
    assert metrics(groups.report_only) == ["send_ms"]


def test_those_that_were_missed_for_one_reason_are_told_together():
    lost = [attrs.evolve(made.LOST, metric=name) for name in ("send_ms", "cpu_ms")]
    other = attrs.evolve(made.LOST, metric="time_ms", note=None)
    assert verdicts.not_compared(made.paired((*lost, other))) == (
        "one_to_one.messages send_ms, cpu_ms: no run of the base has it",
        "one_to_one.messages time_ms",
    )


def test_the_reason_of_a_whole_scenario_is_told_once():
    result = made.failed()
    (problem,) = verdicts.problems(result)
    because = result.pairings[0].problem
    each = [attrs.evolve(made.LOST, metric=name, note=because) for name in ("time_ms", "cpu_ms")]
    other = attrs.evolve(made.LOST, scenario="idle")
    assert verdicts.not_compared(attrs.evolve(result, comparisons=(*each, other))) == (
        problem,
        "idle.messages send_ms: no run of the base has it",
    )


def alone(*comparisons):
    """A result with limits, and without a base."""
    return attrs.evolve(samples.result(), comparisons=tuple(comparisons))


def kept(metric="cpu_ms", **changes):
    return made.comparison(metric, "not_compared", pairs=0, head_median=5, limit=9, note="no base", **changes)


def test_a_limit_that_is_kept_without_a_base_is_no_comparison_that_is_missed():
    groups = verdicts.group(alone(kept()))
    assert metrics(groups.within) == ["cpu_ms"]
    assert groups.missed == ()
    assert verdicts.overall(alone(kept())) == "ok"
    assert verdicts.headline(alone(kept())) == "1 limit is kept"
    assert verdicts.headline(alone(kept(), kept("time_ms"))) == "2 limits are kept"


def test_a_limit_that_is_exceeded_without_a_base_is_over_budget():
    result = alone(attrs.evolve(kept("time_ms"), head_median=10), kept())
    assert verdicts.overall(result) == "over_budget"
    assert verdicts.headline(result).startswith("1 metric over budget: one_to_one.messages time_ms ")
    assert verdicts.headline(result).endswith("; 1 limit is kept")


def test_with_a_base_the_same_was_missed():
    groups = grouped(kept())
    assert groups.within == ()
    assert len(groups.missed) == 1


# --- the whole ---------------------------------------------------------------------------------------

NOISY = attrs.evolve(made.SAME[0], gated=False, note="too noisy to be gated at 10 %: a run varies by 20 %")


def test_what_is_no_more_than_was_accepted_is_called_so():
    known = attrs.evolve(made.UNSURE, accepted="known until 2027")
    assert verdicts.label(known) == verdicts.ACCEPTED
    assert verdicts.is_calmed(known)


@pytest.mark.parametrize(
    ("comparisons", "overall"),
    [
        (made.ALL, "worse"),
        ((made.OVER, made.LOST), "over_budget"),
        ((made.LOST, made.UNSURE), "not_compared"),
        ((made.UNSURE, made.BETTER), "cannot_tell"),
        ((made.BETTER, *made.SAME), "better"),
        (made.SAME, "ok"),
        (made.TOLD_ONLY, "ok"),
        ((attrs.evolve(made.WORSE, accepted="known until 2027"), *made.SAME), "ok"),
        ((attrs.evolve(made.UNSURE, accepted="known until 2027"), *made.SAME), "ok"),
        ((NOISY, *made.TOLD_ONLY), "cannot_tell"),
        ((NOISY, *made.SAME), "ok"),
    ],
)
def test_the_whole_is_as_its_worst_part(comparisons, overall):
    assert verdicts.overall(made.paired(comparisons)) == overall


def test_a_pairing_that_failed_is_not_compared():
    assert verdicts.overall(made.failed()) == "not_compared"
    assert verdicts.headline(made.failed()) == ""
    assert verdicts.problems(made.failed()) == (
        "one_to_one: base failed twice in a row: bob ended with status 2",
    )
    worse = made.paired(pairings=made.failed().pairings)
    assert verdicts.overall(worse) == "worse"


def test_a_result_that_nobody_compared_has_no_verdict():
    assert not verdicts.has_verdict(samples.result())
    assert verdicts.has_verdict(made.failed())
    assert verdicts.has_verdict(alone(kept()))


# --- words -------------------------------------------------------------------------------------------


def test_labels():
    assert [verdicts.label(each) for each in made.ALL[:6]] == [
        "OVER BUDGET", "WORSE", "NOT COMPARED", "CAN'T TELL", "BETTER", "OK",
    ]  # fmt: skip
    assert verdicts.label(attrs.evolve(made.WORSE, accepted="known")) == "ACCEPTED"
    assert verdicts.label(attrs.evolve(made.OVER, accepted="known")) == "OVER BUDGET"


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (None, ""),
        (1.0, "1"),
        (0.31, "0.31"),
        (2**-8, "0.0039"),  # which is below .004
        (2**-7, "0.0078"),
        (0.0001, "0.0001"),
        (0.000099, "<0.0001"),
        (0.0, "<0.0001"),
    ],
)
def test_p_values(p, told):
    assert verdicts.p_value(attrs.evolve(made.WORSE, p=p)) == told


def test_in_how_many_pairs_it_is_worse():
    assert verdicts.worse_in(made.UNSURE) == "8/10"
    assert verdicts.worse_in(made.LOST) == ""
    assert verdicts.worse_in(attrs.evolve(made.UNSURE, paired=False)) == "n=10"


def test_from_where_on_a_change_would_be_visible():
    assert verdicts.visible(made.WORSE) == "1.4 %"
    assert verdicts.visible(made.LOST) == ""


def test_medians_are_scaled():
    assert verdicts.median(420_082, made.WORSE) == "410 KiB"
    assert verdicts.median(None, made.WORSE) == "–"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again"),
        ({"pairs": 1, "lanes": 1, "redone": 0, "stopped": "budget"}, "1 pair, then the time budget was over"),
        ({"lanes": 1, "redone": 0, "stopped": "pairs"}, "10 pairs, as many as were asked for"),
        (
            {"pairs": 0, "lanes": 1, "redone": 3, "stopped": "failed"},
            "0 pairs, then it was broken off; 3 pairs made again",
        ),
    ],
)
def test_how_pairs_were_made(changes, told):
    pairing = attrs.evolve(Pairing("one_to_one", 10, redone=1, lanes=2), **changes)
    assert verdicts.made(pairing) == told


def test_folded_metrics_name_each_phase_once_and_what_changed():
    other = attrs.evolve(made.SAME[0], scenario="idle", phase="idle")
    assert verdicts.folded((*made.TOLD_ONLY, other, *made.SAME)) == (
        "one_to_one.messages received_bytes +6.2 %, threads_count, time_ms, packets_count; idle.idle time_ms"
    )
    assert verdicts.folded(()) == ""


# --- past builds -------------------------------------------------------------------------------------


def test_what_is_only_warned_of_is_unusual_and_the_whole_cannot_be_told():
    result = made.beside_history((made.UNUSUAL, made.AS_USUAL))
    assert verdicts.label(made.UNUSUAL) == "UNUSUAL"
    assert verdicts.is_calmed(made.UNUSUAL)
    assert verdicts.overall(result) == "cannot_tell"
    assert verdicts.headline(result).startswith("1 metric worse than usual: ")


def test_history_that_is_asked_to_fail_is_worse():
    asked = attrs.evolve(made.UNUSUAL, warns_only=False)
    assert verdicts.label(asked) == "WORSE"
    assert not verdicts.is_calmed(asked)
    assert verdicts.overall(made.beside_history((asked,))) == "worse"


def test_an_accepted_change_stays_accepted_and_a_limit_a_limit():
    assert verdicts.label(attrs.evolve(made.UNUSUAL, accepted="known")) == "ACCEPTED"
    assert verdicts.label(attrs.evolve(made.UNUSUAL, limit=1.0)) == "OVER BUDGET"
    assert not verdicts.is_calmed(made.WORSE)


def test_builds_as_usual_are_ok():
    assert verdicts.overall(made.beside_history((made.AS_USUAL,))) == "ok"


def test_how_many_builds_stand_where_pairs_do():
    assert verdicts.worse_in(made.UNUSUAL) == "12 builds"
    assert verdicts.worse_in(attrs.evolve(made.UNUSUAL, history_builds=1)) == "1 build"


def test_which_builds_they_are_is_told_where_they_were_compared_with():
    result = made.beside_history()
    assert verdicts.history(result) == (
        "history, not a paired run: 12 successful builds of develop; "
        "the newest, #111, is 2 days old and 3 commits behind"
    )
    assert verdicts.history(attrs.evolve(result, history=None)) is None
    assert verdicts.history(attrs.evolve(result, comparisons=made.SAME)) is None

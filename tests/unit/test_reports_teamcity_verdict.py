"""What TeamCity is told of comparisons, read back by a strict parser."""

import io
from datetime import date
from pathlib import Path

import attrs
import comparisons
import pytest
import samples
from any_comparison import any_comparisons
from hypothesis import given
from hypothesis import strategies as st
from teamcity_parser import check_output, statistics_of

from tcperf import comparing
from tcperf.comparison import Pairing
from tcperf.gate import TOO_NOISY
from tcperf.gating import Gate
from tcperf.keys import COUNTS, count_key, delta_key, worse_key
from tcperf.options import RunOptions
from tcperf.ranking import LANES_DISTURB
from tcperf.registry import discover
from tcperf.reports import teamcity
from tcperf.reports import teamcity_verdict as verdict
from tcperf.rules import GatePolicy
from tcperf.sentences import headline, problem, sentence
from tcperf.summary import published
from tcperf.teamcity import ServiceMessages

DIR = Path("/home/tcperf-report")
PROBLEM = Gate("problem")
STRICT = Gate("problem", GatePolicy(undecided="fail"))
MODES = ("problem", "condition", "exit", "off")
SENT = "tcperf.one_to_one.messages.sent_bytes"
BASED = comparisons.paired()
#: The same with few runs: what is told of comparisons does not depend on them.
SMALL = comparisons.paired(pairs=1)


def told(result, gate=None):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output), DIR, gate=gate)
    return output.getvalue()


def judged(found, **changes):
    """A result with a base of which the gate said ``found``."""
    return attrs.evolve(SMALL, comparisons=tuple(found), **changes)


def named(output, name):
    return [message for message in check_output(output) if message.name == name]


def status(output):
    (message,) = named(output, "buildStatus")
    return message["text"].removeprefix("{build.status.text}; tcperf: ")


def warned(output):
    return [message["text"] for message in named(output, "message") if message["status"] == "WARNING"]


def limited(**changes):
    """A result without a base, of which one figure has a limit."""
    over = attrs.evolve(
        comparisons.OVER, change="not_compared", note="no base", effect_pct=None, p=None, pairs=0
    )
    return attrs.evolve(
        samples.result(scenarios=(samples.ONE_TO_ONE,)), comparisons=(attrs.evolve(over, **changes),)
    )


# --- statistics --------------------------------------------------------------------------------------


def test_the_medians_are_still_those_of_the_head():
    result = BASED
    statistics = statistics_of(told(result))
    for summary in published(result):
        assert statistics[summary.key] == pytest.approx(summary.median, abs=1e-6)
    assert len(published(result)) == 7


def test_gated_metrics_have_their_change_and_how_far_it_is_worse():
    statistics = statistics_of(told(BASED))
    assert statistics[delta_key(SENT)] == statistics[worse_key(SENT)] == 6.2
    for metric, delta in {
        "cpu_ms": 4.6,
        "latency_ms": -28.4,
        "memory_peak_bytes": 0.3,
        "time_ms": 0.1,
    }.items():
        key = f"tcperf.one_to_one.messages.{metric}"
        assert statistics[delta_key(key)] == delta
        assert statistics[worse_key(key)] == 0, "only a regression is worse"


def test_what_is_not_gated_or_not_published_or_not_compared_has_no_change():
    keys = statistics_of(told(BASED))
    for metric in ("received_bytes", "threads_count", "send_ms"):
        assert not [key for key in keys if metric in key and key.endswith("_pct")]
    unpublished = attrs.evolve(comparisons.WORSE, published=False)
    assert not [key for key in statistics_of(told(judged((unpublished,)))) if key.endswith("_pct")]


@pytest.mark.parametrize(
    "note", [f"{TOO_NOISY} 3 %: a run varies by 9 %", f"4 {LANES_DISTURB} (--lanes 1 gates it)"]
)
def test_what_noise_or_lanes_keep_from_being_gated_is_not_worse_and_says_so(note):
    """A condition is about it in every build: what becomes of one whose statistic is missing, nobody knows."""
    demoted = attrs.evolve(comparisons.WORSE, gated=False, note=note)
    statistics = statistics_of(told(judged((demoted, *comparisons.SAME))))
    assert statistics[worse_key(SENT)] == statistics["tcperf.regressions_count"] == 0
    assert delta_key(SENT) not in statistics
    for changes in ({"change": "not_compared"}, {"published": False}, {"note": "a rule says report_only"}):
        other = judged((attrs.evolve(demoted, **changes), *comparisons.SAME))
        assert worse_key(SENT) not in statistics_of(told(other))


def test_an_accepted_change_is_told_and_is_not_worse():
    accepted = attrs.evolve(comparisons.WORSE, accepted="larger keys, until 2027-01-31")
    output = told(judged((accepted,)), PROBLEM)
    statistics = statistics_of(output)
    assert statistics[delta_key(SENT)] == 6.2
    assert statistics[worse_key(SENT)] == statistics["tcperf.regressions_count"] == 0
    assert named(output, "buildProblem") == []
    (line,) = [message for message in named(output, "message") if "ACCEPTED" in message["text"]]
    assert line["status"] == "NORMAL"
    assert line["text"].startswith("tcperf: ACCEPTED one_to_one.messages sent_bytes +6.2 %")
    assert line["text"].endswith("accepted: larger keys, until 2027-01-31")
    assert "accepted" in status(output)


GROWN = attrs.evolve(comparisons.WORSE, base_median=0, effect_pct=None, low_pct=None, high_pct=None)


def test_a_regression_from_nothing_has_no_percentage_and_fails_what_looks_at_it():
    """The condition of each metric is on how far it is worse: were that not told, nothing would fail the build."""
    output = told(judged((GROWN,)), PROBLEM)
    statistics = statistics_of(output)
    assert delta_key(SENT) not in statistics
    assert statistics[worse_key(SENT)] == verdict.LARGEST_PCT
    assert statistics["tcperf.regressions_count"] == 1
    assert len(named(output, "buildProblem")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"change": "ok"},
        {"change": "cannot_tell"},
        {"change": "better", "base_median": 5, "head_median": 0},
        {"accepted": "known"},
        {"warns_only": True},
    ],
    ids=["ok", "unsure", "better", "accepted", "warned"],
)
def test_beside_a_base_of_nothing_what_is_no_regression_is_told_as_none(changes):
    statistics = statistics_of(told(judged((attrs.evolve(GROWN, **changes),))))
    assert delta_key(SENT) not in statistics
    assert statistics[worse_key(SENT)] == statistics["tcperf.regressions_count"] == 0


@pytest.mark.parametrize("effect", [1e-9, 1e-7, 4.9e-7])
def test_however_small_a_regression_is_it_is_not_rounded_away(effect):
    """A rule may gate every byte of a gigabyte."""
    statistics = statistics_of(told(judged((attrs.evolve(comparisons.WORSE, effect_pct=effect),))))
    assert statistics[worse_key(SENT)] > 0
    assert statistics["tcperf.regressions_count"] == 1


@pytest.mark.parametrize("value", [0, 400_000])
def test_a_base_of_nothing_is_judged_and_told(value):
    """From the runs to the statistics: every head sends, and no base does."""
    columns = {"sent_bytes": [(value, 420_000 + place) for place in range(10)]}
    result = attrs.evolve(samples.paired(columns), comparisons=())
    found = comparing.compare_pairs(result, GatePolicy(), (), date(2026, 11, 28))
    statistics = statistics_of(told(attrs.evolve(result, comparisons=found), PROBLEM))
    assert statistics["tcperf.regressions_count"] == 1
    assert statistics[worse_key(SENT)] == (verdict.LARGEST_PCT if value == 0 else pytest.approx(5, abs=0.1))
    assert (delta_key(SENT) in statistics) is (value > 0)


@pytest.mark.parametrize("effect", [1e300, 1e13, 123456789.123456789, 1e-9, -99.99999999])
def test_any_percentage_can_be_reported(effect):
    output = told(judged((attrs.evolve(comparisons.WORSE, effect_pct=effect),)))
    assert statistics_of(output)[delta_key(SENT)] == pytest.approx(min(effect, 1e9), abs=1e-6)


def test_the_counts():
    output = told(BASED)
    counted = {what: statistics_of(output)[count_key(what, reference=False)] for what in COUNTS}
    assert counted == {
        "regressions": 1,
        "improvements": 1,
        "undecided": 1,
        "not_compared": 1,
        "over_budget": 1,
        "pairs": 10,
    }


def test_pairs_are_counted_over_all_scenarios():
    pairings = (Pairing("one_to_one", 7), Pairing("idle", 10))
    statistics = statistics_of(told(judged(comparisons.ALL, pairings=pairings)))
    assert statistics["tcperf.pairs_count"] == 17


def test_samples_that_belong_to_no_pairs_have_no_count_of_pairs():
    unpaired = attrs.evolve(comparisons.WORSE, paired=False)
    statistics = statistics_of(told(judged((unpaired,), pairings=())))
    assert "tcperf.pairs_count" not in statistics
    assert statistics["tcperf.regressions_count"] == 1


def test_a_published_figure_that_no_comparison_names_is_not_compared():
    found = tuple(each for each in comparisons.ALL if each.metric != "cpu_ms")
    assert verdict.uncompared(judged(found)) == (
        "tcperf.one_to_one.messages.send_ms",
        "tcperf.one_to_one.messages.cpu_ms",
    )


def test_with_the_reference_node_all_keys_say_so():
    result = judged(())
    renamed = tuple(
        attrs.evolve(each, key=each.key.replace("tcperf.", "tcperf.reference.")) for each in comparisons.ALL
    )
    result = attrs.evolve(
        result, comparisons=renamed, subjects={"head": samples.REFERENCE, "base": samples.REFERENCE}
    )
    assert all(key.startswith("tcperf.reference.") for key in statistics_of(told(result)))


def test_all_shipped_scenarios_together_stay_below_100_keys():
    """Also where every published metric is gated, and with the longest keys that there are."""
    registry = discover([])
    keys = [key for name in registry.names for key in registry.get(name).keys(reference=True)]
    keys += [derived for key in keys for derived in (delta_key(key), worse_key(key))]
    keys += [count_key(what, reference=True) for what in COUNTS]
    assert len(keys) == len(set(keys)) <= 100
    assert max(map(len, keys)) <= 80


def test_a_key_that_is_too_long_is_left_out_with_a_warning_and_still_a_problem():
    key = f"tcperf.{'s' * 24}.{'p' * 24}.memory_peak_bytes"
    longest = attrs.evolve(comparisons.WORSE, key=key, scenario="s" * 24, phase="p" * 24)
    assert len(key) < 80 < len(delta_key(key))
    info = attrs.evolve(samples.ONE_TO_ONE, name="s" * 24)
    result = judged((longest,))
    runs = tuple(attrs.evolve(run, scenario="s" * 24) for run in result.runs)
    output = told(attrs.evolve(result, scenarios=(info,), runs=runs), PROBLEM)
    assert not [each for each in statistics_of(output) if each.endswith("_pct")]
    assert any("is too long for a statistic" in text for text in warned(output))
    (found,) = named(output, "buildProblem")
    assert len(found["identity"]) == 60


# --- build problems ----------------------------------------------------------------------------------


def test_each_regression_is_a_problem_with_its_sentence_worst_first():
    packets = comparisons.comparison("packets_count", "worse", effect_pct=30.0, threshold_pct=3.0)
    found = (packets, comparisons.OVER, comparisons.WORSE, comparisons.UNSURE, comparisons.BETTER)
    output = told(judged(found[::-1]), PROBLEM)
    problems = named(output, "buildProblem")
    assert [found["identity"] for found in problems] == [
        "tcperf_one_to_one_messages_packets_count",
        "tcperf_one_to_one_messages_sent_bytes",
        "tcperf_one_to_one_messages_memory_peak_bytes",
    ]
    assert problems[1]["description"] == sentence(comparisons.WORSE)
    assert "+6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098" in problems[1]["description"]
    assert "alice→bob TCP" in problems[1]["description"]
    assert "over the limit of" in problems[2]["description"]


def test_the_identity_stays_the_same_whatever_the_figures():
    other = attrs.evolve(comparisons.WORSE, effect_pct=44.0, explanation=None, pairs=15)
    first, second = (
        named(told(judged((each,)), PROBLEM), "buildProblem")[0] for each in (comparisons.WORSE, other)
    )
    assert first["identity"] == second["identity"]
    assert first["description"] != second["description"]


@pytest.mark.parametrize("mode", MODES)
def test_a_regression_is_reported_once(mode):
    gate = Gate(mode)
    result = judged((comparisons.WORSE, *comparisons.SAME))
    output = told(result, gate)
    assert len(named(output, "buildProblem")) == (mode == "problem")
    assert gate.exit_status(result) == (mode == "exit")
    assert statistics_of(output)["tcperf.regressions_count"] == 1, "for charts, and for conditions"
    assert "WORSE one_to_one.messages sent_bytes +6.2 %" in status(output)


def test_without_a_gate_nothing_is_a_problem():
    assert named(told(BASED), "buildProblem") == []


def test_undecided_ones_are_problems_only_where_that_is_asked_for():
    result = judged((comparisons.UNSURE,))
    assert named(told(result, PROBLEM), "buildProblem") == []
    (found,) = named(told(result, STRICT), "buildProblem")
    assert found["description"] == problem(comparisons.UNSURE)
    assert found["identity"] == "tcperf_one_to_one_messages_cpu_ms"
    assert status(told(result, STRICT)).startswith("CAN'T TELL one_to_one.messages cpu_ms +4.6 %")


def test_a_limit_is_judged_without_a_base():
    output = told(limited(), PROBLEM)
    (found,) = named(output, "buildProblem")
    assert "is over the limit of" in found["description"]
    statistics = statistics_of(output)
    assert statistics["tcperf.over_budget_count"] == 1
    assert statistics["tcperf.not_compared_count"] == 7
    assert "tcperf.regressions_count" not in statistics
    assert status(output).startswith("OVER BUDGET one_to_one.messages memory_peak_bytes")
    assert "; not compared; " in status(output)


def test_a_limit_that_holds_is_no_verdict_on_the_rest():
    output = told(limited(limit=1 << 40), PROBLEM)
    assert named(output, "buildProblem") == []
    assert statistics_of(output)["tcperf.over_budget_count"] == 0
    assert status(output).startswith("not compared; ")


CUT_SHORT = Pairing("one_to_one", 8, stopped="budget")


def test_that_the_budget_ended_it_is_in_the_status_text_while_something_is_undecided():
    unsure = judged((comparisons.UNSURE, *comparisons.SAME), pairings=(CUT_SHORT,))
    assert status(told(unsure, PROBLEM)).startswith(
        "1 cannot be told; 2 unchanged; the budget ended it after 8 pairs; "
    )
    worse = judged((comparisons.WORSE, comparisons.UNSURE), pairings=(CUT_SHORT,))
    assert "; the budget ended it after 8 pairs; " in status(told(worse, PROBLEM))
    assert status(told(worse, PROBLEM)).startswith("WORSE one_to_one.messages sent_bytes +6.2 %")
    for calm in (
        judged(comparisons.SAME, pairings=(CUT_SHORT,)),
        judged((comparisons.UNSURE,), pairings=(attrs.evolve(CUT_SHORT, stopped="decided"),)),
    ):
        assert "budget" not in status(told(calm, PROBLEM))


def test_of_several_scenarios_the_one_that_was_cut_short_is_named():
    result = judged(
        (comparisons.UNSURE,),
        pairings=(CUT_SHORT, Pairing("cold_start", 10)),
        scenarios=(samples.ONE_TO_ONE, samples.COLD_START),
    )
    assert "one_to_one: the budget ended it after 8 pairs" in verdict.in_short(result, PROBLEM, 160)


def test_a_budget_that_left_too_few_pairs_is_not_compared_and_counts_no_regressions():
    problem = "its budget of 20.0 s was over after 1 of at least 7 pairs"
    lost = tuple(attrs.evolve(each, change="not_compared", note=problem) for each in comparisons.SAME)
    result = judged(lost, pairings=(Pairing("one_to_one", 1, stopped="budget", problem=problem),))
    output = told(result, PROBLEM)
    assert status(output).startswith(f"NOT COMPARED: one_to_one: {problem}; ")
    assert "tcperf.regressions_count" not in statistics_of(output)
    assert statistics_of(output)["tcperf.not_compared_count"] == 7
    assert PROBLEM.exit_status(result) == 4


# --- the log -----------------------------------------------------------------------------------------


def test_the_log_has_a_line_for_whatever_changed_and_none_for_the_rest():
    output = told(BASED, PROBLEM)
    messages = check_output(output)
    names = [(message.name, message.attributes.get("name")) for message in messages]
    inside = messages[names.index(("blockOpened", "verdict")) : names.index(("blockClosed", "verdict"))]
    assert inside[0]["description"] == headline(comparisons.ALL)
    lines = [message for message in inside if message.name == "message"]
    labels = [message["text"].removeprefix("tcperf: ").split(" one_to_one")[0] for message in lines]
    assert sorted(labels) == ["BETTER", "CAN'T TELL", "OVER BUDGET", "WORSE"], (
        "NOT COMPARED is a warning before"
    )
    assert {message["status"] for message in lines if "BETTER" in message["text"]} == {"NORMAL"}
    assert {message["status"] for message in lines if "BETTER" not in message["text"]} == {"WARNING"}
    assert not any("packets_count" in message["text"] for message in lines)


def test_a_published_metric_that_is_not_gated_is_told_by_name_and_fails_nothing():
    noise = "too noisy to be gated at 8 %: a run varies by 11 %"
    noisy = attrs.evolve(comparisons.UNSURE, gated=False, note=noise)
    output = told(judged((noisy, *comparisons.SAME)), STRICT)
    (line,) = [message for message in named(output, "message") if "cpu_ms" in message["text"]]
    assert line["status"] == "NORMAL"
    assert line["text"].startswith("tcperf: one_to_one.messages cpu_ms +4.6 %"), "without a verdict"
    assert line["text"].endswith(f"only reported: {noise}")
    assert named(output, "buildProblem") == []
    assert statistics_of(output)["tcperf.undecided_count"] == 0


def test_a_limit_of_what_is_only_reported_is_loud():
    reported = attrs.evolve(comparisons.OVER, gated=False, published=False, change="better")
    output = told(judged((reported,)), PROBLEM)
    assert any("OVER BUDGET one_to_one.messages memory_peak_bytes" in text for text in warned(output))
    assert len(named(output, "buildProblem")) == 1


def test_a_clean_build_has_nothing_to_say_but_the_headline():
    output = told(comparisons.clean(), PROBLEM)
    assert named(output, "buildProblem") == []
    assert headline(comparisons.SAME) in status(output)
    statistics = statistics_of(output)
    assert statistics["tcperf.regressions_count"] == statistics["tcperf.undecided_count"] == 0


def test_the_verdict_comes_before_the_artifacts_and_the_statistics_before_the_verdict():
    names = [message.name for message in check_output(told(BASED, PROBLEM))]
    last = max(place for place, name in enumerate(names) if name == "buildStatisticValue")
    assert last < names.index("buildProblem") < names.index("publishArtifacts")
    assert names[-1] == "buildStatus"


# --- not compared ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_side_that_failed_is_loud(mode):
    output = told(comparisons.failed(), Gate(mode))
    reason = "NOT COMPARED: one_to_one: base failed twice in a row: bob ended with status 2"
    assert warned(output)[0] == f"tcperf: {reason}"
    assert status(output).startswith(reason)
    statistics = statistics_of(output)
    assert statistics["tcperf.not_compared_count"] == 7
    assert statistics["tcperf.pairs_count"] == 0, "these were not compared"
    assert "tcperf.regressions_count" not in statistics, "no comparison is not no regression"
    assert named(output, "buildProblem") == [], "the exit status fails the step"


def test_a_regression_beside_what_was_not_compared_is_told_too():
    result = attrs.evolve(
        judged((comparisons.WORSE,)),
        pairings=(Pairing("one_to_one", 10), Pairing("idle", 0, stopped="failed", problem="the head hung")),
    )
    output = told(result, PROBLEM)
    assert status(output).startswith(
        "NOT COMPARED: idle: the head hung; WORSE one_to_one.messages sent_bytes"
    )
    assert len(named(output, "buildProblem")) == 1


def test_an_earlier_result_that_cannot_be_compared():
    output = told(
        samples.result(), Gate("problem", refusal="base.json: messages=20 there, messages=100 here")
    )
    assert warned(output) == ["tcperf: NOT COMPARED: base.json: messages=20 there, messages=100 here"]
    assert status(output).startswith("NOT COMPARED: base.json: messages=20 there")


def test_a_comparison_that_is_required():
    output = told(samples.result(), Gate("problem", GatePolicy(require_comparison=True)))
    assert warned(output)[0].startswith("tcperf: NOT COMPARED: gate.require_comparison")


def test_history_that_warns_is_told_loudly_and_counts_no_regression():
    output = told(comparisons.beside_history(), PROBLEM)
    statistics = statistics_of(output)
    assert statistics["tcperf.regressions_count"] == 0
    assert statistics["tcperf.undecided_count"] == 0
    assert statistics[delta_key(SENT)] == 6.2
    assert statistics[worse_key(SENT)] == 0
    assert "tcperf.pairs_count" not in statistics
    assert named(output, "buildProblem") == []
    assert f"tcperf: UNUSUAL {sentence(comparisons.UNUSUAL)}" in warned(output)
    assert status(output).startswith("1 metric worse than usual: one_to_one.messages sent_bytes +6.2 %; ")
    assert "history, not a paired run" in status(output)


IMPROVED = attrs.evolve(comparisons.UNUSUAL, change="better", effect_pct=-9.1, head_median=381_855)


def test_however_much_is_unusual_the_status_says_that_it_is_so_by_history():
    found = [
        attrs.evolve(comparisons.UNUSUAL, metric=metric, key=f"tcperf.one_to_one.messages.{metric}")
        for metric in samples.PUBLISHED
    ]
    text = status(told(comparisons.beside_history(found), PROBLEM))
    assert "…; history, not a paired run; " in text


@pytest.mark.parametrize("change", ["worse", "better", "cannot_tell"])
@pytest.mark.parametrize("warns_only", [True, False])
def test_history_counts_what_it_may_fail_for_and_what_it_only_warns_of_counts_nowhere(change, warns_only):
    """What became better counts as what became worse does: else a chart would show the one and not the other."""
    found = attrs.evolve(IMPROVED, change=change, warns_only=warns_only)
    statistics = statistics_of(told(comparisons.beside_history((found, comparisons.AS_USUAL)), PROBLEM))
    counted = {
        what: statistics[count_key(what, reference=False)]
        for what in ("regressions", "improvements", "undecided")
    }
    kind = {"worse": "regressions", "better": "improvements", "cannot_tell": "undecided"}[change]
    assert counted == {**dict.fromkeys(counted, 0), kind: 0 if warns_only else 1}
    assert statistics["tcperf.not_compared_count"] == 5  # the figures that no comparison names


def test_what_history_shows_to_be_better_is_told_all_the_same():
    output = told(comparisons.beside_history((IMPROVED, comparisons.AS_USUAL)), PROBLEM)
    assert any("BETTER one_to_one.messages sent_bytes -9.1 %" in m["text"] for m in named(output, "message"))
    assert "1 better; " in status(output)
    assert statistics_of(output)[delta_key(SENT)] == -9.1


def test_history_that_is_asked_to_fail_is_a_problem_and_says_what_it_is():
    asked = attrs.evolve(comparisons.UNUSUAL, warns_only=False)
    output = told(comparisons.beside_history((asked, comparisons.AS_USUAL)), PROBLEM)
    statistics = statistics_of(output)
    assert statistics["tcperf.regressions_count"] == 1
    assert statistics[worse_key(SENT)] == 6.2
    (found,) = named(output, "buildProblem")
    assert found["description"] == sentence(asked)
    assert found["description"].endswith("history, not a paired run")


def test_with_a_history_of_all_figures_nothing_is_uncompared():
    every = tuple(
        attrs.evolve(comparisons.AS_USUAL, metric=metric, key=f"tcperf.one_to_one.messages.{metric}")
        for metric in samples.PUBLISHED
    )
    statistics = statistics_of(told(comparisons.beside_history(every), PROBLEM))
    assert statistics["tcperf.not_compared_count"] == 0


def test_without_a_base_it_is_said_and_counted_and_no_more():
    output = told(samples.result(), PROBLEM)
    assert warned(output) == [
        "tcperf: not compared: no base was given (--base PATH); 22 figures have no verdict"
    ]
    assert not [message for message in named(output, "blockOpened") if message["name"] == "verdict"]
    assert [key for key in statistics_of(output) if key.endswith("_count") and key.count(".") == 1] == [
        "tcperf.not_compared_count"
    ]


def test_whoever_speaks_names_his_own_option_that_gives_a_base():
    output = io.BytesIO()
    manner = teamcity.Manner.of(RunOptions(), base="--base-command COMMAND")
    teamcity.emit(samples.result(), ServiceMessages(output), DIR, manner)
    (warning,) = warned(output.getvalue())
    assert "no base was given (--base-command COMMAND);" in warning


def test_who_knows_why_there_is_no_base_is_not_contradicted():
    why = "not compared: the history of builds cannot be read yet"
    output = told(samples.result(warnings=(why,)), PROBLEM)
    assert warned(output) == [f"tcperf: {why}"]
    assert status(output).startswith("not compared; ")


def test_published_figures_that_were_overlooked_are_warned_of():
    found = tuple(each for each in comparisons.ALL if each.metric not in {"send_ms", "cpu_ms"})
    keys = "tcperf.one_to_one.messages.send_ms, tcperf.one_to_one.messages.cpu_ms"
    assert warned(told(judged(found)))[0] == f"tcperf: not compared: {keys}"


def test_many_reasons_are_not_told_one_by_one():
    lost = tuple(
        attrs.evolve(comparisons.LOST, key=f"{SENT}{number}", metric=f"sent_bytes{number}")
        for number in range(14)
    )
    found = [text for text in warned(told(judged((comparisons.WORSE, *lost)))) if ": NOT" in text]
    assert sum("tcperf: NOT COMPARED: tcperf." in text for text in found) == 10
    assert "tcperf: NOT COMPARED: 4 more; the report names them" in found


# --- the status text ---------------------------------------------------------------------------------


def test_the_status_text_begins_with_the_worst_sentence_and_stays_short():
    many = tuple(
        attrs.evolve(comparisons.WORSE, key=f"{SENT}{number}", effect_pct=6.0 + number)
        for number in range(12)
    )
    text = status(told(judged(many), PROBLEM))
    assert text.startswith("WORSE one_to_one.messages sent_bytes +17.0 %")
    assert "(and 11 more)" in text
    assert len(text) <= 270


UNLIKE = "base and head are of unlike generations: 'statusd' against 'status-backend (OpenAccounts)'"
DRIVEN = "base and head are driven by different calls"


def test_what_keeps_a_verdict_from_being_the_whole_truth_stands_in_the_status_text_and_the_problem():
    output = told(
        judged((comparisons.WORSE, *comparisons.SAME), warnings=("the machine was busy", UNLIKE)), PROBLEM
    )
    text = status(output)
    assert text.startswith(f"WORSE, but {DRIVEN}: one_to_one.messages sent_bytes +6.2 % (4.9")
    assert len(text) <= 270
    (failed,) = named(output, "buildProblem")
    assert failed["description"] == f"{sentence(comparisons.WORSE)}; but {DRIVEN}"
    _uncompared, meant, busy = warned(output)[:3]
    assert meant.startswith("tcperf: base and head are of unlike generations ('statusd' against")
    assert "The figures hold" in meant
    assert busy == "tcperf: the machine was busy"
    calm = status(told(judged(comparisons.SAME, warnings=(UNLIKE,)), PROBLEM))
    assert calm.startswith(f"2 unchanged; but {DRIVEN}")
    assert " but " not in status(told(judged((comparisons.WORSE,)), PROBLEM))


def test_a_long_reason_keeps_the_number_of_the_others():
    lengthy = attrs.evolve(comparisons.WORSE, explanation="x" * 500)
    text = status(told(judged((lengthy, comparisons.OVER)), PROBLEM))
    assert "… (and 1 more)" in text
    assert len(text) <= 270


def test_a_brace_of_others_is_no_variable_of_teamcity():
    braced = attrs.evolve(comparisons.WORSE, explanation="{build.number}")
    assert "(build.number)" in status(told(judged((braced,)), PROBLEM))


# --- whatever the texts and figures are --------------------------------------------------------------


@pytest.mark.parametrize("text", samples.HOSTILE)
@pytest.mark.parametrize("gate", [PROBLEM, STRICT, Gate("problem", refusal="")])
def test_texts_that_are_not_ours_make_valid_messages(text, gate):
    """Keys are checked when a scenario is registered; notes, reasons and explanations are free."""
    spoilt = tuple(
        attrs.evolve(each, note=text, explanation=text, accepted=accepted)
        for each in comparisons.ALL
        for accepted in (None, text)
    )
    result = judged(spoilt[::2], pairings=(Pairing("one_to_one", 1, stopped="failed", problem=text),))
    output = told(result, attrs.evolve(gate, refusal=gate.refusal and text))
    assert statistics_of(output).keys() == statistics_of(told(BASED)).keys()
    assert len(named(output, "buildStatus")) == 1
    assert len(named(output, "buildProblem")) == (3 if gate is STRICT else 2)
    accepted = judged(spoilt[1::2])
    assert check_output(told(accepted, gate))


@given(
    any_comparisons,
    st.sampled_from(MODES),
    st.sampled_from(["pass", "fail"]),
)
def test_any_comparisons_make_valid_messages_that_agree(found, mode, undecided):
    gate = Gate(mode, GatePolicy(undecided=undecided))
    result = judged(found)
    output = told(result, gate)
    statistics = statistics_of(output)
    assert [message["identity"] for message in named(output, "buildProblem")] == [
        f"tcperf_one_to_one_messages_{each.metric}" for each in verdict.ranked(gate.problems(result))
    ]
    worse = {key for key, value in statistics.items() if key.endswith("_worse_pct") and value}
    assert worse <= {worse_key(each.key) for each in found if each.is_regression}
    assert statistics.get("tcperf.regressions_count", 0) == sum(each.is_regression for each in found)
    missing = [message for message in warned(output) if "NOT COMPARED: " in message]
    assert bool(gate.missed(result)) == ("NOT COMPARED" in status(output)) <= bool(missing)

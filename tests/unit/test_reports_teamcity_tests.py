"""Metrics as tests of TeamCity's: which there are, what becomes of them, what is told of each."""

import io
from pathlib import Path

import attrs
import comparisons
import pytest
import same_configuration
import samples
from any_comparison import any_comparisons
from hypothesis import given
from hypothesis import strategies as st
from teamcity_parser import check_output, statistics_of

from tcperf.absent import NOT_COUNTED
from tcperf.gate import TOO_NOISY
from tcperf.gating import Gate
from tcperf.model import Unsupported
from tcperf.ranking import LANES_DISTURB
from tcperf.reports import teamcity
from tcperf.reports.teamcity import PLAIN, TAG, Manner
from tcperf.reports.teamcity_tests import Figure, metric_tests
from tcperf.rules import GatePolicy, Rule
from tcperf.sentences import problem, sentence
from tcperf.summary import median
from tcperf.teamcity import ServiceMessages

DIR = Path("/home/tcperf-report")
VERDICT = (Path(__file__).parents[2] / "docs" / "verdict.rst").read_text("utf-8")
PROBLEM = Gate("problem")
STRICT = Gate("problem", GatePolicy(undecided="fail"))
MODES = ("problem", "condition", "exit", "off")
AS_TESTS = Manner(as_tests=True)
#: With few runs: what becomes of tests does not depend on them.
SMALL = comparisons.paired(pairs=1)
ACCEPTED = attrs.evolve(comparisons.WORSE, accepted="larger keys, until 2027-01-31")
REPORTED = attrs.evolve(comparisons.OVER, gated=False, published=False, change="better")
ASKED = attrs.evolve(comparisons.UNUSUAL, warns_only=False)


def publishing(metrics, result=SMALL):
    """The result with phases that publish only these, so that no rule gates another metric."""
    scenarios = tuple(
        attrs.evolve(info, phases=tuple(attrs.evolve(phase, metrics=tuple(metrics)) for phase in info.phases[-1:]))
        for info in result.scenarios
    )  # fmt: skip
    return attrs.evolve(result, scenarios=scenarios)


def judged(found, **changes):
    """A result with a base of which the gate said ``found``; nothing else is published."""
    metrics = [each.metric for each in found if each.published]
    return attrs.evolve(publishing(metrics), **{"comparisons": tuple(found), **changes})


def beside_history(found):
    return publishing([each.metric for each in found], comparisons.beside_history(found))


def limited(limit):
    """A result without a base, of which one figure has a limit; nothing else is published."""
    each = attrs.evolve(
        comparisons.OVER,
        change="not_compared",
        note="no base",
        base_median=None,
        effect_pct=None,
        limit=limit,
    )
    made = publishing([each.metric], samples.result(scenarios=(samples.ONE_TO_ONE,)))
    return attrs.evolve(made, comparisons=(each,))


def only(result, gate=PROBLEM):
    (test,) = metric_tests(result, gate)
    return test


def told(result, gate=PROBLEM, manner=AS_TESTS):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output, now=lambda: 0.0), DIR, manner, gate)
    return output.getvalue()


def named(output, *names):
    return [message for message in check_output(output) if message.name in names]


def test_a_failed_test_says_what_keeps_it_from_being_the_whole_truth():
    same = "base and head are the same binary: whatever differs is noise"
    found = only(judged((comparisons.WORSE,), warnings=(same,)))
    assert found.text == f"{sentence(comparisons.WORSE)}; but base and head are the same binary"


# --- which there are ---------------------------------------------------------------------------------


NOISY = attrs.evolve(comparisons.UNSURE, gated=False, note=f"{TOO_NOISY} 8 %: a run varies by 30 %")
IN_LANES = attrs.evolve(comparisons.UNSURE, gated=False, note=f"4 {LANES_DISTURB} (--lanes 1 gates it)")
UNCOUNTED = attrs.evolve(
    comparisons.LOST,
    metric="sent_bytes",
    key=comparisons.WORSE.key,
    gated=False,
    head_median=None,
    note=NOT_COUNTED,
)


@pytest.mark.parametrize("each", [NOISY, IN_LANES, UNCOUNTED])
@pytest.mark.parametrize("mode", MODES)
def test_what_could_not_be_gated_this_time_is_an_ignored_test_with_the_reason(each, mode):
    test = next(
        test
        for test in metric_tests(judged([each, comparisons.SAME[0]]), Gate(mode))
        if test.name.endswith(each.metric)
    )
    assert (test.outcome, test.details) == ("ignored", "")
    assert each.note in test.text
    assert test.text == sentence(each), "and no verdict before it"


def test_what_was_too_noisy_keeps_its_figures():
    assert only(judged([NOISY])).figures == (
        Figure("value", 19_312.5, "ms"),
        Figure("base", 18_454.25, "ms"),
        Figure("effect", 4.6, "percent"),
    )


def test_what_was_too_noisy_fails_where_nothing_else_is_gated_and_that_is_asked_for():
    strict = GatePolicy(undecided="fail")
    assert only(judged([NOISY]), Gate("problem", strict)).outcome == "failed"
    assert only(judged([NOISY]), Gate("exit", strict)).outcome == "ignored"
    beside = metric_tests(judged([NOISY, comparisons.SAME[0]]), Gate("problem", strict))
    assert [(test.name, test.outcome) for test in beside] == [
        ("messages.cpu_ms", "ignored"),
        ("messages.time_ms", "passed"),
    ]


def test_what_is_too_noisy_and_within_its_limit_passes_by_the_limit():
    assert only(judged([attrs.evolve(NOISY, limit=1e9)])).outcome == "passed"
    assert only(judged([attrs.evolve(NOISY, limit=1)])).outcome == "failed"


BUILDS = same_configuration.builds()


def test_lanes_and_noise_keep_metrics_from_being_gated_in_these_builds():
    """Else the next test shows nothing."""
    gated = {
        name: {each.metric for each in result.comparisons if each.gated} & set(samples.PUBLISHED)
        for name, result in BUILDS.items()
    }
    assert gated["paired"] == set(samples.PUBLISHED)
    assert gated["paired"] - gated["noisy"] == {"cpu_ms"}
    assert gated["paired"] - gated["in lanes"] == {"cpu_ms", "time_ms", "latency_ms", "send_ms"}


@pytest.mark.parametrize("name", BUILDS)
def test_the_tests_are_the_same_in_every_build_of_a_configuration(name):
    assert [(test.suite, test.name) for test in metric_tests(BUILDS[name], PROBLEM)] == [
        ("one_to_one", f"messages.{metric}") for metric in sorted(samples.PUBLISHED)
    ]


def test_each_gated_metric_is_a_test_of_its_scenario_in_the_same_order_in_every_build():
    found = metric_tests(judged(comparisons.ALL), PROBLEM)
    assert {test.suite for test in found} == {"one_to_one"}
    names = [test.name for test in found]
    assert names == [
        "messages.cpu_ms",
        "messages.latency_ms",
        "messages.memory_peak_bytes",
        "messages.packets_count",
        "messages.send_ms",
        "messages.sent_bytes",
        "messages.time_ms",
    ]
    assert [test.name for test in metric_tests(judged(comparisons.ALL[::-1]), PROBLEM)] == names


def test_what_is_only_reported_is_no_test_unless_it_has_a_limit():
    assert metric_tests(judged(comparisons.TOLD_ONLY), PROBLEM) == ()
    assert only(judged((*comparisons.TOLD_ONLY, REPORTED))).name == "messages.memory_peak_bytes"


def test_without_a_comparison_all_are_ignored_with_the_reason_and_the_figure():
    result = samples.result(scenarios=(samples.ONE_TO_ONE,))
    tests = {test.name: test for test in metric_tests(result, PROBLEM)}
    assert {test.outcome for test in tests.values()} == {"ignored"}
    test = tests["messages.time_ms"]
    assert test.text == "one_to_one.messages time_ms 3 min 21 s: there was nothing to compare with"
    assert test.figures == (Figure("value", 201_480, "ms"),)
    assert test.duration_ms == 201_480
    broken_off = metric_tests(comparisons.failed(), PROBLEM)
    assert all(each.text.endswith(": the comparison was broken off") for each in broken_off)
    assert len(named(told(result), "testIgnored")) == len(tests)


def test_a_scenario_without_runs_keeps_its_tests_with_the_reason():
    none = attrs.evolve(SMALL, scenarios=(), runs=(), comparisons=())
    info = publishing(["cpu_ms"]).scenarios[0]
    why = "one_to_one failed and is not in these results: bob ended with status 2"
    failed = only(attrs.evolve(none, left_out=(info,), warnings=(why,)))
    assert (failed.outcome, failed.figures) == ("ignored", ())
    assert failed.text == "one_to_one.messages cpu_ms: bob ended with status 2"
    assert only(attrs.evolve(none, unsupported=(Unsupported(info, "it has no groups"),))).text == (
        "one_to_one.messages cpu_ms: it has no groups"
    )


def test_what_a_rule_says_decides_which_metrics_are_tests():
    rules = (
        Rule(match="*.cpu_ms", report_only=True),
        Rule(match="*.messages.threads_count", report_only=False),
    )
    result = samples.result(scenarios=(samples.ONE_TO_ONE,))
    names = {test.name for test in metric_tests(result, Gate("problem", GatePolicy(rules=rules)))}
    expected = {*samples.PUBLISHED, "threads_count"} - {"cpu_ms"}
    assert names == {f"messages.{metric}" for metric in expected}


def test_the_reference_node_has_tests_of_its_own():
    key = comparisons.WORSE.key.replace("tcperf.", "tcperf.reference.")
    subjects = {"head": samples.REFERENCE, "base": samples.REFERENCE}
    test = only(judged((attrs.evolve(comparisons.WORSE, key=key),), subjects=subjects))
    assert (test.suite, test.name) == ("reference.one_to_one", "messages.sent_bytes")
    assert "``reference.one_to_one``" in VERDICT


def test_the_suites_are_the_scenarios():
    others = tuple(
        attrs.evolve(each, scenario="cold_start", phase="boot", key=f"tcperf.cold_start.boot.{each.metric}")
        for each in comparisons.SAME
    )
    found = (others[0], comparisons.WORSE, others[1], comparisons.BETTER)
    result = judged((comparisons.WORSE, comparisons.BETTER), comparisons=found)
    messages = named(told(result), "testSuiteStarted", "testSuiteFinished", "testStarted")
    assert [(message.name, message["name"]) for message in messages] == [
        ("testSuiteStarted", "cold_start"),
        ("testStarted", "boot.packets_count"),
        ("testStarted", "boot.time_ms"),
        ("testSuiteFinished", "cold_start"),
        ("testSuiteStarted", "one_to_one"),
        ("testStarted", "messages.latency_ms"),
        ("testStarted", "messages.sent_bytes"),
        ("testSuiteFinished", "one_to_one"),
    ]


# --- what becomes of them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("each", "gate", "outcome"),
    [
        (comparisons.WORSE, PROBLEM, "failed"),
        (comparisons.OVER, PROBLEM, "failed"),
        (REPORTED, PROBLEM, "failed"),
        (attrs.evolve(comparisons.OVER, change="not_compared", note="no run of the base has it"), PROBLEM, "failed"),
        (comparisons.UNSURE, PROBLEM, "passed"),
        (comparisons.UNSURE, STRICT, "failed"),
        (ACCEPTED, STRICT, "passed"),
        (comparisons.BETTER, STRICT, "passed"),
        (comparisons.SAME[0], STRICT, "passed"),
        (comparisons.LOST, STRICT, "ignored"),
        (attrs.evolve(comparisons.LOST, limit=1e9), PROBLEM, "ignored"),
        (comparisons.UNUSUAL, STRICT, "passed"),
        (comparisons.VARYING, STRICT, "passed"),
        (ASKED, PROBLEM, "failed"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_metric(each, gate, outcome):
    result = judged((each,))
    assert only(result, gate).outcome == outcome
    assert (outcome == "failed") == bool(gate.objections(result)), (
        "what makes the build bad, and nothing else"
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_regression_is_reported_once(mode):
    result, gate = judged((comparisons.WORSE, *comparisons.SAME)), Gate(mode)
    output = told(result, gate)
    assert not named(output, "buildProblem")
    assert len(named(output, "testFailed")) == (mode == "problem")
    assert gate.exit_status(result) == (mode == "exit")
    ignored = named(output, "testIgnored")
    if mode == "problem":
        assert not ignored
    else:
        assert ignored[0]["message"].startswith(f"WORSE {sentence(comparisons.WORSE)}")
        assert ignored[0]["message"].endswith(f"it is {mode})")
    assert statistics_of(output)["tcperf.regressions_count"] == 1


def test_without_tests_problems_are_told_as_ever():
    output = told(judged((comparisons.WORSE,)), manner=PLAIN)
    assert len(named(output, "buildProblem")) == 1
    assert not named(output, "testSuiteStarted", "testStarted", "testMetadata", "testFailed", "addBuildTag")


def test_tests_add_to_what_is_told_and_take_nothing_but_the_problems_away():
    result = judged(comparisons.ALL)
    plain, tested = (told(result, manner=manner).splitlines() for manner in (PLAIN, AS_TESTS))
    assert [line for line in tested if not line.startswith(b"##teamcity[test")] == [
        line for line in plain if not line.startswith(b"##teamcity[buildProblem")
    ]
    assert len(tested) > len(plain)


def test_without_a_gate_nothing_fails():
    output = io.BytesIO()
    teamcity.emit(judged((comparisons.WORSE,)), ServiceMessages(output), DIR, AS_TESTS)
    assert not named(output.getvalue(), "testFailed", "buildProblem")
    assert len(named(output.getvalue(), "testIgnored")) == 1


# --- what is told of each ----------------------------------------------------------------------------


def test_a_failure_has_the_sentence_to_paste_and_the_pairs():
    result = attrs.evolve(comparisons.paired(), comparisons=(comparisons.WORSE,))
    (failure,) = named(told(result), "testFailed")
    assert failure["name"] == "messages.sent_bytes"
    assert failure["message"] == sentence(comparisons.WORSE)
    lines = failure["details"].split("\n")
    assert lines[:2] == ["median of the base 410 KiB, of the head 436 KiB", "pair     base     head  change"]
    assert len(lines) == 2 + 10
    assert lines[-1].split()[0] == "10"


def test_a_failure_by_history_has_the_past():
    result = beside_history((ASKED,))
    builds = tuple(
        attrs.evolve(build, statistics={ASKED.key: 400_000 + 2_000 * place})
        for place, build in enumerate(result.history.builds)
    )
    test = only(attrs.evolve(result, history=attrs.evolve(result.history, builds=builds)))
    assert test.text.endswith("history, not a paired run")
    assert "past builds, oldest first: 391 KiB, " in test.details


def test_what_cannot_be_told_says_by_which_setting_it_failed():
    assert only(judged((comparisons.UNSURE,)), STRICT).text == problem(comparisons.UNSURE)
    assert '(gate.undecided is "fail")' in only(judged((comparisons.UNSURE,)), STRICT).text


def test_what_was_not_compared_says_why():
    (ignored,) = named(told(judged((comparisons.LOST, *comparisons.SAME))), "testIgnored")
    assert ignored["name"] == "messages.send_ms"
    assert ignored["message"] == "one_to_one.messages send_ms not compared: no run of the base has it"


@pytest.mark.parametrize(
    ("each", "text"),
    [
        (comparisons.SAME[0], f"OK {sentence(comparisons.SAME[0])}"),
        (comparisons.BETTER, f"BETTER {sentence(comparisons.BETTER)}"),
        (comparisons.UNSURE, f"CAN'T TELL {sentence(comparisons.UNSURE)}"),
        (ACCEPTED, f"ACCEPTED {sentence(ACCEPTED)}"),
        (comparisons.UNUSUAL, f"UNUSUAL {sentence(comparisons.UNUSUAL)}"),
    ],
)
def test_what_passes_prints_its_verdict(each, text):
    (printed,) = named(told(judged((each,))), "testStdOut")
    assert (printed["name"], printed["out"]) == (f"messages.{each.metric}", text)


def test_a_limit_is_judged_without_a_base():
    over, kept = only(limited(335_544_320)), only(limited(1 << 40))
    assert (over.outcome, kept.outcome) == ("failed", "passed")
    assert "is over the limit of" in over.text
    assert over.details.startswith("median of the head 337 MiB; limit 320 MiB\nruns of the head: ")
    assert kept.text == "one_to_one.messages memory_peak_bytes 337 MiB, within the limit of 1.00 TiB"
    assert kept.details == ""


def test_a_test_lasts_as_long_as_its_phase():
    result = judged((comparisons.WORSE, comparisons.BETTER))
    lasted = median(result.values("one_to_one", "messages", "time_ms"))
    assert [test.duration_ms for test in metric_tests(result, PROBLEM)] == [lasted, lasted]
    assert {message["duration"] for message in named(told(result), "testFinished")} == {str(int(lasted))}


def test_where_nobody_knows_how_long_the_phase_was_no_duration_is_told():
    result = judged((comparisons.WORSE,), runs=())
    assert only(result).duration_ms is None
    (finished,) = named(told(result), "testFinished")
    assert "duration" not in finished.attributes


def test_the_figures_are_numbers_of_their_unit():
    assert only(judged((comparisons.WORSE,))).figures == (
        Figure("value", 446_127, "bytes"),
        Figure("base", 420_082, "bytes"),
        Figure("effect", 6.2, "percent"),
    )
    assert [figure.name for figure in only(judged((comparisons.OVER,))).figures] == [
        "value",
        "base",
        "limit",
        "effect",
    ]
    for name in ("value", "base", "limit", "effect"):
        assert f"``{name}``" in VERDICT


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("cpu_ms", "ms"),
        ("memory_peak_bytes", "bytes"),
        ("packets_count", "number"),
        ("busy_pct", "percent"),
        ("speed_mps", "number"),
        ("strange", "number"),
    ],
)
def test_the_type_of_a_figure_is_that_of_its_unit(metric, kind):
    each = comparisons.comparison(metric, "worse", head_median=3, base_median=2)
    assert {figure.type for figure in only(judged((each,))).figures} == {kind}


def test_a_figure_that_is_missing_is_absent():
    grown = attrs.evolve(comparisons.WORSE, base_median=0, effect_pct=None)
    assert [(figure.name, figure.value) for figure in only(judged((grown,))).figures] == [
        ("value", 446_127),
        ("base", 0),
    ]
    assert [figure.name for figure in only(judged((comparisons.LOST,))).figures] == ["value"]


def test_a_figure_that_teamcity_cannot_take_is_left_out():
    huge = attrs.evolve(
        comparisons.WORSE, head_median=1e300, base_median=9_999_999_999_999.9999, effect_pct=1e308
    )
    assert only(judged((huge,))).figures == ()
    assert named(told(judged((huge,))), "testFailed")


def test_metadata_names_its_test():
    messages = named(told(judged((comparisons.WORSE, comparisons.BETTER))), "testStarted", "testMetadata")
    name = None
    for message in messages:
        if message.name == "testStarted":
            name = message["name"]
        else:
            assert message["testName"] == name
    assert {message["type"] for message in messages if message.name == "testMetadata"} == {
        "bytes",
        "ms",
        "percent",
    }


def test_tests_come_after_the_verdict_and_before_the_artifacts():
    names = [message.name for message in check_output(told(judged(comparisons.ALL)))]
    last = max(place for place, name in enumerate(names) if name == "buildStatisticValue")
    assert last < names.index("testSuiteStarted")
    closed = max(place for place, name in enumerate(names) if name == "blockClosed")
    assert closed < names.index("testSuiteStarted") < names.index("publishArtifacts")
    assert names[-1] == "buildStatus"


# --- the tag -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("each", "tagged"),
    [
        (comparisons.WORSE, True),
        (ASKED, True),
        (comparisons.BETTER, False),
        (comparisons.UNSURE, False),
        (comparisons.OVER, False),
        (comparisons.UNUSUAL, False),
        (ACCEPTED, False),
        (comparisons.TOLD_ONLY[0], False),
    ],
)
def test_a_build_with_a_regression_is_tagged(each, tagged, mode):
    output = told(judged((each,)), Gate(mode), Manner(tag=True))
    assert [message.argument for message in named(output, "addBuildTag")] == [TAG] * tagged
    assert statistics_of(output)["tcperf.regressions_count"] == tagged
    assert not named(told(judged((each,)), Gate(mode)), "addBuildTag"), "only where it is asked for"


def test_the_tag_is_the_one_that_is_documented():
    assert f"``{TAG}``" in VERDICT
    assert TAG == "tcperf-regression"


# --- whatever the texts and figures are --------------------------------------------------------------


@pytest.mark.parametrize("text", samples.HOSTILE)
@pytest.mark.parametrize("gate", [PROBLEM, STRICT, Gate("condition")])
def test_texts_that_are_not_ours_make_valid_messages(text, gate):
    spoilt = tuple(
        attrs.evolve(each, note=text, explanation=text, accepted=accepted, history_of=text)
        for each in (*comparisons.ALL, comparisons.UNUSUAL)
        for accepted in (None, text)
    )
    for found in (spoilt[::2], spoilt[1::2]):
        output = told(judged(found[:-1]), gate)
        assert len(named(output, "testStarted")) == 7
    assert check_output(told(judged(spoilt[-2:-1]), gate))


@pytest.mark.parametrize("text", [text for text in samples.HOSTILE if text])
def test_names_that_are_not_ours_name_tests_that_close(text):
    each = attrs.evolve(comparisons.WORSE, key=text, scenario=text, phase=text, metric=text)
    output = io.BytesIO()
    messages = ServiceMessages(output)
    teamcity.tests.tell(judged((each,)), messages, PROBLEM)
    assert [message.name for message in check_output(output.getvalue())][-1] == "testSuiteFinished"
    assert len(named(output.getvalue(), "testFailed")) == 1


@given(
    any_comparisons,
    st.sampled_from(MODES),
    st.sampled_from(["pass", "fail"]),
)
def test_any_comparisons_make_tests_that_agree_with_the_gate(found, mode, undecided):
    gate = Gate(mode, GatePolicy(undecided=undecided))
    result = judged(found)
    output = told(result, gate)
    tests = metric_tests(result, gate)
    assert {test.name for test in tests} == {
        f"messages.{each.metric}" for each in found if each.gated or each.published or each.limit is not None
    }
    failed = {test.name for test in tests if test.outcome == "failed"}
    assert failed == {f"messages.{each.metric}" for each in gate.problems(result)}
    assert failed == {message["name"] for message in named(output, "testFailed")}
    bad = {f"messages.{each.metric}" for each in gate.objections(result)}
    assert all(test.outcome != "passed" for test in tests if test.name in bad), "what is bad never passes"
    assert not named(output, "buildProblem")
    assert statistics_of(output) == statistics_of(told(result, gate, PLAIN))

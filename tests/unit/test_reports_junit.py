"""junit.xml: which cases there are, how they end, and that readers of JUnit take it."""

import attrs
import comparisons as made
import junit_schema
import pytest
import same_configuration
import samples

from tcperf.gate import TOO_NOISY
from tcperf.gating import NO_BASE, Gate
from tcperf.model import Unsupported
from tcperf.reports import junit
from tcperf.reports.junit_cases import Case, suites
from tcperf.rules import GatePolicy, Rule
from tcperf.sentences import problem, sentence

FEW = {"pairs": 1}
BUILDS = same_configuration.builds()


def judged(*found, **changes):
    """A result with a base, of which the gate said ``found``."""
    return made.paired(found, **FEW, **changes)


def only(result, gate=None):
    """The one case of the result that was judged: it stands first, and whatever else is published is skipped."""
    (suite,) = suites(result, gate or Gate())
    case, *others = suite.cases
    assert {other.outcome for other in others} <= {"skipped"}
    return case


def with_failed(result, *told):
    """The result, in which cold_start failed."""
    return attrs.evolve(result, left_out=(samples.COLD_START,), warnings=told)


def limited(limit):
    """A result without a base, of which one figure has a limit."""
    each = attrs.evolve(
        made.OVER, change="not_compared", note="no base", base_median=None, effect_pct=None, limit=limit
    )
    return attrs.evolve(samples.result(scenarios=(samples.ONE_TO_ONE,)), comparisons=(each,))


def document(result, gate=None):
    """The document, held against the schema and read anew."""
    return junit_schema.check(junit.render(result, gate or Gate()))


# --- how a case ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("each", "outcome", "kind"),
    [
        (made.WORSE, "failure", "WORSE"),
        (made.OVER, "failure", "OVER BUDGET"),
        (made.LOST, "error", "NOT COMPARED"),
        (made.UNSURE, "skipped", "CAN'T TELL"),
        (made.BETTER, "passed", "BETTER"),
        (made.SAME[0], "passed", "OK"),
        (attrs.evolve(made.WORSE, accepted="larger keys"), "passed", "ACCEPTED"),
    ],
)
def test_a_verdict_ends_a_case(each, outcome, kind):
    case = only(judged(each))
    assert (case.name, case.outcome, case.kind) == (f"messages.{each.metric}", outcome, kind)
    assert case.text == sentence(each)


@pytest.mark.parametrize("mode", ["problem", "condition", "exit", "off"])
def test_the_gates_mode_does_not_matter(mode):
    assert only(judged(made.WORSE), Gate(mode)).outcome == "failure"


def test_what_cannot_be_told_fails_where_that_is_asked_for():
    case = only(judged(made.UNSURE), Gate("exit", GatePolicy(undecided="fail")))
    assert (case.outcome, case.kind) == ("failure", "CAN'T TELL")
    assert case.text == problem(made.UNSURE)
    assert case.text.endswith('(gate.undecided is "fail")')


def test_what_keeps_a_verdict_from_being_the_whole_truth_is_told_with_the_failure():
    unlike = "base and head are of unlike generations: 'statusd' against 'status-backend (OpenAccounts)'"
    result = judged(made.WORSE, warnings=("the machine was busy", unlike))
    but = "; but base and head are driven by different calls"
    assert only(result).text == f"{sentence(made.WORSE)}{but}"
    assert but not in only(judged(made.SAME[0], warnings=(unlike,))).text
    told = junit.render(result, Gate())
    assert told.index("warning: base and head are of unlike") < told.index("warning: the machine was busy")


def test_what_failed_has_the_figures_of_every_pair():
    case = only(made.paired((made.WORSE,), pairs=10))
    assert case.details.splitlines()[0] == "median of the base 410 KiB, of the head 436 KiB"
    assert len(case.details.splitlines()) == 12
    assert only(judged(made.BETTER)).details == ""


def test_past_builds_only_warn():
    found = {case.name: case for case in suites(made.beside_history(), Gate())[0].cases[:3]}
    assert {name: (case.outcome, case.kind) for name, case in found.items()} == {
        "messages.sent_bytes": ("skipped", "UNUSUAL"),
        "messages.cpu_ms": ("skipped", "CAN'T TELL"),
        "messages.time_ms": ("passed", "OK"),
    }
    strict = attrs.evolve(made.UNUSUAL, warns_only=False)
    assert only(made.beside_history((strict,))).outcome == "failure"


def test_a_limit_needs_no_base():
    kept, broken = only(limited(400_000_000)), only(limited(335_544_320))
    assert (kept.outcome, kept.kind) == ("passed", "OK")
    assert kept.text == "one_to_one.messages memory_peak_bytes 337 MiB, within the limit of 381 MiB"
    assert (broken.outcome, broken.kind) == ("failure", "OVER BUDGET")


def test_what_is_not_published_is_no_case_unless_it_is_gated_or_has_a_limit():
    limited_only = attrs.evolve(made.OVER, metric="go_heap_bytes", key="x", gated=False, published=False)
    gated_only = attrs.evolve(made.WORSE, metric="disk_written_bytes", key="y", published=False)
    names = [case.name for case in suites(judged(*made.TOLD_ONLY, limited_only, gated_only), Gate())[0].cases]
    published = [f"messages.{metric}" for metric in samples.PUBLISHED]
    assert names == ["messages.go_heap_bytes", "messages.disk_written_bytes", *published]


def test_what_is_accepted_passes_though_it_cannot_be_told():
    case = only(judged(attrs.evolve(made.UNSURE, accepted="larger keys")))
    assert (case.outcome, case.kind) == ("passed", "ACCEPTED")


def noisy(each):
    """What is too noisy to be gated."""
    return attrs.evolve(each, gated=False, note=f"{TOO_NOISY}: 12 % of noise")


def test_what_is_too_noisy_is_a_case_where_nothing_else_is_gated():
    case = only(judged(noisy(made.SAME[0])))
    assert case.outcome == "skipped"
    strict = Gate("exit", GatePolicy(undecided="fail"))
    assert only(judged(noisy(made.SAME[0])), strict).outcome == "failure"
    assert only(judged(noisy(made.SAME[0]), made.BETTER), strict).name == "messages.latency_ms"


@pytest.mark.parametrize(
    "note", ["4 runs at a time disturb it (--lanes 1 gates it)", f"{TOO_NOISY}: 12 % of noise"]
)
def test_what_is_published_and_not_judged_is_skipped_with_the_reason(note):
    """Else a case would come and go from build to build."""
    told = attrs.evolve(made.UNSURE, gated=False, note=note)
    first, *others = suites(judged(made.BETTER, told), Gate())[0].cases
    (case,) = [each for each in others if each.name == "messages.cpu_ms"]
    assert first.name == "messages.latency_ms"
    assert (case.outcome, case.kind, case.text) == ("skipped", "CAN'T TELL", sentence(told))
    assert note in case.text


def test_the_cases_are_the_same_whatever_was_judged():
    kept = [
        judged(*made.ALL),
        judged(made.WORSE),
        judged(noisy(made.SAME[0])),
        limited(400_000_000),
        made.beside_history(),
        samples.result(scenarios=(samples.ONE_TO_ONE,)),
    ]
    published = sorted(f"messages.{metric}" for metric in samples.PUBLISHED)
    for result in kept:
        (suite,) = suites(result, Gate())
        assert sorted(case.name for case in suite.cases) == published


@pytest.mark.parametrize("name", BUILDS)
def test_what_the_rules_gate_is_a_case_in_every_build_of_a_configuration(name):
    """Also what is not published: the case says why it has no verdict, where it has none."""
    policy = GatePolicy(rules=(Rule(match="one_to_one.messages.threads_count", report_only=False),))
    cases = {case.name for suite in suites(BUILDS[name], Gate("exit", policy)) for case in suite.cases}
    expected = {f"messages.{metric}" for metric in samples.PUBLISHED}
    has_runs = name not in {"failed", "unsupported"}
    assert cases - {"run", "comparison"} == expected | ({"messages.threads_count"} if has_runs else set())


def test_what_is_not_published_and_too_noisy_this_time_keeps_its_case():
    told = noisy(made.comparison("threads_count", "ok", published=False, head_median=28))
    policy = GatePolicy(rules=(Rule(match="one_to_one.messages.threads_count", report_only=False),))
    ((case,),) = (
        [each for each in suite.cases if each.name == "messages.threads_count"]
        for suite in suites(judged(made.BETTER, told), Gate("exit", policy))
    )
    assert (case.outcome, case.kind, case.text) == ("skipped", "OK", sentence(told))


def test_what_no_run_has_keeps_its_case():
    result = samples.result(runs=1, scenarios=(samples.ONE_TO_ONE,))
    (run,) = result.runs
    *phases, last = run.phases
    totals = {key: value for key, value in last.totals.items() if key != "cpu_ms"}
    lacking = attrs.evolve(
        result, runs=(attrs.evolve(run, phases=(*phases, attrs.evolve(last, totals=totals))),)
    )
    (suite,) = suites(lacking, Gate())
    (case,) = [each for each in suite.cases if each.name == "messages.cpu_ms"]
    assert (case.outcome, case.text) == ("skipped", "one_to_one.messages cpu_ms: no run has it")
    assert case.time_s == 0


def test_a_scenario_that_failed_is_an_error_with_its_reason():
    why = "the scenario cold_start raised RuntimeError: x"
    for opening in ("", "in the head's result: "):
        told = f"{opening}cold_start failed and is not in these results: {why}"
        for result in (with_failed(judged(made.BETTER), told), with_failed(limited(1), told)):
            *_others, suite = suites(result, Gate())
            assert suite.name == "cold_start"
            first, *others = suite.cases
            assert first == Case("run", "error", "FAILED", f"cold_start: {why}")
            assert {(case.outcome, case.kind) for case in others} == {("skipped", "NOT COMPARED")}
            assert others[0].text == f"cold_start.boot time_ms: {why}"
            assert document(result).get("errors") == "1"


def test_a_scenario_that_failed_is_told_beside_a_comparison_that_was_not_made():
    gate = Gate("exit", GatePolicy(require_comparison=True))
    result = with_failed(samples.result(scenarios=(samples.ONE_TO_ONE,)))
    found = suites(result, gate)
    assert [suite.name for suite in found] == ["tcperf", "one_to_one", "cold_start"]
    assert found[-1].cases[0].text == "cold_start: it has no run that counts: it failed, or was not played"


def test_a_scenario_whose_comparison_has_a_problem_is_told_once():
    result = attrs.evolve(made.failed(), left_out=(samples.ONE_TO_ONE,))
    assert [suite.name for suite in suites(result, Gate())] == ["one_to_one"]


def test_what_is_only_reported_is_skipped_where_nothing_else_was_judged():
    reported = attrs.evolve(made.WORSE, gated=False, note="report_only")
    found = {case.name: case for case in suites(judged(reported), Gate())[0].cases}
    case = found["messages.sent_bytes"]
    assert (case.outcome, case.kind, case.text) == ("skipped", "WORSE", sentence(reported))
    assert found["messages.cpu_ms"].kind == "NOT COMPARED"


# --- which there are ---------------------------------------------------------------------------------


def test_a_suite_is_a_scenario_and_its_worst_case_stands_first():
    (suite,) = suites(judged(*made.ALL), Gate())
    assert suite.name == "one_to_one"
    assert [case.outcome for case in suite.cases] == [
        "failure", "failure", "error", "skipped", "passed", "passed", "passed",
    ]  # fmt: skip
    assert [suite.count(outcome) for outcome in ("failure", "error", "skipped", "passed")] == [2, 1, 1, 3]


def test_the_reference_node_has_suites_of_its_own():
    subjects = {"head": samples.REFERENCE, "base": samples.REFERENCE}
    result = attrs.evolve(judged(made.WORSE), subjects=subjects)
    assert [suite.name for suite in suites(result, Gate())] == ["reference.one_to_one"]


def test_what_was_measured_alone_is_skipped_and_says_why():
    found = suites(samples.result(), Gate())
    assert [(suite.name, len(suite.cases)) for suite in found] == [("one_to_one", 7), ("cold_start", 15)]
    assert {case.outcome for suite in found for case in suite.cases} == {"skipped"}
    assert found[0].cases[0] == Case(
        "messages.time_ms",
        "skipped",
        "NOT COMPARED",
        "one_to_one.messages time_ms 3 min 21 s: there was nothing to compare with",
        time_s=201.48,
    )


def test_a_comparison_that_broke_off_is_an_error():
    first, *others = suites(made.failed(), Gate())[0].cases
    assert (first.name, first.outcome) == ("comparison", "error")
    assert first.text == "base failed twice in a row: bob ended with status 2"
    assert {case.outcome for case in others} == {"skipped"}
    assert others[0].text.endswith(": the comparison was broken off")


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (Gate("exit", GatePolicy(require_comparison=True)), NO_BASE),
        (Gate("exit", refusal="measured under unlike conditions"), "measured under unlike conditions"),
    ],
)
def test_a_comparison_that_was_asked_for_and_not_made_is_never_green(gate, why):
    first, *_others = suites(samples.result(), gate)
    (case,) = first.cases
    assert (first.name, case.name, case.outcome, case.text) == ("tcperf", "comparison", "error", why)
    assert document(samples.result(), gate).get("errors") == "1"


def test_a_result_of_nothing_has_a_case_all_the_same():
    """Jenkins takes a file without one for a mistake."""
    nothing = attrs.evolve(samples.result(), runs=(), scenarios=())
    assert only(nothing) == Case("comparison", "skipped", "NOT COMPARED", "nothing was compared")


# --- time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("each", "seconds"),
    [
        (made.BETTER, 0.7024),
        (made.UNSURE, 19.3125),
        (made.WORSE, 0.0),
        (attrs.evolve(made.BETTER, head_median=None), 0.0),
        (attrs.evolve(made.BETTER, head_median=1e300), 0.0),
        (attrs.evolve(made.BETTER, metric="other_ms"), 0.0),
    ],
)
def test_a_case_lasts_as_long_as_its_metric_says_where_that_is_a_time(each, seconds):
    assert only(judged(each)).time_s == seconds


def test_times_are_written_in_full():
    tiny = attrs.evolve(made.BETTER, head_median=0.004)
    assert document(judged(tiny)).find(".//testcase").get("time") == "0.000004"
    assert document(attrs.evolve(judged(tiny), scenarios=())).find("testsuite").get("time") == "0"
    root = document(judged(made.BETTER, made.UNSURE))
    cases = [float(case.get("time")) for case in root.iter("testcase")]
    assert cases[:2] == [0.7024, 19.3125]
    assert float(root.find("testsuite").get("time")) == pytest.approx(sum(cases), abs=0.001)


# --- the document ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        samples.result(),
        samples.reference_result(),
        made.paired(pairs=3),
        made.clean(pairs=3),
        made.failed(),
        made.beside_history(),
        limited(1),
    ],
)
def test_readers_take_it(result):
    root = document(result)
    assert int(root.get("tests")) == len(root.findall(".//testcase"))
    assert root.get("failures") == str(len(root.findall(".//failure")))
    assert root.get("errors") == str(len(root.findall(".//error")))


def test_the_sentence_stands_in_the_failure_to_be_pasted():
    failure = document(judged(made.WORSE)).find(".//failure")
    assert failure.get("message") == sentence(made.WORSE)
    assert failure.get("type") == "WORSE"
    assert failure.text.splitlines()[0] == sentence(made.WORSE)
    assert "median of the base 410 KiB" in failure.text


def test_a_skipped_case_says_why_and_a_good_one_by_how_much():
    skipped = document(judged(made.UNSURE)).find(".//skipped")
    assert skipped.get("message") == f"CAN'T TELL {sentence(made.UNSURE)}"
    assert (
        document(judged(made.BETTER)).find(".//testcase/system-out").text == f"BETTER {sentence(made.BETTER)}"
    )


def test_cases_are_grouped_by_the_scenario():
    case = document(judged(made.WORSE)).find(".//testcase")
    assert (case.get("classname"), case.get("name")) == ("tcperf.one_to_one", "messages.sent_bytes")


def test_a_suite_says_what_was_measured_where_and_when():
    suite = document(judged(made.WORSE)).find("testsuite")
    found = {each.get("name"): each.get("value") for each in suite.find("properties")}
    assert found["head.sha256"] == samples.SHA256
    assert found["base.version"] == "b7e6b161aa02"
    assert found["pairs.one_to_one"] == "1"
    assert found["network"] == "private"
    assert found["system"] == "Linux 6.18.5-amd64, x86_64"
    assert "machine" not in found  # in summary.csv that is the machine's name, which is the hostname here
    assert suite.get("hostname") == "agent-7"
    assert suite.get("timestamp") == "2026-11-25T02:14:07"


@pytest.mark.parametrize(
    ("started", "told"),
    [
        ("2026-11-25T04:14:07+02:00", "2026-11-25T02:14:07"),
        ("2026-11-25T02:14:07", "2026-11-25T02:14:07"),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_time_is_told_in_utc_or_not_at_all(started, told):
    result = judged(made.WORSE)
    tool = attrs.evolve(result.tool, started=started)
    assert document(attrs.evolve(result, tool=tool)).find("testsuite").get("timestamp") == told


def test_warnings_are_in_the_suites_output():
    result = judged(made.WORSE, warnings=("the disk is slow", *(f"warning {number}" for number in range(99))))
    lines = document(result).find("testsuite/system-out").text.splitlines()
    assert lines[0] == "warning: the disk is slow"
    assert len(lines) == 40


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_breaks_the_document(text):
    each = attrs.evolve(made.WORSE, scenario=text, phase=text, metric=text, note=text, explanation=text)
    missed = attrs.evolve(made.LOST, scenario=text, note=text)
    pairing = attrs.evolve(made.failed().pairings[0], scenario=text, problem=text)
    for result in (samples.hostile(text), judged(each, missed, pairings=pairing, warnings=(text,))):
        root = document(result)
        assert len(junit.render(result, Gate())) < 40_000
        for element in root.iter():
            for told in (element.text or "", *element.attrib.values()):
                assert all(letter.isprintable() or letter in "\n \ufffd" for letter in told)


def test_a_scenario_that_the_node_cannot_play_is_skipped_with_its_reason():
    reason = "not supported by this node: cold_start needs private groups, which x has not"
    for result in (judged(made.BETTER), samples.result(scenarios=(samples.ONE_TO_ONE,))):
        lacking = attrs.evolve(result, unsupported=(Unsupported(samples.COLD_START, reason),))
        suite = suites(lacking, Gate())[-1]
        first, *others = suite.cases
        assert (suite.name, first) == ("cold_start", Case("run", "skipped", "NOT SUPPORTED", reason))
        assert {(case.outcome, case.kind) for case in others} == {("skipped", "NOT COMPARED")}
        assert others[0].text == f"cold_start.boot time_ms: {reason}"
        found = document(lacking)
        assert found.get("errors") == document(result).get("errors")
        skipped = found.find(".//testsuite[@name='cold_start']/testcase[@name='run']/skipped")
        assert skipped.get("message") == f"NOT SUPPORTED {reason}"

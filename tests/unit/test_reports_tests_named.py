"""Every report names the tests of a suite by pytest's own ids, those without figures among them."""

import io
from pathlib import Path

import attrs
import comparisons
import junit_schema
import pytest
import samples
from pages import Page
from teamcity_parser import check_output

from tcperf import results
from tcperf.gating import Gate
from tcperf.model import Unmeasured
from tcperf.reports import console, html, junit, markdown, teamcity
from tcperf.reports.tests_named import test_of as id_of
from tcperf.reports.tests_named import tests_of as ids_of
from tcperf.reports.tests_named import unmeasured
from tcperf.sentences import sentence as comparisons_sentence
from tcperf.teamcity import ServiceMessages

SIZES = "tests/test_chat.py::TestSizes::test_sizes[10-<b>x</b>]"
HOSTILE = "test_a.py::test_b[##teamcity[buildStatus status='SUCCESS'-\x1b[31m]"


def suite(test=SIZES, part=None, ends=()):
    """One test of a suite, with figures, and how others ended."""
    info = samples.ONE_TO_ONE
    phases = (*info.phases[:-1], attrs.evolve(info.phases[-1], test=test, part=part))
    return attrs.evolve(
        samples.result(scenarios=(attrs.evolve(info, phases=phases),)),
        unmeasured=tuple(Unmeasured(info.name, test, outcome) for test, outcome in ends),
    )


ENDS = ((HOSTILE, "failed"), ("test_c.py::test_d", "skipped"), ("test_c.py::test_e", "skipped"))


def html_of(result):
    page = Page(html.render(result, {}))
    page.check_harmless()
    return page.text()


def teamcity_of(result):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output), Path("/reports"))
    messages = check_output(output.getvalue())
    assert [each.name for each in messages].count("buildStatus") == 1
    return "\n".join(each["text"] for each in messages if each.name == "message")


def junit_of(result):
    document = junit_schema.check(junit.render(result, Gate()))
    return "\n".join((each.text or "") + (each.get("message") or "") for each in document.iter())


def test_a_part_of_a_test_is_named_with_it():
    assert id_of(suite().scenarios[0].phases[-1]) == SIZES
    assert ids_of(suite(part="send")) == {("one_to_one", "messages"): f"{SIZES}, phase send"}
    assert ids_of(samples.result()) == {}


def test_they_are_in_the_file():
    result = suite(part="send", ends=ENDS)
    assert results.loads(results.dumps(result)) == result


def test_the_page_counts_each_tests_own_runs():
    info = samples.ONE_TO_ONE
    often, once = (
        attrs.evolve(info.phases[-1], name=name, test=f"a.py::test_{name}") for name in ("often", "once")
    )
    result = samples.result(runs=3, scenarios=(info,))
    runs = [
        attrs.evolve(run, phases=tuple(attrs.evolve(run.phases[-1], name=phase.name) for phase in phases))
        for run, phases in zip(result.runs, ((often, once), (often,), (often,)), strict=True)
    ]
    played = attrs.evolve(result, scenarios=(attrs.evolve(info, phases=(often, once)),), runs=tuple(runs))
    told = html_of(played)
    assert "one_to_one (2 tests, up to 3 runs of one)" in told
    assert "Published figures: median over each one’s own runs" in told
    assert "often: medians over 3 runs" in told
    assert "once: medians" not in told
    alone = html_of(attrs.evolve(played, runs=played.runs[:1]))
    assert "one_to_one (2 tests)" in alone
    assert "one_to_one (3 runs)" in html_of(result)


@pytest.mark.parametrize("told", [html_of, junit_of, lambda result: console.render(result, 200)])
def test_who_has_figures_is_named(told):
    assert SIZES in told(suite())
    assert f"{SIZES}, phase send" in told(suite(part="send"))
    assert SIZES not in told(samples.result())


@pytest.mark.parametrize("told", [html_of, junit_of, teamcity_of, lambda result: console.render(result, 400)])
def test_who_has_none_is_named(told):
    found = told(suite(ends=ENDS))
    assert "test_c.py::test_d" in found
    assert "buildStatus status=" in found
    assert "\x1b" not in found
    assert "without figures" not in told(suite())


@pytest.mark.parametrize("test", [SIZES, HOSTILE])
def test_what_fails_a_build_names_the_test_behind_its_sentence(test):
    output = io.BytesIO()
    result = attrs.evolve(suite(test), comparisons=(comparisons.WORSE,))
    teamcity.emit(result, ServiceMessages(output), Path("/reports"), gate=Gate("problem"))
    messages = check_output(output.getvalue())
    (problem,) = [each["description"] for each in messages if each.name == "buildProblem"]
    (line,) = [
        each["text"] for each in messages if each.name == "message" and "WORSE one_to_one" in each["text"]
    ]
    for told in (problem, line):
        sentence, _, named = told.partition(" (test: test")
        assert sentence.endswith(comparisons_sentence(comparisons.WORSE))
        assert named
    assert [each.name for each in messages].count("buildStatus") == 1


def test_on_a_terminal_an_id_is_no_message():
    told = console.render(suite(HOSTILE, ends=ENDS), 400)
    assert told.count("##_teamcity[buildStatus") == 2
    assert "##teamcity[" not in told


def test_a_comment_names_who_has_none_as_well():
    assert "2 tests were skipped, without figures: test\\_c.py::" in markdown.render(suite(ends=ENDS))


def test_each_way_to_end_is_a_sentence_and_not_all_are_named():
    ends = [(f"a.py::test_{number}", "failed") for number in range(12)]
    assert list(
        unmeasured(suite(ends=(*ends, ("b.py::test_x", "xfailed"), ("b.py::test_y", "skipped"))))
    ) == [
        f"12 tests failed, without figures: {', '.join(f'a.py::test_{number}' for number in range(10))} and 2 more",
        "1 test was skipped, without figures: b.py::test_y",
        "1 test failed as was expected, without figures: b.py::test_x",
    ]


def test_who_passed_is_named_with_what_was_too_short_to_be_seen():
    result = attrs.evolve(
        suite(),
        unmeasured=(
            Unmeasured("one_to_one", "a.py::test_a", "unseen", ("setsid",)),
            Unmeasured("one_to_one", HOSTILE, "unseen", ("sh", "sleep")),
        ),
    )
    assert results.loads(results.dumps(result)) == result
    (told,) = unmeasured(result)
    assert told.startswith("2 tests passed, without figures, for what was started for them was gone before ")
    assert told.endswith(f": a.py::test_a (setsid), {HOSTILE} (sh, sleep)")
    for report in (html_of, teamcity_of, lambda result: console.render(result, 2000)):
        assert "a.py::test_a (setsid)" in report(result)
    assert "a.py::test_a: it passed, and setsid was gone before anybody looked" in junit_of(result)
    assert "sh, sleep were gone" in junit_of(result)


def test_as_test_results_they_are_skipped_and_none_is_a_failure():
    document = junit_schema.check(junit.render(suite(ends=ENDS), Gate()))
    (case,) = document.findall(".//testcase[@name='test_c.py::test_d']")
    assert case.find("skipped").get("message") == "NOT MEASURED test_c.py::test_d: it was skipped"
    assert document.get("failures") == document.get("errors") == "0"

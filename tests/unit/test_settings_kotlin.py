"""Kotlin settings, read without a compiler: strings, brackets, names, and what of the plan is in them."""

import re
from collections import Counter

import attrs
import kotlin_reader as reader
import pytest
import settings_requests as made

from tcperf.buildsettings import BuildSettings
from tcperf.teamcity.settings import kotlin
from tcperf.teamcity.settings.plan import literal_percents, make

REQUESTS = {
    "whole": made.whole(conditions=("worse", "over_budget", "classic")),
    "plain": made.request(),
    "reference": made.reference(),
    "kept": made.request(settings=BuildSettings(keep_node=True)),
    "alone": made.request(settings=BuildSettings(pull_requests="none", conditions=())),
    "nasty": made.request(settings=made.NASTY, words=("--param", 'text=$(x) "é" 100%')),
}
PLANS = {name: make(request) for name, request in REQUESTS.items()}
#: The names of the DSL, and Kotlin's own words, that settings may use.
KNOWN = frozenset(re.findall(r"\w+", """
    package tcperf import jetbrains buildServer configs kotlin buildFeatures PullRequests pullRequests buildSteps script
    failureConditions BuildFailureOnMetric failOnMetricChange projectFeatures buildReportTab triggers vcs fun Project
    buildType TcperfBuild features buildTypeCustomChart id title seriesTitle format CustomChart Format series listOf
    Serie key SeriesKey color defaultFilters DefaultFilters SHOW_FAILED buildTypeChartsOrder order startPage object
    BuildType name description artifactRules params param root DslContext settingsRoot AbsoluteId steps scriptContent
    trimIndent branchFilter vcsRootExtId provider github authType vcsRoot token filterAuthorRole GitHubRoleFilter MEMBER
    requirements contains noLessThan executionTimeoutMin threshold units MetricUnit DEFAULT_UNIT PERCENTS comparison
    MetricComparison MORE LESS compareTo value build buildRule lastSuccessful dependencies artifacts RelativeId
    cleanDestination checkoutMode CheckoutMode ON_AGENT true DURATION SIZE PERCENT INTEGER TEXT version project
"""))  # fmt: skip

every = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


@every
def test_it_is_well_formed_and_uses_known_names_alone(plan):
    words = {token.value for token in reader.tokens(kotlin.build(plan)) if token.kind == "word"}
    assert {word for word in words if not word.isdigit()} <= KNOWN


@every
def test_it_is_the_same_again(plan):
    assert kotlin.build(plan) == kotlin.build(make(REQUESTS[next(n for n in PLANS if PLANS[n] is plan)]))


@every
def test_the_step_comes_out_as_it_went_in(plan):
    assigned = dict(reader.assigned(kotlin.build(plan)))
    assert assigned["scriptContent"] == literal_percents(plan.script.rstrip("\n"))
    assert assigned["branchFilter"] == "\n".join(plan.branch_filter)


@every
def test_every_text_of_the_plan_is_in_it(plan):
    texts = Counter(reader.texts(kotlin.build(plan)))
    for chart in plan.charts:
        assert texts[chart.id] == 2, "the chart itself, and its place in the order"
        assert texts[chart.title] >= 1
        for series in chart.series:
            assert texts[series.key] >= 1
            assert texts[series.color] >= 1
    for condition in plan.conditions:
        assert texts[condition.id] == 1
        assert texts[condition.key] >= 1
    assert texts[literal_percents(plan.name)] >= 1
    assert texts[plan.id] >= 1


@every
def test_every_import_is_used_and_every_name_is_imported(plan):
    text = kotlin.build(plan)
    imported = [name.rpartition(".")[2] for name in re.findall(r"^import (\S+)$", text, re.MULTILINE)]
    assert imported[0] == "*"
    assert len(imported) == len(set(imported))
    body = text[text.index("fun Project") :]
    for name in imported[1:]:
        assert re.search(rf"\b{name}\b", body), name


def test_imports_stand_in_their_order():
    found = re.findall(r"^import (\S+)$", kotlin.build(PLANS["whole"]), re.MULTILINE)
    assert found[1:] == sorted(found[1:])


def test_a_given_root_and_the_settings_own():
    whole, plain = kotlin.build(PLANS["whole"]), kotlin.build(PLANS["plain"])
    assert 'root(AbsoluteId("Status_Go"))' in whole
    assert 'vcsRootExtId = "Status_Go"' in whole
    assert "root(DslContext.settingsRoot)" in plain
    assert 'vcsRootExtId = "${DslContext.settingsRoot.id}"' in plain


def test_where_the_step_asks_git_for_the_parent_the_agent_checks_out():
    assert "checkoutMode = CheckoutMode.ON_AGENT" in kotlin.build(PLANS["whole"])
    assert "checkoutMode" not in kotlin.build(PLANS["plain"]), "nothing else is asked of an agent than before"


def test_parts_that_nobody_asked_for_are_not_there():
    alone = kotlin.build(PLANS["alone"])
    for name in ("pullRequests", "failOnMetricChange", "params {", 'artifactRules = "build'):
        assert name not in alone
    assert "executionTimeoutMin = 120" in alone
    assert "dependencies {" not in kotlin.build(PLANS["whole"])


def test_a_condition_says_why_and_how():
    plan = attrs.evolve(PLANS["plain"], conditions=make(made.whole(conditions=("classic",))).conditions[:1])
    text = kotlin.build(plan)
    block = text[text.index("failOnMetricChange {") : text.index("dependencies {")]
    assert "// fails when one_to_one.messages.time_ms is 10 % beyond" in block
    assert "threshold = 10\n" in block, "a whole number: the DSL has no other"
    assert "compareTo = build {" in block
    assert "buildRule = lastSuccessful()" in block
    text = kotlin.build(PLANS["plain"])
    assert 'param("metricKey", "tcperf.regressions_count")\n            threshold = 0\n' in text
    assert "compareTo = value()" in text


def test_the_dependency_names_no_branch_for_then_it_is_the_default_one():
    text = kotlin.build(PLANS["kept"])
    assert 'artifacts(RelativeId("Tcperf")) {' in text
    assert "buildRule = lastSuccessful()\n" in text
    assigned = [value for name, value in reader.assigned(text) if name == "artifactRules"]
    assert assigned == ["\n".join(PLANS["kept"].artifact_rules), "\n".join(PLANS["kept"].rules)]


def test_the_file_tells_how_it_is_taken_into_a_project():
    text = kotlin.build(PLANS["plain"])
    assert text.startswith(f"{kotlin.MARK}\n")
    told = " ".join(reader.comments(text)[:2])
    assert kotlin.IMPORT in told
    assert kotlin.CALL in told
    assert "package tcperf\n" in text
    assert "fun Project.tcperf() {" in text


def test_a_project_of_its_own():
    text = kotlin.project()
    words = {token.value for token in reader.tokens(text) if token.kind == "word"}
    assert words <= KNOWN
    assert text.splitlines()[0] == kotlin.MARK
    assert kotlin.IMPORT in text.splitlines()
    assert f"    {kotlin.CALL}" in text.splitlines()
    assert reader.texts(text) == ["2024.03"], "the first whose artifact rules can be optional"


@every
def test_lines_have_no_spaces_behind_and_no_tabs(plan):
    for line in kotlin.build(plan).splitlines():
        assert line == line.rstrip()
        assert "\t" not in line

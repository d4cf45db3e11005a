"""The plan as Kotlin, for versioned settings of TeamCity 2024.03 and newer (its portable Kotlin DSL).

One file holds the build configuration and a function that adds it, its charts and its report tab to a project; the
project's own settings.kts calls it in one line, so it fits into settings that are there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tcperf.teamcity.settings.chart import Chart, Series
from tcperf.teamcity.settings.condition import Condition
from tcperf.teamcity.settings.feature import ORDER_ID, SERIES_TITLE
from tcperf.teamcity.settings.plan import PullRequests, Requirement, SettingsPlan, literal_percents
from tcperf.teamcity.settings.source import Assignment, Block, Item, listing, literal, render

#: What every file that is made begins with: only such a file is written over.
MARK: Final = "// Made by `tcperf settings --kotlin`: after a change of tcperf.toml make it again."
#: Where the files belong, below the folder of the project's settings.
FILE: Final = "tcperf/Tcperf.kt"
PROJECT_FILE: Final = "settings.kts"
#: What an existing settings.kts needs.
IMPORT: Final = "import tcperf.tcperf"
CALL: Final = "tcperf()"
_VERSION: Final = "2024.03"
_DSL: Final = "jetbrains.buildServer.configs.kotlin"
_OBJECT: Final = "TcperfBuild"
_CONDITION: Final = "failureConditions.BuildFailureOnMetric"
_REQUIREMENTS: Final = {"contains": "contains", "no-less-than": "noLessThan"}


def project() -> str:
    """A whole settings.kts for a project that has nothing else."""
    return render(
        (
            MARK,
            f"import {_DSL}.*",
            IMPORT,
            "",
            f"version = {literal(_VERSION)}",
            "",
            Block("project", (CALL,)),
        )
    )


def build(plan: SettingsPlan) -> str:
    """The file of the build configuration, and of the function that adds it to a project."""
    return render(
        (
            MARK,
            f"// In {PROJECT_FILE}: `{IMPORT}`, and `{CALL}` within `project {{ ... }}`.",
            "package tcperf",
            "",
            *(f"import {_DSL}.{name}" for name in _imports(plan)),
            "",
            Block("fun Project.tcperf()", (f"buildType({_OBJECT})", _features(plan))),
            "",
            _build_type(plan),
        )
    )


def _imports(plan: SettingsPlan) -> tuple[str, ...]:
    pull_requests = ("buildFeatures.PullRequests", "buildFeatures.pullRequests")
    on_metric = (_CONDITION, "failureConditions.failOnMetricChange")
    return (
        "*",
        *(() if plan.pull_requests is None else pull_requests),
        "buildSteps.script",
        *(on_metric if plan.conditions else ()),
        "projectFeatures.buildReportTab",
        "triggers.vcs",
    )


# --- the project -------------------------------------------------------------------------------------


def _features(plan: SettingsPlan) -> Block:
    ids = [literal(chart.id) for chart in plan.charts]
    order = Block("buildTypeChartsOrder", (Assignment("id", ORDER_ID), listing("order", ids)))
    tab = plan.report
    report = Block(
        "buildReportTab",
        (
            Assignment("id", tab.id),
            Assignment("title", tab.title),
            Assignment("startPage", literal_percents(tab.start_page)),
        ),
    )
    return Block("features", (*map(_chart, plan.charts), order, report))


def _chart(chart: Chart) -> Block:
    return Block(
        "buildTypeCustomChart",
        (
            Assignment("id", chart.id),
            Assignment("title", chart.title),
            Assignment("seriesTitle", SERIES_TITLE),
            f"format = CustomChart.Format.{chart.format.upper()}",
            listing("series", [_series(each) for each in chart.series]),
            "// A build that a condition has failed is the very one to be seen.",
            "defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)",
        ),
    )


def _series(series: Series) -> str:
    key = f"CustomChart.SeriesKey({literal(series.key)})"
    return f"CustomChart.Serie(title = {literal(series.title)}, key = {key}, color = {literal(series.color)})"


# --- the build configuration -------------------------------------------------------------------------


def _build_type(plan: SettingsPlan) -> Block:
    return Block(f"object {_OBJECT} : BuildType", tuple(_settings(plan)), "({", "})")


def _settings(plan: SettingsPlan) -> Iterator[Item]:
    yield f"id({literal(plan.id)})"
    yield Assignment("name", literal_percents(plan.name))
    yield Assignment("description", literal_percents(plan.description))
    if plan.artifact_rules:
        yield Assignment("artifactRules", literal_percents("\n".join(plan.artifact_rules)))
    if plan.parameters:
        named = (f"param({literal(name)}, {literal(value)})" for name, value in plan.parameters)
        yield from _section("params", *named)
    checkout = ("checkoutMode = CheckoutMode.ON_AGENT",) if plan.needs_clone else ()
    yield from _section("vcs", f"root({_root(plan)})", *checkout)
    yield from _section("steps", _step(plan))
    yield from _section(
        "triggers", Block("vcs", (Assignment("branchFilter", "\n".join(plan.branch_filter)),))
    )
    if plan.pull_requests is not None:
        yield from _section("features", _pull_requests(plan, plan.pull_requests))
    yield from _section("requirements", *map(_requirement, plan.requirements))
    limit = f"executionTimeoutMin = {plan.timeout_min}"
    yield from _section("failureConditions", limit, *map(_condition, plan.conditions))
    if plan.rules:
        yield from _section("dependencies", _dependency(plan))


def _section(head: str, *items: Item) -> tuple[Item, ...]:
    return ("", Block(head, items))


def _root(plan: SettingsPlan) -> str:
    return "DslContext.settingsRoot" if plan.vcs_root is None else f"AbsoluteId({literal(plan.vcs_root)})"


def _step(plan: SettingsPlan) -> Block:
    return Block(
        "script",
        (
            Assignment("id", "tcperf"),
            Assignment("name", "tcperf"),
            Assignment("scriptContent", literal_percents(plan.script.rstrip("\n"))),
        ),
    )


def _pull_requests(plan: SettingsPlan, wanted: PullRequests) -> Block:
    root = '"${DslContext.settingsRoot.id}"' if plan.vcs_root is None else literal(plan.vcs_root)
    access: Item = "authType = vcsRoot()"
    if wanted.token is not None:
        access = Block("authType = token", (Assignment("token", wanted.token),))
    by_members = "filterAuthorRole = PullRequests.GitHubRoleFilter.MEMBER"
    return Block("pullRequests", (f"vcsRootExtId = {root}", Block("provider = github", (access, by_members))))


def _requirement(requirement: Requirement) -> str:
    call = _REQUIREMENTS[requirement.type]
    return f"{call}({literal(requirement.parameter)}, {literal(requirement.value)})"


def _condition(condition: Condition) -> Block:
    is_value = condition.against == "value"
    against: Item = "compareTo = value()"
    if not is_value:
        against = Block("compareTo = build", ("buildRule = lastSuccessful()",))
    return Block(
        "failOnMetricChange",
        (
            f"// {condition.note}",
            Assignment("id", condition.id),
            f"param({literal('metricKey')}, {literal(condition.key)})",
            f"threshold = {condition.threshold}",
            f"units = BuildFailureOnMetric.MetricUnit.{'DEFAULT_UNIT' if is_value else 'PERCENTS'}",
            f"comparison = BuildFailureOnMetric.MetricComparison.{condition.comparison.upper()}",
            against,
        ),
    )


def _dependency(plan: SettingsPlan) -> Block:
    return Block(
        f"artifacts(RelativeId({literal(plan.id)}))",
        (
            "// Of the default branch, for no other is named; what there is not is not missed.",
            "buildRule = lastSuccessful()",
            "cleanDestination = true",
            Assignment("artifactRules", literal_percents("\n".join(plan.rules))),
        ),
    )

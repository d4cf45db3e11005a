"""Generated Kotlin is Kotlin: a real compiler takes it against stand-ins of the DSL's classes, and it says the plan.

All variants are compiled in one go, for starting the compiler takes most of its time.  Where there is none, the tests
are skipped; tests/unit/test_settings_kotlin.py reads the same files without one.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import attrs
import pytest
import settings_requests as made

from tcperf.teamcity.settings import kotlin, plan

STUBS = Path(__file__).parents[1] / "support" / "kotlin"
COMPILER = shutil.which("kotlinc")
TIMEOUT_S = 600

pytestmark = [
    pytest.mark.integration,
    pytest.mark.long,
    pytest.mark.skipif(
        COMPILER is None or shutil.which("java") is None,
        reason="there is no Kotlin compiler (Debian: apt-get install kotlin)",
    ),
]

REQUESTS = {
    "tcperf": made.whole(conditions=("worse", "over_budget", "not_compared", "undecided", "classic")),
    "reference": made.reference(),
    "kept": made.request(settings=attrs.evolve(made.WHOLE, base_build=None, keep_node=True, vcs_root=None)),
    "alone": made.request(made.IDLE, settings=made.BuildSettings(pull_requests="none", conditions=())),
    "nasty": made.request(settings=made.NASTY, words=("--param", 'text=$(x) "é" 100%')),
}
PLANS = {name: plan.make(request) for name, request in REQUESTS.items()}


def sources(folder):
    """Every variant in a package of its own, the project's file as a function, and a program that tells all."""
    for name, each in PLANS.items():
        text = kotlin.build(each)
        assert text.count("package tcperf\n") == 1
        (folder / f"{name}.kt").write_text(text.replace("package tcperf\n", f"package {name}\n"), "ascii")
    (folder / "project.kt").write_text(as_function(kotlin.project()), "ascii")
    (folder / "main.kt").write_text(program(), "ascii")
    return [*map(str, sorted(folder.glob("*.kt"))), *map(str, sorted(STUBS.glob("*.kt")))]


def as_function(script):
    """A script's body within a function: imports go first."""
    lines = script.splitlines()
    imports = [line for line in lines if line.startswith("import ")]
    rest = [line for line in lines if not line.startswith("import ")]
    return "\n".join(["package script", *imports, "fun run() {", *rest, "}", ""])


def program():
    imports = [f"import {name}.tcperf as {name}Added" for name in PLANS]
    said = ", ".join(f'"{name}" to Project().apply {{ {name}Added() }}' for name in PLANS)
    return "\n".join([
        "import jetbrains.buildServer.configs.kotlin.Project",
        "import jetbrains.buildServer.configs.kotlin.settings",
        "import jetbrains.buildServer.configs.kotlin.version",
        *imports,
        "fun main(args: Array<String>) {",
        "    script.run()",
        f'    println(dump.json(mapOf({said}, "script" to settings, "version" to version)))',
        "}",
        "",
    ])  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the compiled settings say of themselves, by the variant."""
    folder = tmp_path_factory.mktemp("kotlin")
    jar = folder / "settings.jar"
    compiled = subprocess.run(
        [COMPILER, *sources(folder), "-include-runtime", "-d", str(jar)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    ran = subprocess.run(
        ["java", "-cp", str(jar), "MainKt"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    return json.loads(ran.stdout)


def build_type(told, name):
    (found,) = told[name]["buildType"]
    return found


def features(told, name, kind):
    return [each for each in told[name]["features"]["feature"] if each["class"] == kind]


@pytest.mark.parametrize("name", PLANS)
def test_the_build_configuration_says_what_the_plan_says(told, name):
    wanted, found = PLANS[name], build_type(told, name)
    assert found["id"] == wanted.id
    assert found["name"] == plan.literal_percents(wanted.name)
    (step,) = found["steps"]["step"]
    assert step["scriptContent"] == plan.literal_percents(wanted.script.rstrip("\n"))
    (trigger,) = found["triggers"]["trigger"]
    assert trigger["branchFilter"].split("\n") == list(wanted.branch_filter)
    assert found["failureConditions"]["executionTimeoutMin"] == wanted.timeout_min
    assert found["requirements"]["contains"] == [["teamcity.agent.jvm.os.name", "Linux", None]]
    assert found["vcs"]["root"] == [f"AbsoluteId:{wanted.vcs_root or 'Settings_Root'}"]
    assert found["vcs"].get("checkoutMode") == ("ON_AGENT" if wanted.needs_clone else None)


@pytest.mark.parametrize("name", PLANS)
def test_the_charts_are_the_plans_in_its_order(told, name):
    wanted = PLANS[name].charts
    found = features(told, name, "BuildTypeCustomChart")
    assert [(each["id"], each["title"], each["format"].lower()) for each in found] == [
        (chart.id, chart.title, chart.format) for chart in wanted
    ]
    assert [each["series"] for each in found] == [
        [attrs.asdict(series) for series in chart.series] for chart in wanted
    ]
    (order,) = features(told, name, "BuildTypeChartsOrder")
    assert order["order"] == [chart.id for chart in wanted]
    (tab,) = features(told, name, "BuildReportTab")
    assert tab["startPage"] == PLANS[name].report.start_page


@pytest.mark.parametrize("name", PLANS)
def test_the_conditions_are_the_plans(told, name):
    found = build_type(told, name)["failureConditions"].get("failureCondition", [])
    assert [(each["id"], each["param"]) for each in found] == [
        (condition.id, [["metricKey", condition.key]]) for condition in PLANS[name].conditions
    ]
    for each, condition in zip(found, PLANS[name].conditions, strict=True):
        assert each["threshold"] == condition.threshold
        assert each["comparison"] == condition.comparison.upper()
        is_value = condition.against == "value"
        assert each["units"] == ("DEFAULT_UNIT" if is_value else "PERCENTS")
        assert each["compareTo"] == ({"class": "Value"} if is_value else {"buildRule": "lastSuccessful"})


def test_pull_requests_are_read_by_the_token_or_as_the_root(told):
    (by_token,) = build_type(told, "tcperf")["features"]["feature"]
    assert by_token["vcsRootExtId"] == "Status_Go"
    assert by_token["provider"]["authType"] == {"token": made.WHOLE.token}
    assert by_token["provider"]["filterAuthorRole"] == "MEMBER"
    (as_root,) = build_type(told, "reference")["features"]["feature"]
    assert as_root["vcsRootExtId"] == "Settings_Root"
    assert as_root["provider"]["authType"] == {"class": "VcsRoot"}
    assert "features" not in build_type(told, "alone")


def test_the_dependency_is_on_itself_and_of_the_default_branch(told):
    assert "dependencies" not in build_type(told, "tcperf"), "the parent is built there"
    ((where, dependency),) = build_type(told, "kept")["dependencies"]["artifacts"]
    assert where == "RelativeId:Perf"
    assert dependency["buildRule"] == {"id": "lastSuccessful", "branch": None}
    assert dependency["cleanDestination"] is True
    assert dependency["artifactRules"].split("\n") == list(PLANS["kept"].rules)


def test_a_project_of_its_own_adds_it_in_one_line(told):
    assert told["version"] == "2024.03"
    assert told["script"] == told["tcperf"]
    assert re.fullmatch(r"\d{4}\.\d\d", told["version"])

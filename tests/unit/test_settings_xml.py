"""XML settings, by a parser: every text comes out as it went in, and what TeamCity calls each thing."""

import json
import uuid
from xml.etree import ElementTree as ET

import attrs
import pytest
import settings_requests as made

from tcperf.buildsettings import BuildSettings
from tcperf.errors import UsageError
from tcperf.teamcity.settings import xml
from tcperf.teamcity.settings.plan import literal_percents, make

ROOTED = BuildSettings(vcs_root="Root_Id")
REQUESTS = {
    "whole": made.whole(conditions=("worse", "over_budget", "classic")),
    "plain": made.request(settings=ROOTED),
    "reference": made.reference(settings=ROOTED),
    "kept": made.request(settings=attrs.evolve(ROOTED, keep_node=True)),
    "alone": made.request(settings=attrs.evolve(ROOTED, pull_requests="none", conditions=())),
    "nasty": made.request(settings=attrs.evolve(made.NASTY, vcs_root="Root_Id")),
}
PLANS = {name: make(request) for name, request in REQUESTS.items()}
every = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


def parsed(plan):
    """The project's document and the build configuration's."""
    found = xml.files(plan, "Proj")
    assert list(found) == ["project-config.xml", f"buildTypes/Proj_{plan.id}.xml"]
    return [ET.fromstring(text.encode("utf-8")) for text in found.values()]


def parameters(element):
    """The parameters below an element: a value in an attribute or between the tags."""
    found = {}
    for param in element.find("parameters"):
        assert (param.text is None) != ("value" not in param.attrib), param.attrib
        found[param.get("name")] = param.get("value", param.text)
    return found


def extensions(build_type, kind):
    listed = build_type.findall("settings/build-extensions/extension")
    return {each.get("id"): parameters(each) for each in listed if each.get("type") == kind}


@every
def test_documents_are_well_formed_and_declare_what_they_are(plan):
    for text in xml.files(plan, "Proj").values():
        lines = text.splitlines()
        assert lines[0] == '<?xml version="1.0" encoding="UTF-8"?>'
        assert f"<!--{xml.MARK}-->" in text[:1000]
    project, build_type = parsed(plan)
    assert (project.tag, build_type.tag) == ("project", "build-type")
    for top in (project, build_type):
        schema = top.get("{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation")
        assert schema == "https://www.jetbrains.com/teamcity/schemas/2024.3/project-config.xsd"
        assert uuid.UUID(top.get("uuid"))


@every
def test_it_is_the_same_again(plan):
    assert xml.files(plan, "Proj") == xml.files(attrs.evolve(plan), "Proj")


def test_two_projects_have_identities_of_their_own():
    one, other = (xml.files(PLANS["plain"], name) for name in ("One", "Other"))
    uuids = {ET.fromstring(text.encode()).get("uuid") for text in (*one.values(), *other.values())}
    assert len(uuids) == 4


@every
def test_the_step_comes_out_as_it_went_in(plan):
    (runner,) = parsed(plan)[1].findall("settings/build-runners/runner")
    assert runner.get("type") == "simpleRunner"
    assert parameters(runner) == {
        "script.content": literal_percents(plan.script.rstrip("\n")),
        "teamcity.step.mode": "default",
        "use.custom.script": "true",
    }


@every
def test_the_charts_are_the_plans(plan):
    found = {each.get("id"): each for each in parsed(plan)[0].findall("project-extensions/extension")}
    charts = {
        name: parameters(each) for name, each in found.items() if each.get("type") == "buildtype-graphs"
    }
    assert list(charts) == [chart.id for chart in plan.charts]
    for chart in plan.charts:
        values = charts[chart.id]
        assert (values["title"], values["format"]) == (chart.title, chart.format)
        assert json.loads(values["series"]) == [
            {"type": "valueType", **attrs.asdict(series)} for series in chart.series
        ]
    order = parameters(found["TcperfChartsOrder"])
    assert found["TcperfChartsOrder"].get("type") == "buildtype-graphs.order"
    assert order["order"].split(",") == [chart.id for chart in plan.charts]
    assert parameters(found["TcperfReport"]) == {
        "type": "BuildReportTab",
        "title": "tcperf",
        "startPage": "tcperf/report.html",
    }


@every
def test_the_conditions_are_the_plans(plan):
    found = extensions(parsed(plan)[1], "BuildFailureOnMetric")
    assert list(found) == [condition.id for condition in plan.conditions]
    for condition in plan.conditions:
        values = found[condition.id]
        assert (values["metricKey"], values["metricThreshold"]) == (condition.key, str(condition.threshold))
        assert values["moreOrLess"] == condition.comparison
        is_value = condition.against == "value"
        assert values["metricUnits"] == ("metricUnitsDefault" if is_value else "metricUnitsPercents")
        assert values["withBuildAnchor"] == ("false" if is_value else "true")
        assert values.get("anchorBuild") == (None if is_value else "lastSuccessful")


def test_pull_requests():
    (whole,) = extensions(parsed(PLANS["whole"])[1], "pullRequests").values()
    assert whole == {
        "providerType": "github",
        "filterAuthorRole": "MEMBER",
        "vcsRootId": "Status_Go",
        "authenticationType": "token",
        "secure:accessToken": made.WHOLE.token,
    }
    (plain,) = extensions(parsed(PLANS["plain"])[1], "pullRequests").values()
    assert plain["authenticationType"] == "vcsRoot"
    assert extensions(parsed(PLANS["alone"])[1], "pullRequests") == {}


def test_what_starts_it_and_where_it_runs():
    settings = parsed(PLANS["whole"])[1].find("settings")
    trigger = settings.find("build-triggers/build-trigger")
    assert trigger.get("type") == "vcsTrigger"
    assert parameters(trigger)["branchFilter"] == "+:<default>\n+:pull/*"
    assert [(each.tag, each.get("name"), each.get("value")) for each in settings.find("requirements")] == [
        ("contains", "teamcity.agent.jvm.os.name", "Linux"),
        ("no-less-than", "teamcity.agent.hardware.cpuCount", "4"),
    ]
    assert settings.find("vcs-settings/vcs-entry-ref").get("root-id") == "Status_Go"
    assert parameters(settings) == {"teamcity.git.fetchAllHeads": "true"}
    options = {each.get("name"): each.get("value") for each in settings.find("options")}
    assert options == {"checkoutMode": "ON_AGENT", "executionTimeoutMin": "90"}
    plain = parsed(PLANS["plain"])[1].findall("settings/options/option")
    assert "checkoutMode" not in {each.get("name") for each in plain}, "the step asks git for nothing"


def test_the_dependency_is_on_itself_and_of_the_default_branch():
    assert parsed(PLANS["whole"])[1].find("settings/artifact-dependencies") is None
    settings = parsed(PLANS["kept"])[1].find("settings")
    (dependency,) = settings.find("artifact-dependencies")
    assert (dependency.get("sourceBuildTypeId"), dependency.get("cleanDestination")) == (
        "Proj_Tcperf",
        "true",
    )
    rule = dependency.find("revisionRule")
    assert rule.attrib == {"name": "lastSuccessful", "revision": "latest.lastSuccessful"}
    assert [each.get("sourcePath") for each in dependency.findall("artifact")] == list(PLANS["kept"].rules)
    options = {each.get("name"): each.get("value") for each in settings.find("options")}
    assert options["artifactRules"] == "build/bin/status-backend => tcperf-node"


def test_names_are_kept_whatever_is_in_them():
    build_type = parsed(PLANS["nasty"])[1]
    assert build_type.findtext("name") == literal_percents(made.NASTY.name)


def test_what_no_xml_can_hold_becomes_a_mark():
    plan = attrs.evolve(PLANS["plain"], name="a\x00b\x1bc\ud800d\uffffe", script="x\x07\ny\x0b\n")
    build_type = parsed(plan)[1]
    assert build_type.findtext("name") == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert (
        parameters(build_type.find("settings/build-runners/runner"))["script.content"] == "x\ufffd\ny\ufffd"
    )


def test_a_note_cannot_end_its_comment():
    condition = attrs.evolve(PLANS["plain"].conditions[0], note="a --> b -- c -")
    parsed(attrs.evolve(PLANS["plain"], conditions=(condition,)))


def test_without_a_root_there_is_no_xml():
    with pytest.raises(UsageError, match="vcs_root is not set") as caught:
        xml.files(make(made.request()), "Proj")
    assert "vcs_root = " in str(caught.value.cure)

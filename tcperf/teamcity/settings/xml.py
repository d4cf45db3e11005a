"""The plan as XML, for versioned settings in that form: the project's file and the build configuration's.

The names of elements and parameters are those that TeamCity's own settings have (project-config.xsd of 2024.3).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from tcperf.errors import UsageError
from tcperf.teamcity.settings.condition import Condition
from tcperf.teamcity.settings.feature import Feature, features, order
from tcperf.teamcity.settings.plan import PullRequests, SettingsPlan, literal_percents

#: The comment that every file that is made has: only such a file is written over.
MARK: Final = " Made by `tcperf settings`: after a change of tcperf.toml make it again. "
PROJECT_FILE: Final = "project-config.xml"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA: Final = "https://www.jetbrains.com/teamcity/schemas/2024.3/project-config.xsd"
#: What no XML 1.0 document may hold.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def files(plan: SettingsPlan, project: str) -> dict[str, str]:
    """The documents, by their path below the folder of the project's settings; ``project`` is its identifier.

    Raises UsageError where the plan names no root to check out: XML has no word for "the one these settings are in".
    """
    if plan.vcs_root is None:
        raise UsageError(
            "teamcity.vcs_root is not set, and settings in XML must name the root that is checked out",
            cure='write [teamcity] vcs_root = "ID" in tcperf.toml',
        )
    external = f"{project}_{plan.id}"
    return {
        PROJECT_FILE: _document(_project(plan, project)),
        f"buildTypes/{external}.xml": _document(_build_type(plan, external, plan.vcs_root)),
    }


# --- the project -------------------------------------------------------------------------------------


def _project(plan: SettingsPlan, project: str) -> ET.Element:
    top = _top("project", project)
    _text(top, "name", project)
    _text(top, "description", "")
    extensions = ET.SubElement(top, "project-extensions")
    for feature in (*features(plan), order(chart.id for chart in plan.charts)):
        _extension(extensions, feature)
    return top


def _extension(parent: ET.Element, feature: Feature) -> None:
    extension = ET.SubElement(parent, "extension", {"id": feature.id, "type": feature.type})
    _parameters(extension, feature.properties)


# --- the build configuration -------------------------------------------------------------------------


def _build_type(plan: SettingsPlan, external: str, root: str) -> ET.Element:
    top = _top("build-type", external)
    _text(top, "name", literal_percents(plan.name))
    _text(top, "description", literal_percents(plan.description))
    settings = ET.SubElement(top, "settings")
    _options(settings, plan)
    _parameters(settings, dict(plan.parameters))
    _runner(settings, plan)
    vcs = ET.SubElement(settings, "vcs-settings")
    ET.SubElement(vcs, "vcs-entry-ref", {"root-id": root})
    _requirements(settings, plan)
    _trigger(settings, plan)
    _extensions(settings, plan, root)
    if plan.rules:
        _dependency(settings, plan, external)
    return top


def _options(settings: ET.Element, plan: SettingsPlan) -> None:
    options = ET.SubElement(settings, "options")
    found = {"executionTimeoutMin": str(plan.timeout_min)}
    if plan.needs_clone:
        found = {"checkoutMode": "ON_AGENT", **found}
    if plan.artifact_rules:
        found = {"artifactRules": literal_percents("\n".join(plan.artifact_rules)), **found}
    for name, value in found.items():
        ET.SubElement(options, "option", {"name": name, "value": _clean(value)})


def _runner(settings: ET.Element, plan: SettingsPlan) -> None:
    runners = ET.SubElement(settings, "build-runners")
    runner = ET.SubElement(runners, "runner", {"id": "tcperf", "name": "tcperf", "type": "simpleRunner"})
    script = literal_percents(plan.script.rstrip("\n"))
    _parameters(
        runner,
        {"script.content": script, "teamcity.step.mode": "default", "use.custom.script": "true"},
    )


def _requirements(settings: ET.Element, plan: SettingsPlan) -> None:
    found = ET.SubElement(settings, "requirements")
    for number, each in enumerate(plan.requirements, 1):
        ET.SubElement(found, each.type, {"id": f"RQ_{number}", "name": each.parameter, "value": each.value})


def _trigger(settings: ET.Element, plan: SettingsPlan) -> None:
    triggers = ET.SubElement(settings, "build-triggers")
    trigger = ET.SubElement(triggers, "build-trigger", {"id": "vcsTrigger", "type": "vcsTrigger"})
    _parameters(trigger, {"branchFilter": "\n".join(plan.branch_filter), "quietPeriodMode": "DO_NOT_USE"})


def _extensions(settings: ET.Element, plan: SettingsPlan, root: str) -> None:
    found = ET.SubElement(settings, "build-extensions")
    if plan.pull_requests is not None:
        _extension(found, _pull_requests(plan.pull_requests, root))
    for condition in plan.conditions:
        found.append(ET.Comment(f" {_comment(condition.note)} "))
        _extension(found, _condition(condition))


def _pull_requests(wanted: PullRequests, root: str) -> Feature:
    """The feature by the names that JetBrains' own Kotlin DSL generates it with.

    They are in the DSL's library (configs-dsl-kotlin, ``jetbrains.buildServer.configs.kotlin.buildFeatures``, class
    PullRequests): ``type = "pullRequests"``, ``vcsRootId``, ``providerType``, ``authenticationType``,
    ``secure:accessToken``, and ``filterAuthorRole``, whose values are the names of the enum GitHubRoleFilter.
    """
    properties = {"providerType": "github", "filterAuthorRole": "MEMBER", "vcsRootId": root}
    if wanted.token is None:
        properties["authenticationType"] = "vcsRoot"
    else:
        properties |= {"authenticationType": "token", "secure:accessToken": wanted.token}
    return Feature("TcperfPullRequests", "pullRequests", properties)


def _condition(condition: Condition) -> Feature:
    is_value = condition.against == "value"
    properties = {
        "metricKey": condition.key,
        "metricThreshold": str(condition.threshold),
        "metricUnits": "metricUnitsDefault" if is_value else "metricUnitsPercents",
        "moreOrLess": condition.comparison,
        "withBuildAnchor": "false" if is_value else "true",
    }
    if not is_value:
        properties["anchorBuild"] = "lastSuccessful"
    return Feature(condition.id, "BuildFailureOnMetric", properties)


def _dependency(settings: ET.Element, plan: SettingsPlan, external: str) -> None:
    """No branch is named: then it is the default one."""
    dependencies = ET.SubElement(settings, "artifact-dependencies")
    dependency = ET.SubElement(
        dependencies,
        "dependency",
        {"id": "TcperfBaseline", "sourceBuildTypeId": external, "cleanDestination": "true"},
    )
    ET.SubElement(dependency, "revisionRule", {"name": "lastSuccessful", "revision": "latest.lastSuccessful"})
    for rule in plan.rules:
        ET.SubElement(dependency, "artifact", {"sourcePath": _clean(literal_percents(rule))})


# --- elements ----------------------------------------------------------------------------------------


def _top(tag: str, identifier: str) -> ET.Element:
    """With an identity that is the same whenever the settings are made again."""
    top = ET.Element(
        tag,
        {
            "xmlns:xsi": _XSI,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"tcperf:{identifier}")),
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    top.append(ET.Comment(MARK))
    return top


def _parameters(parent: ET.Element, values: Mapping[str, str]) -> None:
    """A text of several lines stands between tags, as TeamCity writes it: in an attribute nobody could read it."""
    parameters = ET.SubElement(parent, "parameters")
    for name, value in values.items():
        param = ET.SubElement(parameters, "param", {"name": name})
        if "\n" in value:
            param.text = _clean(value)
        else:
            param.set("value", _clean(value))


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _comment(text: str) -> str:
    return re.sub("-{2,}", "-", _clean(text)).strip("-")


def _document(top: ET.Element) -> str:
    ET.indent(top)
    return "".join(_parts(top))


def _parts(top: ET.Element) -> Iterable[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ET.tostring(top, encoding="unicode")
    yield "\n"

"""The plan: all that a build configuration of tcperf's consists of, before it is written in any form.  Pure."""

from __future__ import annotations

import math
from typing import Final

from attrs import frozen

from tcperf.buildsettings import BuildSettings
from tcperf.teamcity.settings.chart import Chart, charts
from tcperf.teamcity.settings.condition import Condition, conditions
from tcperf.teamcity.settings.request import Request
from tcperf.teamcity.settings.step import BASELINE, base_path, has_baseline, kept_node, script

#: The folder, among the artifacts, of the node's binary that later builds are compared with.
NODES: Final = "tcperf-node"
DESCRIPTION: Final = "What a branch does to performance.  Made by tcperf settings."
#: Building, installing and reports, beside the pairs; and a whole build without pairs.
_BESIDE_S: Final = 3600.0
_WITHOUT_PAIRS_S: Final = 2 * 3600.0
_MINUTE_S: Final = 60.0


@frozen
class Requirement:
    """What an agent must have: ``type`` is the name in XML, such as "contains" or "no-less-than"."""

    type: str
    parameter: str
    value: str


@frozen
class PullRequests:
    """Pull requests of GitHub by members of the organisation; ``token`` says where one is kept, None: as the root's."""

    token: str | None = None


@frozen
class ReportTab:
    """A tab of each build's page that shows one of its artifacts."""

    id: str
    title: str
    start_page: str


@frozen
class SettingsPlan:
    """A build configuration with its project's charts and its report tab.

    ``vcs_root`` is None for the root that holds the settings themselves; ``needs_clone`` says that the step asks
    git for the parent, so that the agent, and not the server, has to check out.  ``rules`` are the artifact rules
    of a dependency on the last successful build, of the default branch, of this very configuration; empty where
    there is no dependency.  Per cent signs mean themselves everywhere but in ``token`` and in ``branch_filter``,
    which are given to TeamCity as they are: renderers write the others as TeamCity reads them.
    """

    id: str
    name: str
    description: str
    script: str
    artifact_rules: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    vcs_root: str | None
    needs_clone: bool
    branch_filter: tuple[str, ...]
    pull_requests: PullRequests | None
    requirements: tuple[Requirement, ...]
    timeout_min: int
    conditions: tuple[Condition, ...]
    rules: tuple[str, ...]
    charts: tuple[Chart, ...]
    report: ReportTab


def make(request: Request) -> SettingsPlan:
    """The plan; the same for the same request."""
    settings = request.settings
    return SettingsPlan(
        id=settings.id,
        name=settings.name,
        description=DESCRIPTION,
        script=script(request),
        artifact_rules=_published(request),
        parameters=_parameters(request),
        vcs_root=settings.vcs_root,
        needs_clone=base_path(request) is not None,
        branch_filter=settings.branches,
        pull_requests=PullRequests(settings.token) if settings.pull_requests == "github" else None,
        requirements=_requirements(settings),
        timeout_min=math.ceil(_timeout_s(request) / _MINUTE_S),
        conditions=conditions(request),
        rules=_fetched(request),
        charts=charts(request),
        report=ReportTab("TcperfReport", "tcperf", f"{request.artifacts}/report.html"),
    )


def literal_percents(text: str) -> str:
    """The text as TeamCity reads it where it looks for references to parameters: a per cent sign is two."""
    return text.replace("%", "%%")


def _published(request: Request) -> tuple[str, ...]:
    """What the server publishes: the reports are published by tcperf itself."""
    return () if kept_node(request) is None else (f"{request.node} => {NODES}",)


def _fetched(request: Request) -> tuple[str, ...]:
    """Optional rules (``?:``, TeamCity 2024.03): the first build of all has nothing to fetch."""
    if not has_baseline(request):
        return ()
    name = kept_node(request)
    node = () if name is None else (f"?:{NODES}/{name} => {BASELINE}",)
    return (f"?:{request.artifacts}/results.json => {BASELINE}", *node)


def _parameters(request: Request) -> tuple[tuple[str, str], ...]:
    """Without all heads an agent's clone has no target to find the merge base with."""
    return () if base_path(request) is None else (("teamcity.git.fetchAllHeads", "true"),)


def _requirements(settings: BuildSettings) -> tuple[Requirement, ...]:
    system = Requirement("contains", "teamcity.agent.jvm.os.name", "Linux")
    if settings.cpus is None:
        return (system,)
    return (system, Requirement("no-less-than", "teamcity.agent.hardware.cpuCount", str(settings.cpus)))


def _timeout_s(request: Request) -> float:
    if request.settings.timeout is not None:
        return request.settings.timeout
    return _WITHOUT_PAIRS_S if request.budget_s is None else request.budget_s + _BESIDE_S

"""The build that tcperf runs in, as the agent's property files and the environment tell of it.

The environment names the file of the build's properties, which names the file of the configuration's parameters
(TeamCity, "Predefined Build Parameters").  In a container either may be missing: what is not told is None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from tcperf.errors import ConfigError
from tcperf.teamcity import properties
from tcperf.teamcity.address import Address
from tcperf.teamcity.credentials import TOKEN_VARIABLE, Credentials

_MARK: Final = "TEAMCITY_VERSION"
_BUILD_FILE: Final = "TEAMCITY_BUILD_PROPERTIES_FILE"
_CONFIGURATION_FILE: Final = "teamcity.configuration.properties.file"
_REVISION: Final = "build.vcs.number"
_REVISION_VARIABLE: Final = "BUILD_VCS_NUMBER"
_HEADS: Final = "refs/heads/"
#: What TeamCity calls a default branch that has no name of its own.
_DEFAULT: Final = "<default>"
#: The branches that pull requests are built on: GitHub's, Bitbucket's, GitLab's (TeamCity, "Pull Requests").
_REQUEST: Final = re.compile(
    r"(?:refs/)?(?:pull|pull-requests|merge-requests)/([0-9]{1,18})(?:/(?:head|merge|from))?"
)
#: A build's page, old and new; what stands before it is the server's root.
_PAGE: Final = re.compile(r"/(?:viewLog\.html|viewQueued\.html|buildConfiguration/|build/).*", re.DOTALL)
_PAGE_ID: Final = re.compile(r"(?:[?&]buildId=|/build/|/buildConfiguration/[^/?]+/)([0-9]{1,18})(?![0-9])")
_PAGE_CONFIGURATION: Final = re.compile(r"(?:[?&]buildTypeId=|/buildConfiguration/)(\w+)", re.ASCII)


@frozen
class PullRequest:
    """The pull request that is built: its number, and its branches without ``refs/heads/``."""

    number: int | None = None
    source: str | None = None
    target: str | None = None


@frozen(kw_only=True)
class Build:
    """A build's context; whatever is not told is None.

    ``id`` is the server's, ``number`` what people see, ``configuration`` the build configuration's id.  ``branch`` is
    its logical name, None also for a default branch without one; ``is_default_branch`` is None where there are no
    branches.  ``revisions`` are by VCS root, ``revision`` the only one there is.  ``warnings`` say what could not be
    read, and why.
    """

    is_teamcity: bool = False
    id: int | None = None
    configuration: str | None = None
    number: str | None = None
    url: str | None = None
    server_url: str | None = None
    branch: str | None = None
    is_default_branch: bool | None = None
    pull_request: PullRequest | None = None
    revisions: Mapping[str, str] = field(factory=dict)
    revision: str | None = None
    agent: str | None = None
    cpu_count: int | None = None
    credentials: Credentials | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, env: Mapping[str, str], read_file: Callable[[Path], Mapping[str, str]] = properties.read
    ) -> Build:
        """The build that ``env`` tells of.  Never raises: a build goes on without its context, and warns."""
        warnings: list[str] = []
        told = _Told.read(env, read_file, warnings)
        branch = told.text("teamcity.build.branch")
        page = told.variable("BUILD_URL")
        return cls(
            is_teamcity=_MARK in env,
            id=_number(told.text("teamcity.build.id") or _part(_PAGE_ID, page)),
            configuration=told.text("teamcity.buildType.id") or _part(_PAGE_CONFIGURATION, page),
            number=told.text("build.number") or told.variable("BUILD_NUMBER"),
            url=page,
            server_url=_server_url(told.text("teamcity.serverUrl") or _root(page), warnings),
            branch=None if branch in {None, _DEFAULT} else branch,
            is_default_branch=_truth(told.text("teamcity.build.branch.is_default"), branch),
            pull_request=_pull_request(told, branch),
            revisions=told.revisions(),
            revision=told.revision(),
            agent=told.text("teamcity.agent.name") or told.text("agent.name"),
            cpu_count=_number(told.text("teamcity.agent.hardware.cpuCount")) or None,
            credentials=_credentials(told, warnings),
            warnings=tuple(warnings),
        )


@frozen
class _Told:
    """The environment, the build's properties and the configuration's parameters."""

    env: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(
        cls, env: Mapping[str, str], read_file: Callable[[Path], Mapping[str, str]], warnings: list[str]
    ) -> _Told:
        build = _read(env.get(_BUILD_FILE), read_file, warnings)
        configuration = _read(build.get(_CONFIGURATION_FILE), read_file, warnings)
        return cls(env, {**configuration, **build})

    def text(self, name: str) -> str | None:
        """A parameter that is set.  System properties bear a prefix outside of the build's own file."""
        return _set(self.parameters.get(name)) or _set(self.parameters.get(f"system.{name}"))

    def variable(self, name: str) -> str | None:
        """An environment variable that is set."""
        return _set(self.env.get(name))

    def revisions(self) -> dict[str, str]:
        """The revisions by VCS root; the environment writes ``_`` for what a variable's name cannot hold."""
        by_root = _prefixed(self.parameters, f"{_REVISION}.")
        return by_root or _prefixed(self.env, f"{_REVISION_VARIABLE}_")

    def revision(self) -> str | None:
        """The revision, where all roots are at the same."""
        single = self.text(_REVISION) or self.variable(_REVISION_VARIABLE)
        distinct = set(self.revisions().values())
        return single or (distinct.pop() if len(distinct) == 1 else None)


def _read(
    path: str | None, read_file: Callable[[Path], Mapping[str, str]], warnings: list[str]
) -> Mapping[str, str]:
    if not path:
        return {}
    try:
        return read_file(Path(path))
    except ConfigError as error:
        warnings.append(str(error))
        return {}


def _set(value: str | None) -> str | None:
    """None for an empty value, and for a reference that the server did not resolve."""
    text = (value or "").strip()
    return None if not text or (text.startswith("%") and text.endswith("%")) else text


def _prefixed(values: Mapping[str, str], prefix: str) -> dict[str, str]:
    found = (
        (name.removeprefix(prefix), _set(value)) for name, value in values.items() if name.startswith(prefix)
    )
    return {root: revision for root, revision in found if root and revision}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= len(str(2**63)) else None


def _part(pattern: re.Pattern[str], page: str | None) -> str | None:
    match = pattern.search(page or "")
    return match[1] if match else None


def _root(page: str | None) -> str | None:
    """The server's root: what stands before a build's page, else the page's scheme, host and port."""
    if page is None:
        return None
    root = _PAGE.sub("", page)
    return root if root != page else "/".join(page.split("/", 3)[:3])


def _server_url(url: str | None, warnings: list[str]) -> str | None:
    try:
        return None if url is None else str(Address.parse(url))
    except ConfigError as error:
        warnings.append(str(error))
        return None


def _truth(text: str | None, branch: str | None) -> bool | None:
    if branch == _DEFAULT:
        return True
    return {"true": True, "false": False}.get((text or "").lower())


def _pull_request(told: _Told, branch: str | None) -> PullRequest | None:
    match = _REQUEST.fullmatch(branch or "")
    number = _number(told.text("teamcity.pullRequest.number") or (match[1] if match else None))
    source = _short(told.text("teamcity.pullRequest.source.branch"))
    target = _short(told.text("teamcity.pullRequest.target.branch"))
    found = PullRequest(number, source, target)
    return None if found == PullRequest() else found


def _short(branch: str | None) -> str | None:
    return None if branch is None else branch.removeprefix(_HEADS) or None


def _credentials(told: _Told, warnings: list[str]) -> Credentials | None:
    """The token of the environment, else what the build itself may show."""
    token = told.variable(TOKEN_VARIABLE)
    user, password = told.text("teamcity.auth.userId"), told.text("teamcity.auth.password")
    try:
        if token is not None:
            return Credentials.token(token)
        if user is not None and password is not None:
            return Credentials.password(user, password, "the build's own credentials")
    except ConfigError as error:
        warnings.append(str(error))
    return None

"""What ``[teamcity]`` of tcperf.toml says of the build configuration that ``tcperf settings`` makes.

Commands are shell commands of the build step.  A per cent sign in them is a per cent sign: parameters of TeamCity's
come to a step as environment variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import attrs
from attrs import frozen

from tcperf.errors import UsageError
from tcperf.quoting import shown
from tcperf.tables import Table, choice, count, duration, flag, text, texts

#: What a failure condition can be about.  ``regressions`` is one for all, ``worse`` one a metric: either of the two.
CONDITIONS: Final = ("regressions", "worse", "over_budget", "not_compared", "undecided", "classic")
PULL_REQUESTS: Final = ("github", "none")
#: Pull requests have branches of these names (TeamCity, "Pull Requests"); without the default branch no history.
BRANCHES: Final = ("+:<default>", "+:pull/*")
#: TeamCity, "Identifier": ASCII letters, digits and underscores, 225 at most, and a letter first.
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,224}")
#: Where a token is kept: the server's own store, or a parameter.
_TOKEN: Final = re.compile(r"credentialsJSON:[0-9A-Za-z-]+|%[A-Za-z0-9_.-]+%")
#: git-check-ref-format(1), and nothing that TeamCity or a shell would read as more than a name.
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@/+-]*")
_HEADS: Final = "refs/heads/"
#: A URL's user and password (RFC 3986, section 3.2.1).
_PASSWORD: Final = re.compile(r"://[^/@\s]*:[^/@\s]+@")
#: What looks like a reference to a parameter of TeamCity's (TeamCity, "Using Build Parameters"): such a name has a dot.
_REFERENCE: Final = re.compile(r"%([A-Za-z][\w-]*(?:\.[\w-]+)+)%", re.ASCII)


@frozen(kw_only=True)
class BuildSettings:
    """The build configuration: None is "not said".

    ``name`` is what people read, ``id`` its identifier within the project.  ``install`` is what pip installs tcperf
    from, ``build`` makes the node, ``base_build`` the parent's in a worktree of its own; ``keep_node`` publishes the
    node's binary, so that later builds are compared with it.  ``target`` is the branch that others are merged into,
    ``vcs_root`` the identifier of the root that is checked out.  ``timeout`` is in seconds, ``cpus`` the least an
    agent has.  ``branches`` are the lines of the trigger's branch filter, ``token`` says where the server finds one to
    read pull requests with, ``conditions`` are some of CONDITIONS.
    """

    name: str = "tcperf"
    id: str = "Tcperf"
    install: str | None = None
    build: str | None = None
    base_build: str | None = None
    keep_node: bool = False
    target: str = "develop"
    vcs_root: str | None = None
    timeout: float | None = None
    cpus: int | None = None
    branches: tuple[str, ...] = BRANCHES
    pull_requests: Literal["github", "none"] = "github"
    token: str | None = None
    conditions: tuple[str, ...] | None = None


#: The keys of ``[teamcity]`` that are of the build configuration.
SETTINGS_KEYS: Final = tuple(attribute.name for attribute in attrs.fields(BuildSettings))
#: Those whose per cent signs mean themselves.
LITERAL_KEYS: Final = ("name", "install", "build", "base_build")


def read(table: Table) -> BuildSettings:
    """What the table ``[teamcity]`` says; its other keys are left alone.

    Raises ConfigError with the place of the first fault.
    """
    found = {
        "name": table.get("name", text),
        "id": table.get("id", parse_id),
        "install": table.get("install", _install),
        "build": table.get("build", command),
        "base_build": table.get("base_build", command),
        "keep_node": table.get("keep_node", flag),
        "target": table.get("target", _target),
        "vcs_root": table.get("vcs_root", parse_id),
        "timeout": table.get("timeout", duration),
        "cpus": table.get("cpus", count),
        "branches": table.get("branches", _branches),
        "pull_requests": table.get("pull_requests", choice(PULL_REQUESTS)),
        "token": table.get("token", _token),
        "conditions": table.get("conditions", lambda value: parse_conditions(texts(value))),
    }
    return BuildSettings(**{key: value for key, value in found.items() if value is not None})  # type: ignore[arg-type]


def references(settings: BuildSettings) -> Iterator[tuple[str, str]]:
    """Texts that look as if TeamCity were to put a parameter into them, which it is not: the key, and the parameter."""
    for key in LITERAL_KEYS:
        for found in _REFERENCE.findall(getattr(settings, key) or ""):
            yield key, found


def parse_conditions(names: Iterable[str]) -> tuple[str, ...]:
    """The names of failure conditions, each once.

    Raises UsageError for an unknown one, and for two that would report one regression twice.
    """
    found = tuple(dict.fromkeys(choice(CONDITIONS)(name) for name in names))
    if {"regressions", "worse"} <= set(found):
        raise UsageError(
            "regressions and worse would each report the same regression", cure="keep one of the two"
        )
    return found


def parse_id(value: object) -> str:
    """An identifier of TeamCity's."""
    found = text(value)
    if _ID.fullmatch(found) is None:
        raise UsageError(
            f"{shown(value)} is no identifier of TeamCity's", cure="letters, digits and _, a letter first"
        )
    return found


def command(value: object) -> str:
    """A shell command, of several lines perhaps."""
    if not isinstance(value, str):
        return text(value)  # which says what was expected
    lines = [line.rstrip(" ") for line in value.replace("\t", "    ").split("\n")]
    for line in filter(None, lines):
        text(line)
    if not any(lines):
        raise UsageError(f"{shown(value)} is no command", cure='such as "make status-backend"')
    return "\n".join(lines).strip("\n")


def _install(value: object) -> str:
    """What pip installs, and never a password: the file and the settings are read by everybody."""
    found = text(value)
    if _PASSWORD.search(found) is not None:
        raise UsageError(
            "there is a password in this URL, and it would be committed",
            cure="leave it away, and let the agents have it in a ~/.netrc or in pip's own configuration",
        )
    return found


def _target(value: object) -> str:
    branch = text(value).removeprefix(_HEADS)
    if _BRANCH.fullmatch(branch) is None:
        raise UsageError(f"{shown(value)} is no branch", cure='such as "develop"')
    return branch


def _branches(value: object) -> tuple[str, ...]:
    lines = texts(value)
    if not lines:
        raise UsageError(
            "an empty branch filter does not say which branches are built",
            cure=f'leave the key away for {BRANCHES[0]} and {BRANCHES[1]}, or name some, such as "+:*"',
        )
    for line in lines:
        if not line.startswith(("+:", "-:")) or line != line.strip() or len(line) <= len("+:"):
            raise UsageError(
                f"{shown(line)} is no line of a branch filter", cure='such as "+:pull/*" or "-:<default>"'
            )
    return lines


def _token(value: object) -> str:
    """Where a token is, and never the token: the file is read by everybody who has the repository."""
    found = text(value)
    if _TOKEN.fullmatch(found) is None:
        raise UsageError(
            "this is not where a token is kept",
            cure='write "credentialsJSON:…", as the server does, or "%the.parameter%" that holds it; no token itself',
        )
    return found

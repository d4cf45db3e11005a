"""Locators: how TeamCity's REST interface is told which builds, and the paths and fields that tcperf asks for.  Pure.

A locator is ``name:value`` joined by commas.  A value is plain text, or in parentheses a locator of its own, or in
``($base64:…)`` any text (TeamCity, "REST API", "Locator").
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

#: The most builds of one page, and of how many a query may look at: the server's own defaults.
PAGE: Final = 100
LOOKUP: Final = 5000
#: Values of the dimension ``branch``: the default branch, which a configuration without branches has, too; all of them.
DEFAULT_BRANCH: Final = "(default:true)"
ANY_BRANCH: Final = "(default:any)"

BUILDS: Final = "/app/rest/builds"
SERVER: Final = "/app/rest/server"
#: What is asked for of a build, and of a page of builds.
BUILD_FIELDS: Final = (
    "id,number,status,branchName,defaultBranch,finishDate,webUrl,agent(name),revisions(revision(version)),"
    "statistics(property(name,value))"
)
BUILDS_FIELDS: Final = f"count,nextHref,build({BUILD_FIELDS})"
#: What needs neither parentheses nor base64: nothing of a locator's grammar, and nothing that parsers may strip.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./@#+=-]+")


def value(text: str) -> str:
    """``text`` as a dimension's value: as it is where that is safe, else ``($base64:…)``."""
    if _PLAIN.fullmatch(text):
        return text
    coded = base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode("ascii")
    return f"($base64:{coded})"


def locator(dimensions: Mapping[str, str]) -> str:
    """The locator of dimensions whose values are written already, in their order."""
    return ",".join(f"{name}:{written}" for name, written in dimensions.items())


def named_branch(name: str) -> str:
    """The value of the dimension ``branch`` for the branch of this logical name."""
    return f"(name:{value(name)})"


def builds(
    configuration: str,
    *,
    branch: str = DEFAULT_BRANCH,
    revision: str | None = None,
    agent: str | None = None,
    tag: str | None = None,
    status: str | None = "SUCCESS",
    count: int = PAGE,
    lookup: int = LOOKUP,
) -> str:
    """The finished builds of a configuration, newest first; no personal ones, none that was cancelled or did not start.

    ``branch`` is DEFAULT_BRANCH, ANY_BRANCH or ``named_branch(…)``.  ``revision``, ``agent`` (its name) and ``tag``
    narrow them where given; ``status`` None takes failed ones, too.  ``count`` is that of one page; ``lookup`` is how
    many builds the server looks at before it gives a page that may be empty.
    """
    asked = {
        "buildType": f"(id:{value(configuration)})",
        "branch": branch,
        "state": "finished",
        "status": status,
        "personal": "false",
        "canceled": "false",
        "failedToStart": "false",
        "revision": None if revision is None else value(revision),
        "agent": None if agent is None else f"(name:{value(agent)})",
        "tag": None if tag is None else value(tag),
        "count": str(count),
        "lookupLimit": str(lookup),
    }
    return locator({name: written for name, written in asked.items() if written is not None})


def build_path(build: int) -> str:
    """Where a build is told of."""
    return f"{BUILDS}/id:{build}"


def statistics_path(build: int, key: str | None = None) -> str:
    """Where a build's statistics are (JSON), or one of them (text; 404 where it has none of that key)."""
    return f"{build_path(build)}/statistics" + ("" if key is None else f"/{key}")


def artifact_path(build: int, path: str) -> str:
    """Where an artifact's content is; hidden ones (``.teamcity/…``) are found, too."""
    return f"{build_path(build)}/artifacts/content/{path}"


def builds_query(located: str, fields: str = BUILDS_FIELDS) -> dict[str, str]:
    """The query that asks for the builds of a locator with these fields."""
    return {"locator": located, "fields": fields}

"""Builds as the stand-in TeamCity server keeps them: which a locator finds, and what is told of each.

The grammar of locators is TeamCity's: ``name:value`` joined by commas; a value that holds ``,:()`` stands in
parentheses, which nest, or in ``($base64:…)``.  An unknown dimension is an error, as it is there.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

DEFAULT_COUNT = 100
DEFAULT_LOOKUP = 5000
_DIMENSION = re.compile(r"([A-Za-z]\w*):")
_KNOWN = {
    *("id", "number", "buildType", "branch", "state", "status", "personal", "canceled", "failedToStart"),
    *("revision", "agent", "agentName", "tag", "pinned", "sinceBuild", "untilBuild"),
    *("defaultFilter", "count", "start", "lookupLimit"),
}


class BadLocatorError(Exception):
    """What TeamCity answers with status 400."""


class Literal(str):
    """A value that was written in base64: nothing in it is a dimension."""

    __slots__ = ()


@dataclass
class FakeBuild:
    """One build.  ``branch`` is None where the configuration has no branches; ``finished`` as TeamCity writes it."""

    id: int
    configuration: str = "Project_Perf"
    number: str = ""
    branch: str | None = "main"
    default_branch: bool = True
    state: str = "finished"
    status: str = "SUCCESS"
    personal: bool = False
    canceled: bool = False
    failed_to_start: bool = False
    pinned: bool = False
    revision: str = "0" * 40
    agent: str = "agent-1"
    tags: tuple[str, ...] = ()
    finished: str = "20261101T101500+0000"
    statistics: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self):
        self.number = self.number or str(self.id)

    def as_json(self, root):
        """All that the server knows of it; ``root`` is the server's URL."""
        whole = {
            "id": self.id,
            "buildTypeId": self.configuration,
            "number": self.number,
            "status": self.status,
            "state": self.state,
            "personal": self.personal,
            "href": f"/app/rest/builds/id:{self.id}",
            "webUrl": f"{root}/buildConfiguration/{self.configuration}/{self.id}",
            "statusText": "Success" if self.status == "SUCCESS" else "Failed",
            "finishDate": self.finished,
            "agent": {"id": 1, "name": self.agent, "typeId": 1},
            "revisions": {"count": 1, "revision": [{"version": self.revision, "vcsBranchName": "x"}]},
            "tags": {"count": len(self.tags), "tag": [{"name": tag} for tag in self.tags]},
            "statistics": statistics_json(self),
        }
        if self.branch is not None:
            whole |= {"branchName": self.branch}
            whole |= {"defaultBranch": True} if self.default_branch else {}
        return whole


#: What TeamCity tells of a build in a list where no fields are asked for.
SHORT = "id,buildTypeId,number,status,state,branchName,defaultBranch,href,webUrl"


def statistics_json(build):
    """A build's statistics as REST tells them: the values are strings."""
    listed = [{"name": key, "value": value} for key, value in build.statistics.items()]
    return {"count": len(listed), "property": listed}


def parse_locator(text, default="id"):
    """``{dimension: value}`` of a locator; a single value without a dimension is ``default``'s."""
    if text and ":" not in text and "(" not in text and "," not in text:
        return {default: text}
    found = {}
    while text:
        match = _DIMENSION.match(text)
        if match is None:
            raise BadLocatorError(f"Bad locator syntax: '{text}': a dimension is missing")
        value, text = _value(text[match.end() :])
        if match[1] in found:
            raise BadLocatorError(f"Only single '{match[1]}' dimension is supported in locator")
        found[match[1]] = value
    if not found:
        raise BadLocatorError("Locator is empty")
    return found


def nested(value, default):
    """A dimension's value, which may be a locator itself."""
    return {default: str(value)} if isinstance(value, Literal) else parse_locator(value, default)


def _value(text):
    """The first value of ``text``, and what follows its comma."""
    if not text.startswith("("):
        value, _, rest = text.partition(",")
        if "(" in value or ")" in value:
            raise BadLocatorError(f"Bad locator syntax: '{text}': parentheses within a value")
        return value, rest
    end = _closing(text)
    inner, rest = text[1:end], text[end + 1 :]
    if rest and not rest.startswith(","):
        raise BadLocatorError(f"Bad locator syntax: '{text}': a comma is missing")
    return _decoded(inner), rest[1:]


def written(name, value):
    """A dimension as it may stand in a locator again."""
    if isinstance(value, Literal):
        return f"{name}:($base64:{base64.urlsafe_b64encode(value.encode()).decode()})"
    return f"{name}:({value})" if _DIMENSION.match(value) else f"{name}:{value}"


def _closing(text):
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return index
    raise BadLocatorError(f"Bad locator syntax: '{text}': a parenthesis is never closed")


def _decoded(text):
    """A value that was written in parentheses or in base64.

    One that holds no dimension is a value of its own: ``(a,b)``.
    """
    if text.startswith("$base64:"):
        coded = text.removeprefix("$base64:")
        try:
            raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
            return Literal(raw.decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BadLocatorError(f"Bad locator syntax: '{text}': {error}") from error
    return text if _DIMENSION.match(text) else Literal(text)


class Query:
    """A locator of builds: what it finds, newest first."""

    def __init__(self, locator):
        self.dimensions = parse_locator(locator)
        unknown = self.dimensions.keys() - _KNOWN
        if unknown:
            raise BadLocatorError(f"Locator dimension {sorted(unknown)} is unknown")
        self.by_default = self.dimensions.get("defaultFilter", "true") == "true"

    def number(self, name, default):
        """A dimension that is a number."""
        text = self.dimensions.get(name)
        if text is None:
            return default
        if not text.isdigit():
            raise BadLocatorError(f"Invalid value of dimension '{name}': '{text}'")
        return int(text)

    def matches(self, build):
        """Whether the locator finds the build.  Without dimensions of their own the default filter holds."""
        if "id" in self.dimensions:
            return str(build.id) == self.dimensions["id"]
        return (
            self._state(build)
            and self._branch(build)
            and self._flags(build)
            and self._equal(build)
            and self._range(build)
        )

    def _state(self, build):
        wanted = self.dimensions.get("state", "finished")
        if wanted not in {"finished", "running", "queued", "any"}:
            raise BadLocatorError(f"Invalid value of dimension 'state': '{wanted}'")
        return wanted in {"any", build.state}

    def _branch(self, build):
        """Builds without a branch are found whatever is asked, but not by a name."""
        if "branch" not in self.dimensions:
            return build.branch is None or build.default_branch or not self.by_default
        asked = nested(self.dimensions["branch"], "name")
        if asked.keys() - {"name", "default"}:
            raise BadLocatorError(f"Locator dimension {sorted(asked)} of a branch is unknown")
        if "name" in asked and asked["name"] != build.branch:
            return False
        default = asked.get("default", "any")
        if default not in {"true", "false", "any"}:
            raise BadLocatorError(f"Invalid value of dimension 'default': '{default}'")
        is_default = build.branch is None or build.default_branch
        return default == "any" or (default == "true") == is_default

    def _flags(self, build):
        return all(
            self._flag(name, has, "false" if self.by_default and name != "pinned" else "any")
            for name, has in (
                ("personal", build.personal),
                ("canceled", build.canceled),
                ("failedToStart", build.failed_to_start),
                ("pinned", build.pinned),
            )
        )

    def _flag(self, name, has, default):
        wanted = self.dimensions.get(name, default)
        if wanted not in {"true", "false", "any"}:
            raise BadLocatorError(f"Invalid value of dimension '{name}': '{wanted}'")
        return wanted == "any" or (wanted == "true") == has

    def _equal(self, build):
        """The dimensions that compare one value with the build's."""
        has = {
            "buildType": ("id", {build.configuration}),
            "agent": ("name", {build.agent}),
            "agentName": ("name", {build.agent}),
            "tag": ("name", set(build.tags)),
            "revision": ("version", {build.revision}),
            "number": ("value", {build.number}),
        }
        if self.dimensions.get("status", build.status) != build.status:
            return False
        return all(
            self._named(self.dimensions[name], inner) in values
            for name, (inner, values) in has.items()
            if name in self.dimensions
        )

    @staticmethod
    def _named(value, inner):
        asked = nested(value, inner)
        if asked.keys() != {inner}:
            raise BadLocatorError(f"Locator dimension {sorted(asked)} is unknown: only {inner} is")
        return asked[inner]

    def _range(self, build):
        since, until = self.dimensions.get("sinceBuild"), self.dimensions.get("untilBuild")
        return (since is None or build.id > int(nested(since, "id")["id"])) and (
            until is None or build.id <= int(nested(until, "id")["id"])
        )


def parse_fields(text):
    """``{name: fields of it or None}`` of a ``fields`` parameter such as ``count,build(id,agent(name))``."""
    fields, rest = _fields(text)
    if rest:
        raise BadLocatorError(f"Bad fields syntax: '{text}'")
    return fields


def _fields(text):
    found = {}
    while text and not text.startswith(")"):
        match = re.match(r"[A-Za-z]\w*", text)
        if match is None:
            raise BadLocatorError(f"Bad fields syntax: '{text}'")
        text = text[match.end() :]
        inner = None
        if text.startswith("("):
            inner, text = _fields(text[1:])
            if not text.startswith(")"):
                raise BadLocatorError("Bad fields syntax: a parenthesis is never closed")
            text = text[1:]
        found[match[0]] = inner
        text = text.removeprefix(",")
    return found, text


def pruned(value, fields):
    """What of a JSON value the ``fields`` ask for, in all members of a list."""
    if fields is None:
        return value
    if isinstance(value, list):
        return [pruned(member, fields) for member in value]
    return {name: pruned(value[name], inner) for name, inner in fields.items() if name in value}

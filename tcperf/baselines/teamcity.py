"""Past builds of a build configuration, and the results they kept, as a TeamCity server tells of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tcperf import results
from tcperf.errors import UsageError
from tcperf.history import PastBuild
from tcperf.keys import ROOT, delta_key
from tcperf.model import Result
from tcperf.quoting import printable
from tcperf.teamcity import locators
from tcperf.teamcity.rest import RestError, Server
from tcperf.units import HUGE

#: Where a build keeps its results, among the artifacts that clean-up spares.
RESULTS: Final = ".teamcity/tcperf/results.json"
#: So many builds without any figure of ours are passed over, and no more: a server may have years of them.
_PASSED_OVER: Final = 100
#: The end of the one kind of key whose figure may be below 0.
_CHANGE: Final = delta_key("")
#: So many figures that cannot be are named.
_NAMED: Final = 3
#: How TeamCity writes a time: ``20261101T101500+0000``.
_TIME: Final = "%Y%m%dT%H%M%S%z"
#: TeamCity tells plain decimals; an exponent is how Java writes large ones.
_NUMBER: Final = re.compile(r"-?[0-9]{1,32}(?:\.[0-9]{1,32})?(?:E-?[0-9]{1,2})?")


def read_builds(
    server: Server,
    configuration: str,
    *,
    branch: str | None = None,
    revision: str | None = None,
    agent: str | None = None,
    count: int,
    warn: Callable[[str], None] = lambda _text: None,
) -> tuple[PastBuild, ...]:
    """The last ``count`` successful builds of a configuration that published figures of tcperf's, oldest first.

    Those of the branch of that name, or of the revision, whatever their branch; of the default branch where neither is
    given.  ``agent`` asks for those of one machine.  Personal and cancelled builds are left out.  Their distance in
    commits is None: a server does not know it.  ``warn`` is told of figures that cannot be, which are left out.

    Raises RestError.
    """
    located = locators.builds(
        configuration,
        branch=_branch(branch, revision),
        revision=revision,
        agent=agent,
        count=min(count, locators.PAGE),
    )
    members = server.members(
        locators.BUILDS, locators.builds_query(located), "build", most=count + _PASSED_OVER
    )
    found: list[PastBuild] = []
    impossible: list[str] = []
    for told in members:
        build = _build(told)
        if build is None:
            continue
        impossible += [f"{printable(key)} of #{printable(build.number)}" for key in _impossible(told)]
        found += [build] if build.statistics else []
        if len(found) == count:
            break
    if impossible:
        warn(_left_out(impossible))
    return tuple(reversed(found))


def read_result(server: Server, build: int) -> Result | None:
    """The result that the build with this id kept; None where it kept none.

    Raises RestError where the server does not tell, and UsageError where what was kept cannot be read.
    """
    try:
        content = server.get_bytes(locators.artifact_path(build, RESULTS))
    except RestError as error:
        if error.kind == "missing":
            return None
        raise
    origin = f"{RESULTS} of the build with the id {build}"
    try:
        return results.loads(content.decode("utf-8-sig"), origin)
    except UnicodeDecodeError as error:
        raise UsageError(f"{origin} is not UTF-8: byte {error.start}") from error


def _branch(name: str | None, revision: str | None) -> str:
    if revision is not None:
        return locators.ANY_BRANCH
    return locators.DEFAULT_BRANCH if name is None else locators.named_branch(name)


def _build(told: Mapping[str, Any]) -> PastBuild | None:
    """The build; None for one without an id or an end, which is none that has finished."""
    number, finished = _id(told.get("id")), _time(told.get("finishDate"))
    if number is None or finished is None:
        return None
    return PastBuild(
        id=number,
        number=_text(told.get("number")) or str(number),
        finished=finished,
        url=_text(told.get("webUrl")) or "",
        branch=_text(told.get("branchName")),
        is_default_branch=told.get("defaultBranch") is True,
        revision=_revision(told),
        agent=_text(_of(told, "agent").get("name")),
        statistics=dict(_statistics(told)),
    )


def _id(told: Any) -> int | None:
    is_number = isinstance(told, int) and not isinstance(told, bool)
    return told if is_number and 0 < told < HUGE else None


def _time(told: Any) -> str | None:
    """UTC, ISO 8601, to the second."""
    try:
        return datetime.strptime(str(told), _TIME).astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):  # no time; one before the year 1
        return None


def _revision(told: Mapping[str, Any]) -> str | None:
    """The revision; None where the build has several, of several roots."""
    known = {_text(each.get("version")) for each in _list(_of(told, "revisions"), "revision")}
    return known.pop() if len(known) == 1 else None


def _statistics(told: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Our own: a server adds many of its own."""
    for key, number in _figures(told):
        if not _is_impossible(key, number):
            yield key, number


def _impossible(told: Mapping[str, Any]) -> Iterator[str]:
    """The keys of our own figures that cannot be."""
    for key, number in _figures(told):
        if _is_impossible(key, number):
            yield key


def _figures(told: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for each in _list(_of(told, "statistics"), "property"):
        key, number = _text(each.get("name")), _number(each.get("value"))
        if key is not None and key.startswith(f"{ROOT}.") and number is not None:
            yield key, number


def _is_impossible(key: str, number: float) -> bool:
    """Times, sizes and counts are not below 0; a change may be."""
    return number < 0 and not key.endswith(_CHANGE)


def _left_out(impossible: Sequence[str]) -> str:
    """``figures of past builds are left out, for nothing measured is below 0: tcperf.… of #12 and 3 more``."""
    more = f" and {len(impossible) - _NAMED} more" if len(impossible) > _NAMED else ""
    named = f"{', '.join(impossible[:_NAMED])}{more}"
    return f"figures of past builds are left out, for nothing measured is below 0: {named}"


def _number(told: Any) -> float | None:
    """A number that results.json takes; a whole one is whole."""
    if not isinstance(told, str) or _NUMBER.fullmatch(told) is None:
        return None
    number = float(told)
    if not math.isfinite(number) or abs(number) >= HUGE:
        return None
    return int(number) if number.is_integer() else number


def _text(told: Any) -> str | None:
    return told if isinstance(told, str) and told else None


def _of(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}


def _list(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    members = told.get(name)
    return [each for each in members if isinstance(each, dict)] if isinstance(members, list) else []

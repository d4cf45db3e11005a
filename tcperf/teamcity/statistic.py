"""Statistics of a build: their keys, each once a build, and the lines that report them.

Keys are server-global and for ever, so they are checked harder than TeamCity does, which documents no
limit: at most 80 characters that mean nothing in its locators, chart patterns and REST paths.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from tcperf.teamcity.errors import StatisticError
from tcperf.teamcity.notation import plain_notation

if TYPE_CHECKING:
    from tcperf.teamcity.notation import Number

KEY_RULE = "a key is 1 to 80 letters, digits or _ . : - (ASCII)"
_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_COVERAGE = "BCLMRS"
#: The keys TeamCity reports by itself (its documentation, "Custom Chart", "Default Statistics Values").
PREDEFINED = frozenset((
    "AllTestsDuration",
    "ArtifactsSize",
    "BuildDuration",
    "BuildDurationNetTime",
    "BuildTestStatus",
    "DuplicatorStats",
    "FailedTestCount",
    "IgnoredTestCount",
    "InspectionStatsE",
    "InspectionStatsW",
    "PassedTestCount",
    "SuccessRate",
    "TestsDuration",
    "TimeSpentInQueue",
    "TotalTestCount",
    "VisibleArtifactsSize",
    "buildLogSize",
    *(f"CodeCoverage{kind}" for kind in _COVERAGE),
    *(f"CodeCoverageAbs{kind}{what}" for kind, what in product(_COVERAGE, ("Covered", "Total"))),
))  # fmt: skip
#: Every key that begins so is TeamCity's own.
PREDEFINED_PREFIX = "buildStageDuration:"

_FOLDED = frozenset(key.lower() for key in PREDEFINED)
_FOLDED_PREFIX = PREDEFINED_PREFIX.lower()


def check_key(key: str, *, predefined: bool = False) -> str:
    """The key in lower case, under which it must be unique.

    Raises StatisticError for a key that does not fit ``KEY_RULE``, or is one of TeamCity's own or differs
    from one only by case, unless ``predefined`` allows those.
    """
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:  # type: ignore[redundant-expr]  # untyped callers
        raise StatisticError(f"the statistic key {key!a} does not fit", cure=KEY_RULE)
    folded = key.lower()
    if not predefined and (folded in _FOLDED or folded.startswith(_FOLDED_PREFIX)):
        raise StatisticError(
            f"the statistic key {key} is one that TeamCity reports itself", cure="choose another key"
        )
    return folded


def statistic_value(key: str, value: Number) -> str:
    """``value`` in plain notation.  Raises StatisticError, naming the key, where it has none."""
    try:
        return plain_notation(value)
    except ValueError as refusal:
        check_key(key, predefined=True)  # a key that does not fit is not quoted
        raise StatisticError(f"the value of statistic {key} cannot be reported: {refusal}") from None


def statistic_line(key: str, value: str) -> str:
    """The message's line.  Key and value are checked: nothing in them needs escaping.  No timestamp."""
    return f"##teamcity[buildStatisticValue key='{key}' value='{value}']\n"


class KeyRegistry:
    """The keys a build has reported: each once, and no two that differ only by case."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def admit(self, keys: list[str], *, predefined: bool = False) -> None:
        """Check all of ``keys`` and remember them: all, or none where a StatisticError is raised."""
        new: dict[str, str] = {}
        for key in keys:
            folded = check_key(key, predefined=predefined)
            twin = new.get(folded) or self._seen.get(folded)
            if twin is not None:
                raise StatisticError(_repeated(key, twin), cure="report each key once a build")
            new[folded] = key
        self._seen |= new


def _repeated(key: str, twin: str) -> str:
    if key == twin:
        return f"the statistic {key} is reported twice in this build"
    return f"the statistic keys {twin} and {key} differ only by case"

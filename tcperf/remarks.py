"""Which of a result's warnings are about its own comparison, and which about its runs.  Pure.

Another comparison of the same runs has warnings of its own: what was said of an earlier one would be taken for it.
results.json has all of them in one list, and so had every release: they are known by their words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from tcperf import acceptances, alike, reasons, rules
from tcperf.columns import BASE
from tcperf.model import Result
from tcperf.summary import HEAD

#: How warnings of a comparison begin, but for those that follow from the result itself.
_OPENINGS: Final = (
    acceptances.ACCEPTANCE,
    rules.NO_KEY,
    rules.NOTHING_LEFT,
    "the runs belong to no pairs:",
    "the pairs in the head's result are used",
    "measured on unlike machines",
    "measured by unlike versions of tcperf",
    "only in the base's result",
    "not compared:",
    "history:",
)
#: Of a scenario that was asked for and has no runs.
_FAILED: Final = "failed and is not in these results"
_UNTOLD: Final = "it has no run that counts: it failed, or was not played"


def failure(scenario: str, reason: str) -> str:
    """The warning of a scenario that failed: the result holds nothing else of it."""
    return f"{scenario} {_FAILED}: {reason}"


def reason_of_absence(result: Result, scenario: str) -> str:
    """Why a scenario that is left out has no runs, as a warning of the result says it."""
    opening = failure(scenario, "")
    openings = (opening, f"{_of(HEAD)}{opening}")
    for told in result.warnings:
        for each in openings:
            if told.startswith(each):
                return told.removeprefix(each)
    return _UNTOLD


def of_runs(result: Result) -> tuple[str, ...]:
    """The result's warnings that are about its runs, whatever they are compared with."""
    own = set(_of_itself(result))
    return tuple(told for told in result.warnings if told not in own and not told.startswith(_OPENINGS))


def of_side(result: Result, side: str) -> tuple[str, ...]:
    """The same, each with the side that the runs are of beside others': ``in the base's result: …``."""
    return tuple(f"{_of(side)}{told}" for told in of_runs(result))


def _of(side: str) -> str:
    return f"in the {side}'s result: "


def without_comparison(result: Result) -> Result:
    """The result with the warnings of its runs alone."""
    return evolve(result, warnings=of_runs(result))


def _of_itself(result: Result) -> Iterator[str]:
    """What was said of the two sides in it, and of its pairs."""
    base, head = result.subjects.get(BASE), result.subjects.get(HEAD)
    if base is not None and head is not None:
        yield from alike.subject_warnings(base, head)
    yield from reasons.warnings(result.pairings, result.comparisons, in_suite=result.is_suite)

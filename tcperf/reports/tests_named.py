"""Tests of a suite as a reader knows them: by pytest's own id, and those that have no figures.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tcperf.model import PhaseInfo, Result, Unmeasured

#: So many tests of one outcome are named; results.json has all.
_NAMED: Final = 10
#: How a test ended that has no figures.
OUTCOMES: Final = {
    "failed": "failed",
    "skipped": "{was} skipped",
    "xfailed": "failed as {was} expected",
    "unseen": "passed",
}
#: Said before the list of those that passed.
_UNSEEN: Final = (
    ", for what was started for {} was gone before anybody looked (what runs for 50 ms is seen), or is no descendant of the "
    "tests (a daemon is measured where a test tells its process: the fixture's tcperf.watch(pid))"
)


def test_of(info: PhaseInfo) -> str | None:
    """The id of the test that a phase is, with the part of it; None where it is no test."""
    if info.test is None:
        return None
    return info.test if info.part is None else f"{info.test}, phase {info.part}"


def tests_of(result: Result) -> dict[tuple[str, str], str]:
    """The same by the scenario's and the phase's name, of all that are tests."""
    found = {(info.name, phase.name): test_of(phase) for info in result.scenarios for phase in info.phases}
    return {place: test for place, test in found.items() if test is not None}


def unmeasured(result: Result) -> Iterator[str]:
    """A sentence for each way in which tests ended without figures, with their ids; the texts are not yet harmless."""
    for outcome, words in OUTCOMES.items():
        tests = [_named(each) for each in result.unmeasured if each.outcome == outcome]
        why = _UNSEEN.format("it" if len(tests) == 1 else "them") if outcome == "unseen" else ""
        if tests:
            yield f"{_count(len(tests), words)} without figures{why}: {_listed(tests)}"


def reason(each: Unmeasured) -> str:
    """Why one test has none: ``it was skipped``, ``it passed, and setsid was gone before anybody looked``."""
    told = f"it {OUTCOMES[each.outcome].format(was='was')}"
    if each.outcome != "unseen":
        return told
    return f"{told}, and {', '.join(each.started)} {'was' if len(each.started) == 1 else 'were'} gone before anybody looked"


def _named(each: Unmeasured) -> str:
    return f"{each.test} ({', '.join(each.started[:_NAMED])})" if each.started else each.test


def _count(number: int, words: str) -> str:
    one = number == 1
    return f"{number} {'test' if one else 'tests'} {words.format(was='was' if one else 'were')},"


def _listed(tests: list[str]) -> str:
    more = f" and {len(tests) - _NAMED} more" if len(tests) > _NAMED else ""
    return f"{', '.join(tests[:_NAMED])}{more}"

"""What tests left running, which ends with their private network: told with the test that it is of.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import define, evolve, field

from tcperf.watching.inhabitants import Inhabitant, named

#: A process was started so many seconds later than is known, at most.
_TICK_S: Final = 0.01
#: Of more tests than so many, which ran side by side, none is named.
_TESTS: Final = 2
_LEFT: Final = (
    "{} ended with pytest; what happened there after the test is in the figures of others, or in nobody's (have the test or its "
    "fixture end what it starts): {}"
)


@define
class Times:
    """When tests ran, from their set-up to their teardown, by pytest's ids, in seconds of the wall clock."""

    _found: dict[str, tuple[float, float]] = field(factory=dict)

    def note(self, test: str, start_s: float, stop_s: float) -> None:
        """A part of a test ran from then to then; at 0 where pytest does not tell, as of a worker that was lost."""
        if not start_s:
            return
        begin, end = self._found.get(test, (start_s, stop_s))
        self._found[test] = min(begin, start_s), max(end, stop_s)

    def test_at(self, moment_s: float) -> str | None:
        """The test that ran at this moment, ``one or the other`` of two; None where none did, or more."""
        found = [
            test
            for test, (begin, end) in self._found.items()
            if begin <= moment_s + _TICK_S and moment_s <= end
        ]
        return " or ".join(found) if 0 < len(found) <= _TESTS else None


def sentence(found: Sequence[Inhabitant], times: Times, now_s: float) -> str:
    """That these live when the last test is over, at ``now_s``, and are ended with pytest.

    Whose environment does not tell its test is of the one that ran when it was started.
    """
    known = [evolve(each, test=each.test or times.test_at(now_s - each.age_s)) for each in found]
    one = len(known) == 1
    left = (
        "1 process that a test left running is"
        if one
        else f"{len(known)} processes that tests left running are"
    )
    return _LEFT.format(left, named(known))

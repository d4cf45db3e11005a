"""Which of several past builds measured the same: figures of other parameters or conditions are left out.

Parameters change once in a while and stay so: the build in which they did is found by bisection, for each result that
is looked at has to be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import evolve, field, frozen

from tcperf.drifting import HISTORY
from tcperf.errors import Interrupted, TcperfError
from tcperf.history import PastBuild
from tcperf.keys import ROOT
from tcperf.model import Result
from tcperf.precedent import unlike_scenarios
from tcperf.quoting import printable

Read = Callable[[PastBuild], Result | None]

_UNKNOWN: Final = "it is not known whether they measured the same"


@frozen
class Sifted:
    """Builds, oldest first, without the figures that cannot be seen beside those of the newest one.

    ``latest`` is the newest one's result, None where it is not known; ``told`` says what was left out, and what is not
    known.
    """

    builds: tuple[PastBuild, ...]
    latest: Result | None = None
    told: tuple[str, ...] = ()


@frozen
class Shelf:
    """The results of builds, each fetched once: None for one that kept none, or where it cannot be read."""

    read: Read
    _results: dict[int, Result | None] = field(factory=dict, init=False, repr=False)
    _problems: dict[int, str] = field(factory=dict, init=False, repr=False)

    def result(self, build: PastBuild) -> Result | None:
        """The build's result."""
        if build.id not in self._results:
            self._results[build.id] = self._read(build)
        return self._results[build.id]

    def why_not(self, build: PastBuild) -> str:
        """Why there is none."""
        return self._problems.get(build.id, f"#{printable(build.number)} kept no results")

    def _read(self, build: PastBuild) -> Result | None:
        try:
            return self.read(build)
        except Interrupted:
            raise
        except TcperfError as error:
            self._problems[build.id] = str(error)
            return None


def sift(builds: Sequence[PastBuild], read: Read) -> Sifted:
    """The builds, which are one at least, as they can be seen beside each other.  ``read`` may raise TcperfError."""
    shelf = Shelf(read)
    latest, oldest = shelf.result(builds[-1]), shelf.result(builds[0])
    missing = next((each for each in (builds[-1], builds[0]) if shelf.result(each) is None), None)
    told = [] if missing is None else [f"{HISTORY} {_UNKNOWN}: {shelf.why_not(missing)}"]
    if latest is None or oldest is None:
        return Sifted(tuple(builds), latest, tuple(told))
    kept = list(builds)
    for info in latest.scenarios:
        first = _first_alike(builds, latest, info.name, shelf)
        told += _left_out(kept, first, info.name, _why(builds, first, latest, info.name, shelf))
        kept[:first] = [_without(each, info.name) for each in kept[:first]]
    return Sifted(tuple(kept), latest, tuple(told))


def _first_alike(builds: Sequence[PastBuild], latest: Result, scenario: str, shelf: Shelf) -> int:
    """The place of the first build from which on a scenario was measured as in ``latest``, the last one's result."""
    unlike, alike = -1, len(builds) - 1
    probe = 0  # mostly all are alike, and then the oldest tells
    while alike - unlike > 1:
        if _is_alike(shelf.result(builds[probe]), latest, scenario):
            alike = probe
        else:
            unlike = probe
        probe = (unlike + alike) // 2
    return alike


def _is_alike(earlier: Result | None, latest: Result, scenario: str) -> bool:
    """Of builds between two that differ, one that kept no result is taken for the older one's like."""
    if earlier is None or all(info.name != scenario for info in earlier.scenarios):
        return False
    return scenario not in unlike_scenarios(earlier, latest)


def _why(builds: Sequence[PastBuild], first: int, latest: Result, scenario: str, shelf: Shelf) -> str:
    """What differs in the last build that is left out."""
    earlier = None if not first else shelf.result(builds[first - 1])
    reason = None if earlier is None else unlike_scenarios(earlier, latest).get(scenario)
    return reason or "they kept no results to see whether they measured the same"


def _left_out(builds: Sequence[PastBuild], first: int, scenario: str, why: str) -> Iterator[str]:
    """A line, where the builds before ``first`` have figures of the scenario at all."""
    having = sum(_without(each, scenario) != each for each in builds[:first])
    if having:
        which = "1 older build is" if having == 1 else f"{having} older builds are"
        yield f"{HISTORY} {which} left out for {printable(scenario)}: {why}"


def _without(build: PastBuild, scenario: str) -> PastBuild:
    """The build without a scenario's figures."""
    own = (f"{ROOT}.{scenario}.", f"{ROOT}.reference.{scenario}.")
    return evolve(
        build, statistics={key: value for key, value in build.statistics.items() if not key.startswith(own)}
    )

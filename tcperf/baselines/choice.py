"""Which past builds a build is seen beside, and how that is told.  Pure.

In this order: builds of the revision where its branch left the target, builds of the branch that it is to be merged
into, builds of the default branch; of each first those of the same machine.  The first that are enough to say what is
usual are taken; where none are, the most there are.  The builds of its own branch are never taken: from its second
build on a slow branch would be compared with itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from tcperf.baselines.commits import Commits, Place
from tcperf.history import History, PastBuild, Reason
from tcperf.quoting import printable
from tcperf.teamcity.build import Build

_REVISION_SHOWN: Final = 12
#: In an hour and in a day.
_HOUR_S: Final = 3600
_DAY: Final = 24
#: From so many hours on an age is told in days.
_HOURS: Final = 48


@frozen
class Wanted:
    """Builds to ask for: ``branch`` None and ``revision`` None is the default branch, ``agent`` None any machine."""

    reason: Reason
    branch: str | None = None
    revision: str | None = None
    agent: str | None = None

    @property
    def words(self) -> str:
        """``develop on agent-1``."""
        return f"{self.whose} on {printable(self.agent)}" if self.agent else self.whose

    @property
    def whose(self) -> str:
        """``develop``, ``the merge base 1a2b3c4d5e6f``, ``the default branch``."""
        if self.revision is not None:
            return f"the merge base {printable(self.revision[:_REVISION_SHOWN])}"
        return "the default branch" if self.branch is None else printable(self.branch)


@frozen
class Found:
    """What was found of what was wanted: builds, oldest first, and what was wrong with some of them."""

    wanted: Wanted
    builds: tuple[PastBuild, ...]
    warnings: tuple[str, ...] = ()


def target_of(build: Build, configured: str | None) -> str | None:
    """The branch that the build's is to be merged into; None for a build of that, or of the default branch.

    The pull request says it; without one it is the ``configured`` one.
    """
    is_without_branch = build.branch is None and build.pull_request is None
    if build.is_default_branch or is_without_branch:
        return None
    asked = None if build.pull_request is None else build.pull_request.target
    target = asked or configured
    return None if target is not None and target == build.branch else target


def wanted(build: Build, target: str | None, merge_base: str | None) -> tuple[Wanted, ...]:
    """What to ask for, in the order of the module; the same machine before any other, where it is known."""
    return tuple(
        Wanted(reason, branch, revision, agent)
        for reason, branch, revision in _places(target, merge_base)
        for agent in dict.fromkeys((build.agent, None))
    )


def best(found: Sequence[Found], enough: int) -> Found | None:
    """The first with ``enough`` builds, else the first of those that have most; None where there is no build at all."""
    sufficient = next((each for each in found if len(each.builds) >= enough), None)
    chosen = sufficient or max(found, key=lambda each: len(each.builds), default=None)
    return chosen if chosen is not None and chosen.builds else None


def history(
    chosen: Found, passed: Sequence[Found], agent: str | None, commits: Commits, now: datetime
) -> History:
    """The history of the builds that were chosen, each with its distance.

    ``passed`` are those that were asked for before and were too few; ``agent`` is the machine of this build.
    """
    builds = tuple(evolve(each, distance_commits=commits.distance(each.revision)) for each in chosen.builds)
    return History(
        builds=builds,
        reason=chosen.wanted.reason,
        told="; ".join((*_told(chosen.wanted, builds, passed, commits, now), *_unknown(commits))),
        same_agent=None if agent is None else all(each.agent == agent for each in builds),
    )


def _places(target: str | None, merge_base: str | None) -> Iterator[tuple[Reason, str | None, str | None]]:
    if target is not None and merge_base is not None:
        yield "revision", None, merge_base
    if target is not None:
        yield "target", target, None
    yield "default", None, None


def _told(
    wanted: Wanted, builds: Sequence[PastBuild], passed: Sequence[Found], commits: Commits, now: datetime
) -> Iterator[str]:
    yield f"{_count(builds)} of {wanted.words}"
    newest = builds[-1]
    place = commits.place(newest.revision)
    yield f"the newest, #{printable(newest.number)}, is {_age(newest, now)} old and {_distance(place)}"
    few = [f"{_count(each.builds)} of {each.wanted.words}" for each in passed if each.builds]
    if few:
        yield f"passed over, for they are too few: {', '.join(few)}"


def _unknown(commits: Commits) -> tuple[str, ...]:
    return () if commits.told is None else (commits.told,)


def _count(builds: Sequence[PastBuild]) -> str:
    return f"{len(builds)} successful {'build' if len(builds) == 1 else 'builds'}"


def _distance(place: Place | None) -> str:
    """``3 commits behind``; of a branch that went on after this one had left it, what it has that this build lacks."""
    if place is None:
        return "nobody knows how many commits behind"
    if not place.beside:
        return f"{_commits(place.behind)} behind"
    if not place.behind:
        return f"{_commits(place.beside)} ahead of this build"
    return f"{_commits(place.behind)} behind, with {_commits(place.beside)} that this build does not have"


def _commits(number: int) -> str:
    return f"{number} {'commit' if number == 1 else 'commits'}"


def _age(build: PastBuild, now: datetime) -> str:
    hours = max(0.0, (now - datetime.fromisoformat(build.finished)).total_seconds() / _HOUR_S)
    number, unit = (hours / _DAY, "day") if hours >= _HOURS else (hours, "hour")
    return f"{number:.0f} {unit if f'{number:.0f}' == '1' else f'{unit}s'}"

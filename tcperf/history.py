"""Past builds of a build configuration, as the server tells of them: what a result is seen beside.

History sees the drift of machines as change: it warns, and a paired run decides (docs/verdict.rst).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

#: Why just these builds: they are of the merge base's revision, of the pull request's target, of the default branch, or
#: of the branch that was asked for.
Reason = Literal["revision", "target", "default", "asked"]


@frozen
class PastBuild:
    """A finished build.  ``statistics`` are what it published, by key, in the keys' own units.

    ``id`` is the server's, ``number`` what people see.  ``branch`` is None where the configuration has no branches,
    ``revision`` where the server does not tell, ``distance_commits`` how many commits lie between it and the build that
    is judged, None where nobody knows.  ``finished`` is UTC, ISO 8601 to the second; ``agent`` the machine's name.
    """

    id: int
    number: str
    finished: str
    url: str
    branch: str | None = None
    is_default_branch: bool = False
    revision: str | None = None
    agent: str | None = None
    distance_commits: int | None = None
    statistics: Mapping[str, float] = field(factory=dict)


@frozen
class History:
    """The builds that a result is seen beside, oldest first.

    ``told`` says in words which they are and how far away; ``same_agent`` whether all ran on the machine that this
    build runs on, None where that is not known.
    """

    builds: tuple[PastBuild, ...]
    reason: Reason
    told: str
    same_agent: bool | None = None

    def values(self, key: str) -> tuple[float, ...]:
        """What the builds published under ``key``, oldest first; those that did not are left out."""
        found = (build.statistics.get(key) for build in self.builds)
        return tuple(value for value in found if value is not None)

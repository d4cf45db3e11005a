"""Reads what a result is to be seen beside: the right past builds, and what the newest of them measured.

Whatever goes wrong is told, and none of it is an error: a missing history never breaks a build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from attrs import field, frozen

from tcperf.band import FEWEST
from tcperf.baselines import choice, commits
from tcperf.baselines.choice import Found, Wanted
from tcperf.baselines.commits import Commits
from tcperf.baselines.likeness import sift
from tcperf.baselines.teamcity import read_builds, read_result
from tcperf.clock import Deadline
from tcperf.drifting import HISTORY
from tcperf.errors import Interrupted, TcperfError
from tcperf.precedent import Precedent
from tcperf.teamcity.build import Build
from tcperf.teamcity.rest import RestError, Server

#: What the server does not have, or cannot look for, is no reason not to ask for something else.
_GO_ON: Final = frozenset({"missing", "rejected"})
_UNREADABLE: Final = "the history of builds cannot be read"
#: All of the history is read in so many seconds, or there is none: no build waits for a server that is ill.
TOTAL_S: Final = 60.0


@frozen
class Reading:
    """What was read.  ``precedent`` None: nothing, and ``problem`` says why.  ``warnings`` say what else to know.

    ``has_failed``: a server is known, and did not tell.
    """

    precedent: Precedent | None = None
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    has_failed: bool = False


@frozen
class Standpoint:
    """Where a build stands: its context, the branch that it goes to (None: to none), and the commits behind it."""

    build: Build
    target: str | None = None
    commits: Commits = field(factory=Commits)

    @classmethod
    def of(cls, build: Build, folder: Path, target: str | None) -> Standpoint:
        """That of a build in ``folder``; ``target`` is the branch that others are merged into, None: not known."""
        aim = choice.target_of(build, target)
        return cls(build, aim, commits.read(folder, aim, build.revision))


def read(
    standpoint: Standpoint,
    count: int,
    now: datetime,
    notice: Callable[[str], None],
    total_s: float = TOTAL_S,
) -> Reading:
    """The history of ``count`` builds at most, from the server that runs the build.

    After ``total_s`` seconds it goes on with what there is: without builds there is no history, and without what they
    kept it is not known whether they measured the same.  Of all TcperfErrors it raises none but Interrupted.

    ``now`` (with a zone) is for how old the builds are; ``notice`` is told of every wait.
    """
    build = standpoint.build
    if build.configuration is None:
        return Reading(
            problem=f"{_UNREADABLE}: neither the build's property files nor BUILD_URL tell which configuration it is of",
            warnings=_marked(build.warnings),
        )
    until = Deadline.after(total_s)
    try:
        with Server.of(build, until=until, notice=notice) as server:
            told = _marked((*build.warnings, *server.warnings))
            return _read(server, standpoint, build.configuration, count, now, told)
    except Interrupted:
        raise
    except TcperfError as error:
        late = f" within {until}" if until.expired else ""
        return Reading(
            problem=f"{_UNREADABLE}{late}: {error}",
            warnings=_marked(build.warnings),
            has_failed=build.server_url is not None,
        )


def _marked(warnings: Iterable[str]) -> tuple[str, ...]:
    """As what is said of the history, and not of the runs."""
    return tuple(f"{HISTORY} {each}" for each in warnings)


def _read(
    server: Server, standpoint: Standpoint, configuration: str, count: int, now: datetime, told: Sequence[str]
) -> Reading:
    found = list(_found(server, standpoint, configuration, count))
    chosen = choice.best(found, FEWEST)
    if chosen is None:
        strange = dict.fromkeys(text for each in found for text in each.warnings)
        return Reading(problem=_nothing(found), warnings=(*told, *_marked(strange)))
    sifted = sift(chosen.builds, lambda build: read_result(server, build.id))
    history = choice.history(
        Found(chosen.wanted, sifted.builds),
        found[: found.index(chosen)],
        standpoint.build.agent,
        commits.among(standpoint.commits, [each.revision for each in sifted.builds]),
        now,
    )
    warnings = (*told, *_marked(chosen.warnings), *sifted.told)
    return Reading(Precedent(history, sifted.latest), warnings=warnings)


def _found(server: Server, standpoint: Standpoint, configuration: str, count: int) -> Iterator[Found]:
    """What there is of each that is wanted, until there is enough.

    Raises RestError where the server does not answer, and where it has nothing of all that is wanted.
    """
    problem: RestError | None = None
    has_answer = False
    for wanted in choice.wanted(standpoint.build, standpoint.target, standpoint.commits.merge_base):
        try:
            found = _builds(server, standpoint.build, configuration, wanted, count)
        except RestError as error:
            if error.kind not in _GO_ON:
                raise
            problem = error
            continue
        has_answer = True
        yield found
        if len(found.builds) >= FEWEST:
            return
    if problem is not None and not has_answer:
        raise problem


def _builds(server: Server, build: Build, configuration: str, wanted: Wanted, count: int) -> Found:
    """The builds, without this one: it may be asked for again when it has finished."""
    warnings: list[str] = []
    found = read_builds(
        server,
        configuration,
        branch=wanted.branch,
        revision=wanted.revision,
        agent=wanted.agent,
        count=count,
        warn=warnings.append,
    )
    return Found(wanted, tuple(each for each in found if each.id != build.id), tuple(warnings))


def _nothing(found: Sequence[Found]) -> str:
    """``there is no successful build with figures of tcperf of develop, or of the default branch``."""
    whose = " or of ".join(dict.fromkeys(each.wanted.whose for each in found))
    return f"there is no successful build with figures of tcperf yet, of {whose}"

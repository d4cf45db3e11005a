"""Histories of builds, the same in every test: oldest first, an hour apart, on a server at SERVER."""

import math
from datetime import UTC, datetime, timedelta

from tcperf.history import History, PastBuild

SERVER = "https://teamcity.example.org"
SENT = "tcperf.one_to_one.messages.sent_bytes"
TIME = "tcperf.one_to_one.messages.time_ms"
IDLE = "tcperf.idle.idle.cpu_ms"
#: What a build publishes beside what it measured.
DERIVED = {
    "tcperf.regressions_count": 0.0,
    "tcperf.reference.pairs_count": 10.0,
    f"{SENT}_delta_pct": 0.4,
    f"{SENT}_worse_pct": 0.0,
    "BuildDuration": 61_000.0,
}
_FIRST = datetime(2026, 9, 1, 2, 14, 7, tzinfo=UTC)


def past_build(number, statistics, **changes):
    """Build ``number``, from 1 on; the server's id is 9000 more."""
    finished = (_FIRST + timedelta(hours=number - 1)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    made = {
        "id": 9000 + number,
        "number": str(number),
        "finished": finished,
        "url": f"{SERVER}/viewLog.html?buildId={9000 + number}&tab=buildResultsDiv",
        "branch": "develop",
        "is_default_branch": True,
        "revision": f"{number:040x}",
        "agent": "agent-7",
    }
    return PastBuild(**made | changes, statistics=statistics)


def builds(*values, key=SENT):
    """A build a value; None where it did not publish the figure."""
    return tuple(
        past_build(number, {} if value is None else {key: value})
        for number, value in enumerate(values, start=1)
    )


def history(*values, key=SENT, **changes):
    """The history of such builds."""
    made = {"reason": "default", "told": f"{len(values)} builds of develop", "same_agent": True}
    return History(builds(*values, key=key), **made | changes)


def wave(count, middle=400_000.0, by=0.01):
    """Values around ``middle`` that stray by that share of it at most."""
    return [round(middle * (1 + by * math.sin(number * 2.4))) for number in range(count)]


def many(count, keys, **changes):
    """A history of ``count`` builds that published every one of ``keys``, each at a size of its own."""
    made = {"reason": "asked", "told": f"{count} builds of develop"}
    columns = {key: wave(count, 10_000.0 * (index + 1)) for index, key in enumerate(keys)}
    found = tuple(
        past_build(number + 1, {key: column[number] for key, column in columns.items()})
        for number in range(count)
    )
    return History(found, **made | changes)


def hostile(text):
    """A history in which ``text`` stands wherever a server's text may stand."""
    build = PastBuild(
        1,
        text,
        text,
        text,
        branch=text,
        revision=text,
        agent=text,
        distance_commits=3,
        statistics={text: 5.0, SENT: 6.0},
    )
    return History((build,) * 12, "default", text, same_agent=False)

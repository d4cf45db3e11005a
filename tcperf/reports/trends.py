"""Past builds as pages tell of them: a chart a figure, all over the same builds, and a table of the builds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from tcperf import changepoints
from tcperf.gate import Criterion
from tcperf.history import History, PastBuild
from tcperf.reports.axis import Tick
from tcperf.reports.figure import day, figure, number, when
from tcperf.reports.keyname import KeyName
from tcperf.reports.text import shorten
from tcperf.reports.trend import Limits, Trend, trend
from tcperf.weblink import web_link

#: More figures than a build ever publishes; a page must not grow with a server's.
MOST_CHARTS: Final = 100
#: What all charts of a page may have together: a page of a thousand builds stays below a megabyte.
_POINTS, _DOTS = 40_000, 1_200
_MOST_POINTS, _MOST_DOTS = 400, 60
#: The builds that the table names, newest first.
MOST_ROWS: Final = 100
_REVISION_SHOWN: Final = 12
#: With fewer builds there is no room for a label in the middle.
_LEAST_FOR_MIDDLE: Final = 12
#: So many figures are named in a note.
_NAMED: Final = 5
_SAID: Final = {"warn": "Worse than usual", "good": "Better than usual"}
#: Of fewer builds nobody expects two levels.
_LEAST_FOR_LEVELS: Final = 2 * changepoints.Rules().builds
_LEVELS_MISSING: Final = f"New levels are not looked for: {changepoints.CURE}"
#: Said of steps that count: a smaller one may well be seen in a chart.
_NO_LEVEL: Final = "No figure went over to a new level by more than its threshold and its floor."


@frozen
class BuildRow:
    """A past build in the table; "" for what is not known, ``url`` None where it leads nowhere."""

    number: str
    url: str | None
    finished: str
    branch: str
    revision: str
    agent: str
    distance: str


@frozen
class Trends:
    """All that a page tells of past builds.

    ``told`` says which they are, ``notes`` what else must be known of them.  ``groups`` are charts by where their
    figures were measured; ``hidden`` figures are not drawn.  ``rows`` are the newest builds, newest first.
    """

    count: int
    told: str
    notes: tuple[str, ...]
    ticks: tuple[Tick, ...]
    groups: tuple[tuple[str, tuple[Trend, ...]], ...]
    hidden: int
    rows: tuple[BuildRow, ...]


def trends(
    history: History,
    names: Iterable[KeyName],
    this: Mapping[str, float],
    window: int | None = None,
    criteria: Mapping[str, Criterion] | None = None,
) -> Trends | None:
    """The charts of those figures that a past build published, in the order of ``names``.

    ``this`` has this build's figures, by key; it is empty where no build is seen beside the others.  What is usual is
    what the last ``window`` builds had, of all where it is None.  ``criteria`` say, by key, how much is too much where
    that is not the metric's default.  None where there is nothing to draw.
    """
    known = criteria or {}
    figures = [
        found
        for name in names
        if (found := figure(history.builds, name, this.get(name.key), window, known.get(name.key)))
        is not None
    ]
    drawn = figures[:MOST_CHARTS]
    if not drawn:
        return None
    limits = _limits(len(drawn))
    with_levels = changepoints.is_available()
    charts = [trend(found, limits, with_levels=with_levels) for found in drawn]
    return Trends(
        count=len(history.builds),
        told=history.told,
        notes=tuple(_notes(history, charts, with_levels=with_levels)),
        ticks=tuple(_ticks(history.builds, has_this=bool(this))),
        groups=tuple(_groups(charts)),
        hidden=len(figures) - len(drawn),
        rows=tuple(_row(build) for build in history.builds[: -MOST_ROWS - 1 : -1]),
    )


def _limits(charts: int) -> Limits:
    return Limits(points=min(_MOST_POINTS, _POINTS // charts), dots=min(_MOST_DOTS, _DOTS // charts))


def _groups(charts: Sequence[Trend]) -> Iterator[tuple[str, tuple[Trend, ...]]]:
    for where, group in itertools.groupby(charts, key=lambda chart: chart.name.where):
        yield where, tuple(group)


def _notes(history: History, charts: Sequence[Trend], *, with_levels: bool) -> Iterator[str]:
    for tone, said in _SAID.items():
        outside = [f"{chart.name.where} {chart.name.metric}" for chart in charts if chart.tone == tone]
        if outside:
            yield f"{said}: {', '.join(outside[:_NAMED])}{_more(len(outside) - _NAMED)}."
    if history.same_agent is False:
        yield "They did not all run on the machine of this build: some of what differs may be the machines' doing."
    if not with_levels:
        yield _LEVELS_MISSING
    elif len(history.builds) >= _LEAST_FOR_LEVELS and not any(chart.levels for chart in charts):
        yield _NO_LEVEL


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _ticks(builds: Sequence[PastBuild], *, has_this: bool) -> Iterator[Tick]:
    """The first build's day, one in the middle, and the last one's or this build; times, where days do not differ."""
    shown = [builds[0], *([builds[len(builds) // 2]] if len(builds) >= _LEAST_FOR_MIDDLE else []), builds[-1]]
    label = day if len(set(map(day, shown))) == len(shown) else _time
    first, *middle, last = map(label, shown)
    yield Tick(0.0, first)
    yield from (Tick(0.5, text) for text in middle)
    if has_this:
        yield Tick(1.0, "this build")
    elif len(builds) > 1:
        yield Tick(1.0, last)


def _time(build: PastBuild) -> str:
    """Month, day, hour and minute."""
    return when(build)[len("2026-") :]


def _row(build: PastBuild) -> BuildRow:
    return BuildRow(
        number=number(build),
        url=web_link(build.url),
        finished=when(build),
        branch=build.branch or "",
        revision=shorten((build.revision or "")[:_REVISION_SHOWN], _REVISION_SHOWN),
        agent=build.agent or "",
        distance=_distance(build.distance_commits),
    )


def _distance(commits: int | None) -> str:
    if commits is None:
        return ""
    return "1 commit" if commits == 1 else f"{commits} commits"

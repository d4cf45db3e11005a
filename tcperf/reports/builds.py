"""Several results side by side: their published figures, what makes them unlike, and how they changed.

Every note and change sees the builds from the last one, which is the one that somebody asks about.  Figures under
unlike conditions or parameters are never compared, nor times and CPU times of other numbers of lanes: they stand
there without a change, and are in no trend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from tcperf.alike import unlike_builds, unlike_machines, unlike_params
from tcperf.columns import lanes_of
from tcperf.conditions import unlike
from tcperf.history import History, PastBuild
from tcperf.model import Result
from tcperf.quoting import printable, shown
from tcperf.remarks import reason_of_absence
from tcperf.reports.keyname import KeyName, in_order
from tcperf.reports.summary_csv import revision
from tcperf.reports.verdicts import has_verdict, problems, title
from tcperf.subject import Subject
from tcperf.summary import HEAD, Summary, published, warnings
from tcperf.thresholds import SHARED

#: A page and a terminal name so many of what a result's own report tells in full.
_TO_THE_MINUTE: Final = 16
ORDER: Final = "they stand in the order in which they were given, which is not that of their times"
#: What two builds are called in a note that names them.
_SIDES: Final = ("earlier one", "last one")


@frozen
class Build:
    """One of the results: ``number`` is its place, from 1 on, ``source`` the file it came from.

    ``figures`` are its published totals, by key.
    """

    number: int
    source: str
    result: Result
    figures: Mapping[str, Summary]

    @property
    def version(self) -> str:
        """What the head says of itself; "" where nothing was measured."""
        head = self.result.subjects.get(HEAD)
        return "" if head is None else head.version

    @property
    def started(self) -> str:
        """The minute in which it began."""
        return self.result.tool.started[:_TO_THE_MINUTE].replace("T", " ")

    @property
    def verdict(self) -> str:
        """What its own comparison said, in capitals; "" where nothing was to be compared."""
        return title(self.result) if has_verdict(self.result) else ""


@frozen
class Builds:
    """The results in the order in which they were given, all their figures, and what must be known of them."""

    builds: tuple[Build, ...]
    names: tuple[KeyName, ...]
    notes: tuple[str, ...]

    @property
    def last(self) -> Build:
        """The one that the others are seen from."""
        return self.builds[-1]


def gather(results: Iterable[tuple[str, Result]]) -> Builds:
    """The results with the names of their files; there is at least one."""
    builds = tuple(
        Build(number, source, result, {summary.key: summary for summary in published(result)})
        for number, (source, result) in enumerate(results, start=1)
    )
    names = in_order(key for build in builds for key in build.figures)
    return Builds(builds, tuple(names), tuple(_notes(builds)))


def change_pct(key: str, earlier: Build, later: Build) -> float | None:
    """How much more ``later`` has, in percent of ``earlier``; None where that cannot be said, or must not."""
    before, after = earlier.figures.get(key), later.figures.get(key)
    if before is None or after is None or not is_comparable(key, earlier, later):
        return None
    if before.median == after.median:
        return 0.0
    return 100 * (after.median / before.median - 1) if before.median > 0 else None


def is_comparable(key: str, earlier: Build, later: Build) -> bool:
    """Whether ``earlier`` has the figure, and it may be compared with what ``later`` has or might have of it."""
    figure = earlier.figures.get(key)
    if figure is None or refusal(earlier.result, later.result, figure.scenario) is not None:
        return False
    return figure.metric not in SHARED or _unlike_lanes(earlier.result, later.result, figure.scenario) is None


def refusal(earlier: Result, later: Result, scenario: str) -> str | None:
    """Why a scenario's figures of two results must not be compared; None where they may be."""
    conditions = unlike(earlier.conditions, later.conditions)
    if conditions:
        return f"measured under unlike conditions, and not compared: {'; '.join(conditions)}"
    known = {info.name: info for info in earlier.scenarios}
    for info in later.scenarios:
        if info.name == scenario and scenario in known:
            params = unlike_params(known[scenario], info)
            if params:
                return f"{printable(scenario)} had other parameters, and is not compared: {'; '.join(params)}"
    return None


def past_of(found: Builds) -> History:
    """The results as builds that charts are made of, with the figures that may be compared with the last one's."""
    told = f"{len(found.builds)} results, {found.builds[0].started} … {found.last.started}"
    return History(tuple(_past(build, found.last) for build in found.builds), "asked", told)


def _past(build: Build, last: Build) -> PastBuild:
    return PastBuild(
        id=build.number,
        number=str(build.number),
        finished=build.result.tool.started,
        url="",
        revision=revision(build.result) or build.version,
        agent=build.result.environment.hostname,
        statistics={
            key: float(summary.median)
            for key, summary in build.figures.items()
            if is_comparable(key, build, last)
        },
    )


# --- what must be known ------------------------------------------------------------------------------


def _notes(builds: Sequence[Build]) -> Iterator[str]:
    last = builds[-1]
    for text, numbers in _gathered((build.number, _broken(build.result)) for build in builds):
        yield f"{_named(numbers)}: {text}"
    for text, numbers in _gathered(
        (build.number, _unlike(build.result, last.result)) for build in builds[:-1]
    ):
        yield f"{_named(numbers)} beside build {last.number}: {text}"
    if not _is_in_time(builds):
        yield ORDER
    warned = [build.number for build in builds if warnings(build.result)]
    if warned:
        own = "warnings of its own, see its report"
        yield f"{_named(warned)}: {own if len(warned) == 1 else 'warnings of their own, see their reports'}"


def _gathered(told: Iterable[tuple[int, Iterable[str]]]) -> Iterable[tuple[str, Sequence[int]]]:
    """Each text once, with the numbers of the builds that it is told of."""
    found: dict[str, list[int]] = {}
    for number, texts in told:
        for text in dict.fromkeys(texts):
            found.setdefault(text, []).append(number)
    return found.items()


def _broken(result: Result) -> Iterator[str]:
    """What its figures do not show: it was not compared, or was not measured."""
    if not any(run.subject == HEAD and not run.discarded for run in result.runs):
        yield "nothing was measured"
    for text in problems(result):
        yield f"not compared: {printable(text)}"
    for each in result.unsupported:
        yield printable(each.reason)
    for info in result.left_out:
        yield f"{printable(info.name)} has no figures: {printable(reason_of_absence(result, info.name))}"


def _unlike(earlier: Result, later: Result) -> Iterator[str]:
    before, after = earlier.subjects.get(HEAD), later.subjects.get(HEAD)
    if before is not None and after is not None:
        yield from _unlike_subjects(before, after)
    for find in (refusal, _unlike_lanes):
        found = (find(earlier, later, info.name) for info in later.scenarios)
        yield from (text for text in found if text is not None)
    machines = unlike_machines(earlier.environment, later.environment)
    if machines:
        yield f"measured on another machine, which may be all that differs: {'; '.join(machines)}"


def _unlike_subjects(earlier: Subject, later: Subject) -> Iterator[str]:
    if earlier.reference != later.reference:
        yield "one of them is the bundled reference node, whose figures are nobody else's"
        return
    if earlier.generation != later.generation:
        yield f"of unlike generations: {shown(earlier.generation)} against {shown(later.generation)}"
    built = unlike_builds(earlier.go, later.go, sides=_SIDES)
    if built:
        yield f"built differently, which may be all that differs: {'; '.join(built)}"


def _unlike_lanes(earlier: Result, later: Result, scenario: str) -> str | None:
    """Why what lanes disturb in each other must not be compared; None where it may be, or one of them has no runs."""
    if not all(_was_played(result, scenario) for result in (earlier, later)):
        return None
    lanes = tuple(lanes_of(result, scenario) for result in (earlier, later))
    if lanes[0] == lanes[1]:
        return None
    told = " against ".join(f"{count} lane{'' if count == 1 else 's'}" for count in lanes)
    return f"{printable(scenario)} was measured in {told}, and its times and CPU times are not compared"


def _was_played(result: Result, scenario: str) -> bool:
    return any(run.scenario == scenario and not run.discarded for run in result.runs)


def _named(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"build {numbers[0]}"
    return f"builds {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _is_in_time(builds: Sequence[Build]) -> bool:
    """Whether the builds began one after another, as far as their times can be read."""
    times = [when for build in builds if (when := _time(build.result.tool.started)) is not None]
    return times == sorted(times)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

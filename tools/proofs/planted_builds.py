"""Builds with a regression planted on the head's side: each must be seen, and nothing else but its side effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tcperf import results
from tcperf.cli.itself import BesideItself
from tcperf.crew import Crew
from tcperf.drilling import Drill, Drilled, Step
from tcperf.events import Observer
from tcperf.link import Link
from tcperf.nodes.factory import StatusBackend
from tcperf.nodes.interface import DriverFactory
from tcperf.plan import Plan
from tcperf.planting import Sides, open_crew
from tcperf.plants.wish import parse_wish
from tcperf.progress import PlainProgress
from tcperf.reports.drill import Row, render
from tcperf.reports.write import prepare, write_atomically
from tcperf.runner import Folders, Runner

#: What is planted, and must be seen in so many pairs.
WISHES = ("cpu=15%", "bytes=6%", "memory=15%", "delay=20%")
MOST_PAIRS = 15


def play(
    itself: BesideItself,
    plan: Plan,
    wishes: Sequence[str],
    most: int,
    folder: Path,
    told: Callable[[str], object],
) -> Iterator[Step]:
    """A step without a plant, then one of each wish; each result is kept in the folder.

    ``told`` hears of each step and its pairs.  Raises NothingMeasuredError where a step measures nothing.
    """
    last = prepare(folder / "last")

    def observe(name: str) -> Observer:
        told(f"planted: {name}")
        return PlainProgress(told)

    def crew(_name: str, sides: Sides, link: Link | None, observer: Observer) -> Crew:
        def runner(head: DriverFactory, base: DriverFactory, link: Link | None) -> Runner:
            folders = Folders(last.series, last.logs)
            return Runner(
                itself.ground.mode, head, folders, observer, itself.interrupts, base=base, link=link
            )

        return open_crew(sides, link, runner)

    drill = Drill(_drilled(itself, plan), crew, observe, told, most=most)
    for step in drill.steps([parse_wish(wish) for wish in wishes]):
        write_atomically(folder / f"planted-{step.name}.json", results.dumps(step.result))
        yield step


def _drilled(itself: BesideItself, plan: Plan) -> Drilled:
    assert isinstance(itself.node.factory, StatusBackend)
    return Drilled(
        subject=itself.node.subject,
        factory=itself.node.factory,
        plan=plan,
        policy=itself.policy,
        conditions=itself.ground.conditions,
        command=itself.command,
        today=datetime.now(UTC).date(),
    )


def is_right(steps: Sequence[Step]) -> bool:
    """Whether each plant was seen, and nothing that was not planted."""
    return all(step.finding.is_right for step in steps)


def table(steps: Sequence[Step]) -> str:
    """What each step showed."""
    rows = [Row(step.name, step.finding, step.goal, step.means) for step in steps]
    return render(rows, "planted builds").rstrip("\n")

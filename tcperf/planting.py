"""Puts a plant into one side: the factories of both sides' nodes, and the crew that plays them.

Where a companion is used, the other side's nodes have one, too, that costs nothing beyond being there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import attrs
from attrs import frozen

from tcperf.crew import Crew, Performance, SoloCrew
from tcperf.link import Link
from tcperf.nodes.factory import Starter
from tcperf.nodes.interface import DriverFactory
from tcperf.plan import Assignment
from tcperf.plants import companion
from tcperf.plants.means import IDLE, Load, Means
from tcperf.runner import Runner


@frozen
class Sides:
    """What each side's nodes are started by, and how bad the links of the head's are (None: not at all)."""

    head: Starter
    base: Starter
    head_link: Link | None


def planted(factory: Starter, means: Means | None, link: Link | None) -> Sides:
    """Both sides, of which the head has the plant; ``link`` is how bad the links are anyway.  None plants nothing."""
    if means is None:
        return Sides(factory, factory, link)
    if means.switch is not None:
        command = (*factory.command, "--plant", means.switch)
        return Sides(attrs.evolve(factory, command=command), factory, link)
    if means.load is not None:
        return Sides(accompanied(factory, means.load), accompanied(factory, IDLE), link)
    return Sides(factory, factory, later(link, means.delay_ms or 0.0))


def accompanied(factory: Starter, load: Load) -> Starter:
    """The factory of the same nodes, each with a companion."""
    options = (
        *("--cpu", repr(load.cpu_ratio)),
        *("--traffic", repr(load.traffic_ratio)),
        *("--memory", str(load.memory_bytes)),
    )
    # By its path, not as a module: nothing of tcperf is to be imported in what becomes the node.
    program = (sys.executable, "-I", "-S", str(Path(companion.__file__).resolve()))
    return attrs.evolve(factory, command=(*program, *options, "--", *factory.command))


def later(link: Link | None, delay_ms: float) -> Link:
    """The link, with so much more delay."""
    was = link or Link()
    return attrs.evolve(was, delay_ms=(was.delay_ms or 0.0) + delay_ms)


def open_crew(
    sides: Sides,
    link: Link | None,
    make_runner: Callable[[DriverFactory, DriverFactory, Link | None], Runner],
) -> Crew:
    """One lane that plays both sides; ``make_runner`` makes a Runner of the head's and the base's factory and a link."""
    base = SoloCrew(make_runner(sides.head, sides.base, link))
    if sides.head_link == link:
        return base
    return SidedCrew(SoloCrew(make_runner(sides.head, sides.base, sides.head_link)), base)


class SidedCrew:
    """One lane in which each side has a crew of its own, for their networks are not alike."""

    lanes = 1

    def __init__(self, head: Crew, base: Crew) -> None:
        self._crews = {"head": head, "base": base}

    def __enter__(self) -> Self:
        for crew in self._crews.values():
            crew.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        for crew in self._crews.values():
            crew.__exit__(*exception)

    def play(self, assignments: Sequence[Assignment]) -> list[Performance]:
        """Play the assignments in their order, each by its side's crew."""
        return [self._crews[each.side].play([each])[0] for each in assignments]

"""Where a figure went over to another level and stayed there, in words and on its chart."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from tcperf import changepoints
from tcperf.gate import Criterion
from tcperf.reports.figure import Figure, day, is_worse, number
from tcperf.sentences import signed


@frozen
class Level:
    """A new level that begins at ``x``, with the build of that ``day``; ``is_worse`` is None where it has no direction."""

    x: float
    text: str
    day: str
    is_worse: bool | None


def levels(found: Figure) -> Iterator[Level]:
    """New levels among all values, this build's included, in their order.

    Raises ModuleNotFoundError where the library for them is not installed.
    """
    rules = _rules(found.criterion)
    values = [value for _place, value in found.values]
    if found.this is not None:
        values.append(found.this)
    for change in changepoints.find(values, rules):
        place = found.values[change.place][0]
        told = f"{found.amount(change.before)} → {found.amount(change.after)}"
        by = "" if change.percent is None else f" ({signed(change.percent)} %)"
        build = found.builds[place]
        yield Level(
            x=place / found.columns,
            text=f"{told}{by} from {number(build)} on",
            day=day(build),
            is_worse=is_worse(found.name, change.after - change.before),
        )


def _rules(criterion: Criterion | None) -> changepoints.Rules:
    """A level is another one from what is too much for the gate on; of figures it does not know, from JetBrains' rule."""
    if criterion is None:
        return changepoints.Rules()
    return changepoints.Rules(shift=criterion.worse_by, change=criterion.floor)

"""Known changes for the worse: which of them tcperf.toml accepts today.  Pure.

An acceptance covers a change up to its size and through its last day; one that does neither says so in the
comparison's note, and an expired one in a warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from attrs import evolve

from tcperf.model import Comparison
from tcperf.rules import Acceptance

#: How the warning of one that has ended begins.
ACCEPTANCE: Final = "the acceptance of"


def accept(each: Comparison, acceptances: Iterable[Acceptance], today: date) -> Comparison:
    """The comparison with ``accepted`` set where it is gated, worse and covered; else with why it is not covered.

    Of several that cover it the last one is named, of several that do not the last one's reason.
    """
    if each.change != "worse" or not each.gated:
        return each
    matching = [one for one in acceptances if fnmatchcase(_tail(each), one.match)]
    covering = [one for one in matching if _refusal(one, each, today) is None]
    if covering:
        return evolve(each, accepted=f"{covering[-1].reason} (until {covering[-1].until.isoformat()})")
    return evolve(each, note=_refusal(matching[-1], each, today)) if matching else each


def expired(
    comparisons: Iterable[Comparison], acceptances: Iterable[Acceptance], today: date
) -> tuple[str, ...]:
    """A warning for every acceptance whose last day has gone by and whose pattern matches a comparison."""
    tails = [_tail(each) for each in comparisons]
    return tuple(
        f"{ACCEPTANCE} {one.match} ended on {one.until.isoformat()}: remove it, or give it a new date ({one.reason})"
        for one in acceptances
        if one.until < today and any(fnmatchcase(tail, one.match) for tail in tails)
    )


def _refusal(one: Acceptance, each: Comparison, today: date) -> str | None:
    """Why the acceptance does not cover the change; None where it does."""
    if one.until < today:
        return f"it was accepted until {one.until.isoformat()}"
    if each.effect_pct is None:
        return f"accepted up to {one.up_to:g} %, but of 0 there is no percentage"
    return None if each.effect_pct <= one.up_to else f"accepted up to {one.up_to:g} % only"


def _tail(each: Comparison) -> str:
    return f"{each.scenario}.{each.phase}.{each.metric}"

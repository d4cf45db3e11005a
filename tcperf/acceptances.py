"""Known changes for the worse: which of them tcperf.toml accepts today.  Pure.

An acceptance covers a change up to its size and through its last day; one that does neither says so in the
comparison's note, and an expired one in a warning.  It covers what cannot be told, too, where the whole interval is
within its size: that it is not larger than was accepted is certain.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from attrs import evolve

from tcperf.comparison import Comparison
from tcperf.judging import fewest
from tcperf.rules import Acceptance

#: How the warning of one that has ended begins.
ACCEPTANCE: Final = "the acceptance of"


def accept(each: Comparison, acceptances: Iterable[Acceptance], today: date) -> Comparison:
    """The comparison with ``accepted`` set where it is gated, worse or in doubt, and covered.

    Else, where it is worse, with why it is not covered.  Of several that cover it the last one is named, of several
    that do not the last one's reason.
    """
    if not each.gated or not (each.change == "worse" or _is_bounded(each)):
        return each
    matching = [one for one in acceptances if fnmatchcase(_tail(each), one.match)]
    covering = [one for one in matching if _refusal(one, each, today) is None]
    if covering:
        return evolve(each, accepted=f"{covering[-1].reason} (until {covering[-1].until.isoformat()})")
    if each.change != "worse" or not matching:
        return each
    return evolve(each, note=_refusal(matching[-1], each, today))


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
    size = each.effect_pct if each.change == "worse" else each.high_pct
    if size is None:
        return f"accepted up to {one.up_to:g} %, but of 0 there is no percentage"
    return None if size <= one.up_to else f"accepted up to {one.up_to:g} % only"


def _is_bounded(each: Comparison) -> bool:
    """Whether it cannot be told, and yet no more than some size is certain, by as many pairs as an OK takes."""
    return (
        each.change == "cannot_tell"
        and each.high_pct is not None
        and each.pairs >= fewest(paired=each.paired)
    )


def _tail(each: Comparison) -> str:
    return f"{each.scenario}.{each.phase}.{each.metric}"

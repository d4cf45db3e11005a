"""In which lane each run of a round is played, so that lanes and their order favour no side.  Pure.

Lanes are not all alike, and those of one round begin one after another, the lowest first.  So in each lane there are
to be as many runs of the head as of the base, and of the pairs as many whose base begins first as of the others.  Only
runs that count are asked: what was spoilt leaves the lanes as uneven as they were before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from tcperf.schedule import Part, Round, Side, Slot

_SIGN: Final[dict[Side, int]] = {"head": 1, "base": -1}

#: The slots of a pair that were played, one or two, each with the number of its round.
Played = Sequence[tuple[int, Slot]]


@frozen
class Balance:
    """What the runs that count leave uneven.

    ``lean`` has, of each lane, how many more heads than bases there were; ``earlier`` is how many more pairs began
    with the base than with the head, and ``rounds_earlier`` the same of those pairs alone that took two rounds.
    """

    lean: Counter[int] = field(factory=Counter)
    earlier: int = 0
    rounds_earlier: int = 0


def balance(pairs: Iterable[Played]) -> Balance:
    """The balance of pairs, those that are half played among them."""
    lean, earlier, rounds_earlier = Counter[int](), 0, 0
    for played in pairs:
        for _now, slot in played:
            lean[slot.lane] += _SIGN[slot.side]
        if len(played) > 1:
            (begun, first), (ended, _last) = sorted(played, key=_begin)
            earlier -= _SIGN[first.side]
            rounds_earlier -= _SIGN[first.side] if begun < ended else 0
    return Balance(lean, earlier, rounds_earlier)


def _begin(played: tuple[int, Slot]) -> tuple[int, int]:
    now, slot = played
    return now, slot.lane


def seat(parts: Sequence[Part], lanes: int, before: Balance) -> Round:
    """A round of these parts, at most as many as there are lanes, in the order of their lanes.

    Each side gets the lanes in which it was less often; where that leaves a choice, pairs begin with the base and with
    the head in turn.
    """
    free = list(range(lanes))
    halves, pairs = _sorted(parts)
    made = [Slot(half.pair, half.side, _lane_of(half.side, free, before.lean)) for half in halves]
    earlier = before.earlier
    for pair in pairs:
        lane, other = _two_lanes(free, before.lean)
        first = _first(before.lean[lane], before.lean[other], earlier)
        made += [Slot(pair, first, lane), Slot(pair, _other(first), other)]
        earlier -= _SIGN[first]
    return tuple(sorted(made, key=lambda slot: slot.lane))


def _sorted(parts: Sequence[Part]) -> tuple[list[Part], list[int]]:
    """The halves of pairs that take two rounds, and the whole pairs, in their order."""
    runs = Counter(part.pair for part in parts)
    halves = [part for part in parts if runs[part.pair] == 1]
    return halves, [pair for pair, count in runs.items() if count > 1]


def _lane_of(side: Side, free: list[int], lean: Mapping[int, int]) -> int:
    """Takes the lane that leans most to the other side; of like ones the last, in which the first half was, too."""
    lane = max(free, key=lambda each: (-_SIGN[side] * lean[each], each))
    free.remove(lane)
    return lane


def _two_lanes(free: list[int], lean: Mapping[int, int]) -> tuple[int, int]:
    """Takes the most uneven lane, and the nearest one that makes up for it; the lower one first."""
    lane = max(free, key=lambda each: (abs(lean[each]), -each))
    free.remove(lane)
    other = min(free, key=lambda each: (abs(lean[lane] + lean[each]), abs(each - lane)))
    free.remove(other)
    return min(lane, other), max(lane, other)


def _first(lean: int, other_lean: int, earlier: int) -> Side:
    """The side of the lower of two lanes, which begins first."""
    if lean != other_lean:
        return "base" if lean > other_lean else "head"
    return "base" if earlier <= 0 else "head"


def _other(side: Side) -> Side:
    return "head" if side == "base" else "base"

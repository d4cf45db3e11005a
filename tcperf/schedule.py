"""Which run is played when and where, so that neither side is favoured.  Pure.

Pair 0 plays base then head, pair 1 head then base, and so on: A B B A A B B A.  With several lanes a *round* is
played side by side.  Whole pairs are gathered into *heats*: the fewest rounds that can be played and leave no pair
half done.  With an even number of lanes a heat is one round, with an odd number two.  Lanes are not all alike either:
the two sides exchange theirs from round to round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Literal

from attrs import frozen

#: Of the planned pairs one in so many may be made again, but always so many.
_REDO_SHARE: Final = 3
_REDO_LEAST: Final = 3

Side = Literal["head", "base"]


@frozen
class Slot:
    """One run in a round: of which pair and side, and in which lane."""

    pair: int
    side: Side
    lane: int


Round = tuple[Slot, ...]
#: Rounds after which every pair that was begun is whole.
Heat = tuple[Round, ...]


def heats(pairs: Sequence[int], lanes: int, before: Iterable[Round] = ()) -> tuple[Heat, ...]:
    """The heats that play these pairs, in their order, after the rounds ``before``.

    In each round there is at most one slot a lane.
    """
    lean = Counter[int]()  # of each lane: heads less bases
    for played in before:
        _add(lean, played)
    return tuple(_heat(share, lanes, lean) for share in _shares(pairs, lanes))


def _add(lean: Counter[int], played: Round) -> None:
    lean.update({slot.lane: 1 if slot.side == "head" else -1 for slot in played})


def _shares(pairs: Sequence[int], lanes: int) -> Iterator[tuple[int, ...]]:
    """The pairs of each heat.

    Where the last pairs do not fill two rounds of an odd number of lanes, whole pairs are put side by side.
    """
    rest = iter(pairs)
    left = len(pairs)
    while left:
        size = lanes if lanes % 2 and left >= lanes else max(1, lanes // 2)
        yield tuple(islice(rest, size))
        left -= min(size, left)


def _heat(pairs: tuple[int, ...], lanes: int, lean: Counter[int]) -> Heat:
    if 2 * len(pairs) <= lanes:
        side_by_side = tuple(_side_by_side(pairs, lean))
        _add(lean, side_by_side)
        return (side_by_side,)
    runs = [(pair, side) for pair in pairs for side in order(pair)]
    first = [Slot(pair, side, lane) for lane, (pair, side) in enumerate(runs[:lanes])]
    return tuple(first), tuple(_exchanged(first, runs[lanes:]))


def _side_by_side(pairs: tuple[int, ...], lean: Counter[int]) -> Iterator[Slot]:
    """Whole pairs in one round, each in two lanes: the side that was less often in a lane gets it."""
    for place, pair in enumerate(pairs):
        lane, other = 2 * place, 2 * place + 1
        sides: tuple[Side, Side] = ("base", "head") if lean[lane] >= lean[other] else ("head", "base")
        yield from (Slot(pair, sides[0], lane), Slot(pair, sides[1], other))


def _exchanged(first: Sequence[Slot], runs: Sequence[tuple[int, Side]]) -> Iterator[Slot]:
    """The runs that follow a round, each in a lane in which the other side has just played."""
    free: dict[Side, list[int]] = {"head": [], "base": []}
    for slot in first:
        free["head" if slot.side == "base" else "base"].append(slot.lane)
    for pair, side in runs:
        yield Slot(pair, side, free[side].pop(0))


def order(pair: int) -> tuple[Side, Side]:
    """The sides of a pair in the order in which they play: A B, then B A."""
    return ("base", "head") if pair % 2 == 0 else ("head", "base")


def next_look(done: int, most: int, looks: Sequence[int]) -> int:
    """How many pairs to have when it is looked next whether all is decided; ``most`` where there is no look before."""
    return min((look for look in looks if done < look <= most), default=most)


def redo_cap(pairs: int) -> int:
    """How many pairs may be made again where ``pairs`` are planned."""
    return max(_REDO_LEAST, pairs // _REDO_SHARE)


def rounds_left(pairs: int, lanes: int) -> int:
    """How many rounds so many pairs take."""
    return sum(len(heat) for heat in heats(range(pairs), lanes))


def fits(heat_s: float, left_s: float | None, done: int, first_look: int, *, is_first: bool) -> bool:
    """Whether a heat of ``heat_s`` may begin with ``left_s`` of the budget left (None: there is none).

    The very first always may.  Until there are pairs for the first look one may as long as there is time, for too few
    are no verdict; what was spoilt and is made again has no more right to it than other pairs.
    """
    if left_s is None or is_first:
        return True
    return left_s > 0 if done < first_look else heat_s <= left_s


def share_of_budget(left_s: float | None, weights: Sequence[float | None]) -> float | None:
    """The budget of the first of the scenarios still to be played, by ``weights``, the lengths of their runs.

    Where one is not known all count alike.
    """
    if left_s is None:
        return None
    known = [weight for weight in weights if weight]
    if len(known) < len(weights):
        return left_s / len(weights)
    return left_s * known[0] / sum(known)

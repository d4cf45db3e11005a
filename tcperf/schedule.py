"""Which run is played when, so that neither side is favoured.  Pure.

Pair 0 plays base then head, pair 1 head then base, and so on: A B B A A B B A.  With several lanes a *round* is
played side by side.  Whole pairs are gathered into *heats*: the fewest rounds that fill all lanes and leave no pair
half done.  With an even number of lanes a heat is one round, with an odd number two, and one pair takes both.  In which
lane each run is played is said when its round begins (``tcperf.seating``).

No lane idles while there are pairs to play: what a heat has room for beyond the next look is played with it, and
counts at that look, whatever it says.  So with several lanes there may be more pairs at a look than it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from attrs import frozen

#: Of the planned pairs one in so many may be made again, but always so many.
_REDO_SHARE: Final = 3
_REDO_LEAST: Final = 3

Side = Literal["head", "base"]


@frozen
class Part:
    """One run: of which pair and side."""

    pair: int
    side: Side


@frozen
class Slot:
    """One run in a round: of which pair and side, and in which lane."""

    pair: int
    side: Side
    lane: int


Round = tuple[Slot, ...]
#: The rounds, with no lanes yet, after which every pair that was begun is whole.
Heat = tuple[tuple[Part, ...], ...]


def next_heat(pairs: Sequence[int], lanes: int, rounds_earlier: int = 0) -> Heat:
    """The heat that plays the first of these pairs, as many as the lanes take.

    Of those that count and took two rounds, so many more began with the base than with the head.  Without pairs there
    is no round.
    """
    taken = tuple(pairs[: _size(len(pairs), lanes)])
    if not taken:
        return ()
    if 2 * len(taken) <= lanes:
        return (tuple(_whole(taken)),)
    middle = len(taken) // 2
    first, last = _turn(taken[middle], rounds_earlier)
    return (*_whole(taken[:middle]), first), (last, *_whole(taken[middle + 1 :]))


def _size(left: int, lanes: int) -> int:
    """How many of the pairs that are left a heat takes.

    Where the last ones do not fill two rounds of an odd number of lanes, whole pairs are put side by side.
    """
    return lanes if lanes % 2 and left >= lanes else max(1, lanes // 2)


def _whole(pairs: Iterable[int]) -> Iterator[Part]:
    return (Part(pair, side) for pair in pairs for side in order(pair))


def _turn(pair: int, rounds_earlier: int) -> tuple[Part, Part]:
    """The runs of a pair that takes two rounds: first that of the side that was less often first."""
    first, last = order(pair)
    if rounds_earlier:
        first, last = ("head", "base") if rounds_earlier > 0 else ("base", "head")
    return Part(pair, first), Part(pair, last)


def order(pair: int) -> tuple[Side, Side]:
    """The sides of a pair in the order in which they play: A B, then B A."""
    return ("base", "head") if pair % 2 == 0 else ("head", "base")


# --- looks -------------------------------------------------------------------------------------------


def rounds_of(runs: int, lanes: int) -> int:
    """How many rounds so many runs take."""
    return -(-runs // lanes)


def looks_of(lanes: int, looks: Sequence[int]) -> tuple[int, ...]:
    """How many pairs there are at each look where so many lanes are filled: 9, 12, 15, 21 and 30 for 6 lanes.

    Where pairs are made again there may be fewer or more; what they say makes no difference to how many there are.
    """
    return tuple(dict.fromkeys(rounds_of(2 * look, lanes) * lanes // 2 for look in looks))


def next_look(done: int, most: int, looks: Sequence[int]) -> int:
    """How many pairs to have when it is looked next whether all is decided; ``most`` where there is no look before."""
    return min((look for look in looks if done < look <= most), default=most)


# --- what is made again, and what there is time for --------------------------------------------------


def redo_cap(pairs: int) -> int:
    """How many pairs may be made again where ``pairs`` are planned."""
    return max(_REDO_LEAST, pairs // _REDO_SHARE)


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

"""The course of one scenario's pairs in their lanes: what was played, and what is left of the heat under way.  Pure.

With an odd number of lanes there may be enough pairs for a look in the middle of a heat.  It is looked then, and what
is left of the heat comes after the look, if anything does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from tcperf import schedule
from tcperf.schedule import Heat, Round, Slot
from tcperf.seating import Balance, balance, seat


class Course:
    """At most ``most`` pairs, in ``lanes``.

    ``counting`` is always: the pairs of which what was played counts, be it a half; all others were spoilt.
    """

    def __init__(self, most: int, lanes: int) -> None:
        self.lanes = lanes
        self._most = most
        self._rounds = 0
        self._played: dict[int, list[tuple[int, Slot]]] = {}
        self._rest: Heat = ()

    @property
    def is_between_heats(self) -> bool:
        """Whether every pair that was begun is whole, but for those that were spoilt."""
        return not self._rest

    def ahead(self, waiting: Sequence[int], counting: Collection[int]) -> Heat:
        """What is left of the heat under way, or else the next one: of the pairs that are ``waiting``, the first ones."""
        return self._rest or schedule.next_heat(waiting, self.lanes, self._balance(counting).rounds_earlier)

    def begin(self, heat: Heat, counting: Collection[int]) -> tuple[Round, Heat]:
        """The first round of what is ``ahead``, which is played now, and what is left of it then.

        What is left of pairs that were spoilt in this heat is not in it.
        """
        if self.is_between_heats:
            self._forget(heat)
        due = [part for part in heat[0] if part.pair in counting or part.pair not in self._played]
        slots = seat(due, self.lanes, self._balance(counting))
        for slot in slots:
            self._played.setdefault(slot.pair, []).append((self._rounds, slot))
        self._rounds += 1
        self._rest = heat[1:]
        return slots, self._rest

    def rounds_left(self, whole: int) -> int:
        """How many rounds follow at most where so many pairs are whole and no more are spoilt."""
        runs = Counter(part.pair for parts in self._rest for part in parts)
        halves = sum(count == 1 for count in runs.values())
        return schedule.rounds_of(2 * (self._most - whole) - halves, self.lanes)

    def _forget(self, heat: Heat) -> None:
        """The pairs of a heat begin: what was played of them before was spoilt."""
        for pair in {part.pair for parts in heat for part in parts}:
            self._played.pop(pair, None)

    def _balance(self, counting: Collection[int]) -> Balance:
        return balance(played for pair, played in self._played.items() if pair in counting)

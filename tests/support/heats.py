"""Pairs in lanes without anybody who plays them: a race from look to look, in which runs may be spoilt."""

from __future__ import annotations

from collections import Counter

from tcperf.course import Course

SIGN = {"head": 1, "base": -1}


def pairs_of(heat):
    """The pairs of a heat, or those of rounds."""
    return {part.pair for parts in heat for part in parts}


class Race:
    """A course as it is really played, look by look; ``rounds`` are those so far.

    ``spoils(number, slots)`` gives the pairs, of those in the round of this number, that are spoilt by it and made
    again, behind all others.
    """

    def __init__(self, lanes, most=30, spoils=lambda _number, _slots: ()):
        self.course = Course(most, lanes)
        self.rounds = []
        self.redone = []
        self._most = most
        self._spoils = spoils
        self._made = {}  # of each pair: (number of the round, slot) of what counts

    @property
    def whole(self):
        """The pairs both runs of which count."""
        return {pair for pair, runs in self._made.items() if len(runs) == 2}

    @property
    def counting(self):
        """(number of the round, slot) of the runs of whole pairs."""
        return [each for runs in self._made.values() if len(runs) == 2 for each in runs]

    def play_round(self, target):
        """Play the next round on the way to so many pairs."""
        missing = [pair for pair in range(self._most) if pair not in self.whole]
        waiting = sorted(missing, key=lambda pair: (pair >= target, self.redone.count(pair), pair))
        heat = self.course.ahead(waiting, self._made.keys())
        slots, _rest = self.course.begin(heat, self._made.keys())
        number = len(self.rounds)
        self.rounds.append(slots)
        for slot in slots:
            self._made.setdefault(slot.pair, []).append((number, slot))
        for pair in self._spoils(number, slots):
            self.redone.append(pair)
            del self._made[pair]

    def reach(self, target):
        """Play until so many pairs are whole; how many rounds that took from the beginning."""
        while len(self.whole) < target:
            self.play_round(target)
        return len(self.rounds)

    # --- what is uneven -------------------------------------------------------------------------------

    @property
    def lean(self):
        """Of each lane, how many more heads than bases count."""
        lean = Counter()
        for _now, slot in self.counting:
            lean[slot.lane] += SIGN[slot.side]
        return lean

    @property
    def lead(self):
        """By how many rounds the heads that count came later than the bases, all together."""
        return sum(now * SIGN[slot.side] for now, slot in self.counting)

    @property
    def earlier(self):
        """How many more pairs that count began with the base than with the head."""
        begun = [
            min((now, slot.lane, slot.side) for now, slot in runs)
            for runs in self._made.values()
            if len(runs) == 2
        ]
        return -sum(SIGN[side] for _now, _lane, side in begun)

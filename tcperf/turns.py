"""Whose turn it is: which runs, or which pairs, are being played, in one lane or in several."""

from __future__ import annotations

from tcperf import events


class Turns:
    """Follows events; what was played last is told until the next begins."""

    def __init__(self) -> None:
        self._most: int | None = None
        self._runs: dict[int, events.RunStarted] = {}
        self._over: set[int] = set()

    def __call__(self, event: events.Event, lane: int = 0) -> None:
        """Take note of an event."""
        match event:
            case events.InLane(lane, inner):
                self(inner, lane)
            case events.RunStarted():
                self._begin(event, lane)
            case events.RunEnded():
                self._over.add(lane)
            case events.PairRedone() | events.PairsDone():  # a run that failed has no end of its own
                self._over.update(self._runs)
            case events.ScenarioStarted():
                self._most = event.pairs
                self._over.update(self._runs)
            case _:
                pass

    def _begin(self, event: events.RunStarted, lane: int) -> None:
        """Whoever has ended has left the stage as soon as somebody else enters it."""
        for ended in self._over:
            self._runs.pop(ended, None)
        self._over.clear()
        self._runs[lane] = event

    def __str__(self) -> str:
        """``one_to_one, pair 8 of at most 30, head``; of several ``one_to_one, pairs 7, 8 and 9 of at most 30``."""
        if not self._runs:
            return ""
        first = self._runs[min(self._runs)]
        pairs = sorted({run.pair + 1 for run in self._runs.values() if run.pair is not None})
        if not pairs or self._most is None:
            return f"{first.scenario}, {first.title}"
        side = f", {first.side}" if len(self._runs) == 1 and first.side else ""
        return f"{first.scenario}, {_listed(pairs)} of at most {self._most}{side}"


def _listed(pairs: list[int]) -> str:
    *most, last = map(str, pairs)
    return f"pairs {', '.join(most)} and {last}" if most else f"pair {last}"

"""How long it will take: from the runs that were made, before that from what the parameters say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tcperf import events
from tcperf.runner import Plan

#: Making two accounts, connecting them and warming up, without a measured message, takes about as long as
#: this many messages; starting and ending the processes about this many seconds more.
_PREPARATION_MESSAGES = 6
_PROCESSES_S = 1.2


def first_guesses(plans: Iterable[Plan], message_s: float) -> dict[str, float | None]:
    """Seconds of one run of each plan, by scenario; None where the scenario says nothing of itself.

    ``message_s`` is about what one message takes on this kind of node.
    """
    return {plan.scenario.name: _guess(plan, message_s) for plan in plans}


def _guess(plan: Plan, message_s: float) -> float | None:
    """From parameters that mean the same in every scenario: ``messages``, each a ``step``; ``seconds``."""
    messages, seconds, step = (
        float(getattr(plan.params, name, 0)) for name in ("messages", "seconds", "step")
    )
    if not messages and not seconds:
        return None
    each = max(step, message_s)
    return _PROCESSES_S + _PREPARATION_MESSAGES * message_s + messages * each + seconds


class Remaining:
    """Follows the events of all scenarios; tells the rest in seconds at any moment.

    ``first_guess`` maps each scenario to the seconds of one run, None where nothing is known; ``runs`` to
    its number of runs, in pairs to the most there can be: then the rest is at most so long.
    """

    def __init__(self, first_guess: Mapping[str, float | None], runs: Mapping[str, int]) -> None:
        self._guess = dict(first_guess)
        self._left = dict(runs)
        self._finished: dict[str, list[float]] = {name: [] for name in runs}
        self.is_bound = False

    def __call__(self, event: events.Event) -> None:
        """Take note of an event."""
        match event:
            case events.ScenarioStarted():
                self.is_bound = event.pairs is not None
            case events.RunEnded():
                finished = self._finished[event.scenario]
                finished.append(event.seconds)
                self._guess[event.scenario] = sum(finished) / len(finished)
                self._left[event.scenario] = max(0, self._left[event.scenario] - 1)
            case events.PairsDone():
                self._guess[event.scenario], self._left[event.scenario] = event.round_s, event.rounds_left
            case events.ScenarioFailed() | events.ScenarioEnded():
                self._left[event.scenario] = 0
            case _:
                pass

    def seconds(self, elapsed_of_run_s: float = 0.0) -> float | None:
        """The time left, the present run's ``elapsed_of_run_s`` taken off; None where a guess is missing."""
        guesses = [(self._guess[name], left) for name, left in self._left.items() if left]
        if any(guess is None for guess, _left in guesses):
            return None
        total = sum((guess or 0.0) * left for guess, left in guesses)
        return max(0.0, total - elapsed_of_run_s)

"""How long it will take: from the runs that were made, before that from what the parameters say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from tcperf import events
from tcperf.capabilities import Capability
from tcperf.plan import Plan

#: Making the network, and ending all processes.
_RUN_S: Final = 1.0
#: Before anything is measured, messages go to and fro: the first ones carry key bundles and profiles.
_WARM_UPS: Final = 2


@frozen
class Pace:
    """About how many seconds things take on a kind of node, where nothing else is asked of the machine.

    ``message_s``: a message that is waited for.  ``together_s``: each of many that are sent at once.  ``node_s``: a
    node, from its start to its account.  ``resend_s``: until what nobody acknowledged is sent again.
    """

    message_s: float
    together_s: float = 0.0
    node_s: float = 0.0
    resend_s: float = 0.0


def first_guesses(plans: Iterable[Plan], pace: Pace) -> dict[str, float | None]:
    """Seconds of one run of each plan, by scenario; None where the scenario says nothing of itself.

    ``pace`` is that of the nodes.
    """
    return {plan.scenario.name: _guess(plan, pace) for plan in plans}


def _guess(plan: Plan, pace: Pace) -> float | None:
    """From parameters that mean the same in every scenario: ``messages``, each a ``step``; ``seconds``, ``drain``.

    Where a ``drain`` is asked for, messages are sent at once.  Where nodes go and come back while there are messages,
    some of these are sent again.
    """
    messages, seconds, drain = (plan.number(name) or 0.0 for name in ("messages", "seconds", "drain"))
    if not messages and not seconds:
        return None
    nodes = plan.nodes
    warm_up_s = (nodes - 1) * _WARM_UPS * pace.message_s if messages else 0.0
    each_s = plan.number("step") or (pace.message_s if plan.number("drain") is None else pace.together_s)
    again_s = pace.resend_s if messages and Capability.RESTART in plan.scenario.needs else 0.0
    return _RUN_S + nodes * pace.node_s + warm_up_s + messages * each_s + again_s + seconds + drain


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

"""An event in one line, as a log has it."""

from __future__ import annotations

from tcperf import events
from tcperf.errors import NotSupportedError
from tcperf.units import humanize

_MS_PER_S = 1000.0
#: A run that is the only one needs no line of its own.
_ONLY_RUN = "run 1 of 1"


def duration(seconds: float) -> str:
    """A duration for people: "1.90 s", "3 min 20 s"."""
    return humanize(seconds * _MS_PER_S, "ms")


def describe(event: events.Event) -> str | None:
    """An event in one line of a log; None for those that would only fill it."""
    match event:
        case events.ScenarioStarted(scenario, runs, estimate_s, pairs):
            estimate = "" if estimate_s is None else f", about {duration(estimate_s)}"
            many = counted(runs, "run") if pairs is None else f"at most {counted(pairs, 'pair')}"
            return f"{scenario}: {many}{estimate}"
        case events.RunStarted(scenario, _number, title) if title != _ONLY_RUN:
            return f"{scenario}: {title}"
        case events.PhaseEnded(scenario, phase, seconds):
            return f"{scenario}: {phase} took {duration(seconds)}"
        case events.RunEnded(scenario, number, seconds):
            return f"{scenario}: run {number} is over after {duration(seconds)}"
        case events.ScenarioFailed(scenario, error):
            return f"{scenario}: {'failed' if not isinstance(error, NotSupportedError) else 'not supported'}"
        case _:
            return _describe_pairs(event)


def _describe_pairs(event: events.Event) -> str | None:
    match event:
        case events.LanesChosen(scenario, _lanes, reason):
            return f"{scenario}: {reason}"
        case events.PairRedone(scenario, pair, reason):
            return f"{scenario}: pair {pair + 1} is made again: {reason}"
        case events.PairsDone(scenario):
            return f"{scenario}: {pairs_done(event)}{time_left(event)}"
        case _:
            return None


def pairs_done(event: events.PairsDone) -> str:
    """``7 of at most 30 pairs, messages sent_bytes +6.2 % (4.9 … 7.6)``."""
    return f"{event.pairs} of at most {counted(event.most, 'pair')}{finding(event)}"


def counted(number: int, what: str) -> str:
    """``1 pair``, ``7 pairs``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def finding(event: events.PairsDone) -> str:
    """``, messages sent_bytes +6.2 % (4.9 … 7.6)``; "" where nothing was found yet."""
    return "" if event.finding is None else f", {event.finding}"


def time_left(event: events.PairsDone) -> str:
    """``, at most 2 min 40 s left``; "" where no round follows."""
    rest_s = event.rounds_left * event.round_s
    return f", at most {duration(rest_s)} left" if rest_s else ""

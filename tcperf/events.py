"""What happens while scenarios run, for whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from tcperf.errors import TcperfError


@frozen
class ScenarioStarted:
    """A scenario begins; ``estimate_s`` is for all its runs, None where nothing is known.

    Where it is played in pairs, there will be at most ``pairs`` of them; None where it is not.
    """

    scenario: str
    runs: int
    estimate_s: float | None
    pairs: int | None = None


@frozen
class RunStarted:
    """A run begins; ``number`` counts from 1, ``title`` is what it is called: "run 2 of 3", "pair 3, head".

    ``pair`` counts from 0, ``side`` is that of its run; None where it is in no pair.
    """

    scenario: str
    number: int
    title: str
    pair: int | None = None
    side: str | None = None


@frozen
class PhaseStarted:
    """A phase begins."""

    scenario: str
    phase: str


@frozen
class OperationDone:
    """A message was delivered or another timed operation is over; ``count`` of the run so far."""

    count: int


@frozen
class PhaseEnded:
    """A phase is over."""

    scenario: str
    phase: str
    seconds: float


@frozen
class RunEnded:
    """A run is over and its network gone."""

    scenario: str
    number: int
    seconds: float


@frozen
class LanesChosen:
    """So many runs will be played side by side; ``reason`` says how many, and why."""

    scenario: str
    lanes: int
    reason: str


@frozen
class PairRedone:
    """A pair, counted from 0, does not count and is made again, and why."""

    scenario: str
    pair: int
    reason: str


@frozen
class PairsDone:
    """So many of ``most`` pairs are there; ``finding`` is what they say so far, None where that is nothing yet.

    ``rounds_left`` of about ``round_s`` seconds follow at most.
    """

    scenario: str
    pairs: int
    most: int
    rounds_left: int
    round_s: float
    finding: str | None = None


@frozen
class ScenarioFailed:
    """A scenario has no numbers: it failed, or, with NotSupportedError, the node cannot play it."""

    scenario: str
    error: TcperfError


@frozen
class ScenarioEnded:
    """All runs of a scenario are over."""

    scenario: str


RunEvent = RunStarted | PhaseStarted | OperationDone | PhaseEnded | RunEnded


@frozen
class InLane:
    """What happens in one of several lanes, side by side with what happens in the others."""

    lane: int
    event: RunEvent


Event = (
    ScenarioStarted
    | RunEvent
    | InLane
    | LanesChosen
    | PairRedone
    | PairsDone
    | ScenarioFailed
    | ScenarioEnded
)
Observer = Callable[[Event], None]

"""What happens while scenarios run, for whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from tcperf.errors import TcperfError


@frozen
class ScenarioStarted:
    """A scenario begins; ``estimate_s`` is for all its runs, None where nothing is known."""

    scenario: str
    runs: int
    estimate_s: float | None


@frozen
class RunStarted:
    """A run begins; ``number`` counts from 1."""

    scenario: str
    number: int
    runs: int


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
class ScenarioFailed:
    """A scenario failed: it has no numbers."""

    scenario: str
    error: TcperfError


@frozen
class ScenarioEnded:
    """All runs of a scenario are over."""

    scenario: str


Event = (
    ScenarioStarted
    | RunStarted
    | PhaseStarted
    | OperationDone
    | PhaseEnded
    | RunEnded
    | ScenarioFailed
    | ScenarioEnded
)
Observer = Callable[[Event], None]

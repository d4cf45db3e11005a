"""The single runs as report.html shows them: whether their traffic adds up, their processes and files.  Values, no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.model import NodeExit, Result, Run
from tcperf.reports.closure import CaptureView, ClosingView, capture_view, closing_view

#: The runs whose traffic is held against itself line by line, those first that do not add up; and those whose processes
#: are told.  The page stays light, and results.json has all.
LISTED_CLOSINGS: Final = 24
LISTED_RUNS: Final = 30
#: What results say of a warm-up (``tcperf.warm_up``, which runs scenarios and is nothing for a report to import).
WARM_UP: Final = "warm-up"


@frozen
class RunView:
    """A run's processes and what it left behind: the nodes' logs, its series and its capture."""

    run: Run
    exits: tuple[tuple[str, NodeExit], ...]
    logs: tuple[str, ...]
    files: tuple[str, ...]


@frozen
class RunsView:
    """``told`` says how many runs count, and what the others are, "" where all do.  Of ``closings``, ``captures`` and ``runs`` those ``hidden`` are not told singly, for there are too many."""

    closings: tuple[ClosingView, ...]
    captures: tuple[CaptureView, ...]
    runs: tuple[RunView, ...]
    told: str
    hidden_closings: int
    hidden_captures: int
    hidden_runs: int

    @property
    def is_any_signalled(self) -> bool:
        """Whether a signal ended a process of those runs that are told."""
        return any(exit_.status < 0 for run in self.runs for _name, exit_ in run.exits)


def runs_view(result: Result) -> RunsView:
    """All of it; runs in their order, but first those whose traffic does not add up."""
    closings = sorted(_closings(result), key=lambda view: view.closing.closes)
    captures = sorted(_captures(result), key=lambda view: view.capture.is_exact)
    return RunsView(
        closings=tuple(closings[:LISTED_CLOSINGS]),
        captures=tuple(captures[:LISTED_CLOSINGS]),
        runs=tuple(_run(run) for run in result.runs[:LISTED_RUNS]),
        told=_told(result.runs),
        hidden_closings=len(closings[LISTED_CLOSINGS:]),
        hidden_captures=len(captures[LISTED_CLOSINGS:]),
        hidden_runs=len(result.runs[LISTED_RUNS:]),
    )


def _told(runs: Sequence[Run]) -> str:
    """``20 count, 2 warm-ups, 1 discarded``."""
    warm = sum(run.discarded and run.discarded_because == WARM_UP for run in runs)
    left = sum(run.discarded for run in runs) - warm
    if not warm + left:
        return ""
    kinds = ((warm, "warm-up" if warm == 1 else "warm-ups"), (left, "discarded"))
    return ", ".join(
        (f"{len(runs) - warm - left} count", *(f"{number} {what}" for number, what in kinds if number))
    )


def _closings(result: Result) -> Iterator[ClosingView]:
    views = (closing_view(run) for run in result.runs)
    return (view for view in views if view is not None)


def _captures(result: Result) -> Iterator[CaptureView]:
    views = (capture_view(run) for run in result.runs)
    return (view for view in views if view is not None)


def _run(run: Run) -> RunView:
    files = (run.series, None if run.capture is None else run.capture.file)
    return RunView(
        run=run,
        exits=tuple(run.exits.items()),
        logs=tuple(_logs(run)),
        files=tuple(name for name in files if name is not None),
    )


def _logs(run: Run) -> Iterator[str]:
    """The names under which the nodes' output was kept."""
    nodes = dict.fromkeys((*(name for phase in run.phases for name in phase.nodes), *run.exits))
    for node in nodes:
        yield f"logs/{run.id}.{node}.log"

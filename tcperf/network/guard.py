"""The guard: where no broker starts the nodes, it ends them should the driver be killed.

``python -m tcperf.network.guard`` is told of every node (``tcperf.network.pipes``) and of the run's folder.
When its input ends before it was told that all is over, the driver is dead: it kills what the nodes have
become and removes the folder.  Should both be killed at once, the nodes stay, for no system but Linux ends a
process with its parent; the next tcperf removes the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tcperf.clock import Deadline
from tcperf.network import pipes
from tcperf.network.families import Leader, end
from tcperf.workdir import remove

_END_DEADLINE_S = 10.0


class Guard(pipes.PipedHelper):
    """The driver's end of a running guard."""

    def __init__(self, folder: str | None) -> None:
        super().__init__("the nodes' guard", "tcperf.network.guard")
        self.ask("protect", folder=folder)

    def watch(self, leader: Leader) -> None:
        """Tell it of a program that was started."""
        self.ask("watch", pid=leader.pid, created=leader.created)

    def dismiss(self) -> None:
        """Tell it that all is over: nothing is left to do, and the folder is the driver's to remove."""
        self.ask("dismiss")


class Duty:
    """What the guard is told; every method is one request."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._leaders: list[Leader] = []

    def protect(self, folder: str | None) -> None:
        """The run's folder, which is ours to remove."""
        self._folder = folder

    def watch(self, pid: int, created: float) -> None:
        """A program to be ended, if it comes to that."""
        self._leaders.append(Leader(pid, created))

    def dismiss(self) -> None:
        """All is over."""
        self._leaders.clear()
        self._folder = None

    def tidy_up(self) -> None:
        """End every program, and remove the folder."""
        end(self._leaders, Deadline.after(_END_DEADLINE_S))
        if self._folder is not None:
            remove(Path(self._folder))


def main() -> int:
    """Serve the driver, and stand in for it when it is gone."""
    duty = Duty()
    for request in pipes.requests(lambda: None):
        if request is not None:
            pipes.answer(duty, request)
    duty.tidy_up()
    return 0


if __name__ == "__main__":
    sys.exit(main())

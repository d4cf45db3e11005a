"""One exception tree.  Each class has its exit status; a message says what happened, where, and the cure."""

from __future__ import annotations

from typing import ClassVar


class TcperfError(Exception):
    """The root: whatever tcperf itself reports as one clear line.

    ``message`` says what happened and where, ``cure`` what to do about it (None where nothing sensible
    can be advised), ``details`` are further lines worth quoting, such as a node's last log lines.  Details
    may hold another program's text: whoever prints them neutralises them.
    """

    exit_status: ClassVar[int] = 5

    def __init__(self, message: str, *, cure: str | None = None, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.details = details

    def __str__(self) -> str:
        return self.message if self.cure is None else f"{self.message} ({self.cure})"


class UsageError(TcperfError):
    """The command line asks for something that does not exist or does not fit."""

    exit_status = 2


class ConfigError(UsageError):
    """tcperf.toml, a scenario module or the environment is not what it should be."""


class NothingMeasuredError(TcperfError):
    """The node, the scenario or the machine failed: there is no number to print."""

    exit_status = 3


class MachineError(NothingMeasuredError):
    """This machine refuses something tcperf needs."""


class NodeError(NothingMeasuredError):
    """The program under test did not do its part."""


class ScenarioError(NothingMeasuredError):
    """A scenario module broke its contract or failed."""


class NotSupportedError(NothingMeasuredError):
    """The node cannot what the scenario needs: it is not played, and nobody failed."""


class OutputError(NothingMeasuredError):
    """A report cannot be written."""


class NotComparedError(TcperfError):
    """A comparison that was asked for was not made."""

    exit_status = 4


class Interrupted(TcperfError):  # noqa: N818 - not an error: somebody asked us to stop
    """SIGINT or SIGTERM arrived; everything is taken down in order and the exit status is 128 + signal."""

    def __init__(self, signal_number: int, signal_name: str) -> None:
        super().__init__(f"stopped by {signal_name} before it was done")
        self.signal_number = signal_number
        self.exit_status = 128 + signal_number  # type: ignore[misc]  # the one class where it varies

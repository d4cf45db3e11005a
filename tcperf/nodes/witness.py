"""What can be said about a node when something went wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeVar

from tcperf.errors import NodeError

_QUOTED = 200
_Error = TypeVar("_Error", bound=NodeError)


class Witness(Protocol):
    """Knows a node's process: how it fares and what it printed."""

    @property
    def name(self) -> str:
        """The node's name."""

    @property
    def log_path(self) -> Path:
        """Where the node's output is kept."""

    def fate(self) -> str | None:
        """How the process ended ("was killed by SIGKILL"), or None while it runs."""

    def last_lines(self) -> tuple[str, ...]:
        """The last lines it printed, oldest first."""


def failure(
    witness: Witness,
    what: str,
    *,
    cure: str | None = None,
    kind: type[_Error] = NodeError,  # type: ignore[assignment]  # the default of a bound type variable
) -> _Error:
    """The error ``<name> <what>`` with the node's last log lines; without a cure it points to the log."""
    return kind(
        f"{witness.name} {what}", cure=cure or f"its log is {witness.log_path}", details=witness.last_lines()
    )


def loss(witness: Witness, what: str, when: str) -> NodeError:
    """The error for a node that is silent for ever: how its process ended, else ``what`` it did instead."""
    fate = witness.fate()
    return failure(witness, f"{what} {when}" if fate is None else f"{fate} {when}")


def quote(said: Any) -> str:
    """A short, one-line quotation of what another program said: text, bytes or parsed JSON."""
    if isinstance(said, bytes):
        said = said[: 4 * _QUOTED].decode("utf-8", "replace")
    shown = repr(said[: _QUOTED + 1] if isinstance(said, str) else said)
    return shown if len(shown) <= _QUOTED else f"{shown[:_QUOTED]}…"

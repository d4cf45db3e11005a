"""The limits of an exchange: what a server may take of time and of memory."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from tcperf.clock import Deadline

MIB: Final = 1024 * 1024
#: The shortest time-out: a socket takes none of 0.
_LEAST_S: Final = 0.1


@frozen
class Limits:
    """How long a connection may take, how long nothing may come, and how many bytes an answer may have."""

    connect_s: float = 10.0
    read_s: float = 30.0
    answer_bytes: int = 64 * MIB

    @property
    def size(self) -> str:
        """The most bytes, for people: ``64 MiB``."""
        most = self.answer_bytes
        return f"{most // MIB} MiB" if most >= MIB else f"{most} bytes"

    def until(self, deadline: Deadline) -> Limits:
        """The same within what is left until a deadline, to a tenth of a second."""
        left_s = max(_LEAST_S, round(deadline.remaining_s(), 1))
        return evolve(self, connect_s=min(self.connect_s, left_s), read_s=min(self.read_s, left_s))

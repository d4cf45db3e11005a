"""The meter's end of the pipe by which the driver tells the phases' edges; what is in there wakes nobody."""

from __future__ import annotations

import fcntl
import os
import termios
from array import array


class EdgePipe:
    """``descriptor`` is the pipe's, and becomes this object's own: an edge a line, ``<ns> <phase>``."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def told(self) -> list[tuple[int, str]]:
        """The edges that came since the last look: the time (nanoseconds since the epoch) and the phase from then on."""
        waiting = array("i", [0])
        fcntl.ioctl(self._descriptor, termios.FIONREAD, waiting)
        if not waiting[0]:
            return []
        lines = (line.decode().partition(" ") for line in os.read(self._descriptor, waiting[0]).splitlines())
        return [(int(at_ns), phase) for at_ns, _space, phase in lines]

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)

"""The capture that is kept as a file, where one was asked for; trouble with it stops it, and nothing else."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Protocol

from tcperf.captures.writer import CaptureWriter
from tcperf.errors import OutputError
from tcperf.frames.parse import Packet
from tcperf.probes.phase_cuts import OUTSIDE_OF_PHASES


class Keeper(Protocol):
    """Keeps frames in a file."""

    def keep(self, sender: Hashable, time_ns: int, length: int, frame: memoryview, packet: Packet) -> None:
        """Keep a frame, of which ``packet`` was read; ``length`` is its own, ``frame`` may be cut."""


class KeptCapture:
    """Writes a run's frames to ``path``, with the phases' marks; only their headers, unless ``full``.

    Raises OutputError where the file cannot be made.  Whatever goes wrong later is ``problem``, and then no more
    is written.
    """

    def __init__(self, path: Path, *, full: bool) -> None:
        self._writer = CaptureWriter(path, full=full)
        self._full = full
        self._interfaces: dict[Hashable, int] = {}
        self._phase = OUTSIDE_OF_PHASES
        self.problem: str | None = None

    def host(self, name: str, hardware_address: bytes, address: str) -> None:
        """Describe a node's interface."""
        try:
            self._interfaces[name] = self._writer.interface(name, (address,), hardware_address)
        except OutputError as error:
            self.problem = error.message

    def phase(self, name: str) -> None:
        """Frames from now on belong to the phase ``name``."""
        if name != self._phase:
            self._phase = name
            self._writer.mark(name)

    def keep(self, sender: Hashable, time_ns: int, length: int, frame: memoryview, packet: Packet) -> None:
        """Write a frame; one of nobody known has no interface to stand under."""
        interface = self._interfaces.get(sender)
        if interface is None or self.problem is not None:
            return
        try:
            self._writer.frame(
                interface, time_ns, length, frame if self._full else frame[: packet.header_end]
            )
        except OutputError as error:
            self.problem = error.message

    def close(self, lost: int) -> None:
        """End the file; ``lost`` frames are missing in it."""
        if self.problem is not None:
            return
        try:
            self._writer.close(lost)
        except OutputError as error:
            self.problem = error.message

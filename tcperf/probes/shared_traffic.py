"""Traffic of nodes on a network that they share: what a run's stage sees of it, and who can measure it.

A private network's interfaces tell it all; of a shared one the kernel's sockets do, which Linux lets one ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

from attrs import field, frozen

from tcperf.measurement import Measurement
from tcperf.network.interface import Mode
from tcperf.system import this_system


@frozen
class PhaseTraffic:
    """One phase: measurements of each node and of the machine, by metric key; what cannot be had is absent.

    ``control`` is what each node moved at the port it is driven by, which no measurement holds: payload bytes
    sent and received.
    """

    nodes: Mapping[str, Mapping[str, Measurement]] = field(factory=dict)
    totals: Mapping[str, Measurement] = field(factory=dict)
    control: Mapping[str, tuple[int, int]] = field(factory=dict)


class SharedTraffic(Protocol):
    """Measures phase by phase, for one run.  A context manager; it raises nothing that a run could fail by."""

    def watch(self, name: str, pid: int, control_port: int) -> None:
        """Measure a node, too: its process and descendants.  Called in a phase, it holds for all of the phase.

        What passes at ``control_port``, where the node is driven, is none of its own traffic.
        """

    def begin(self) -> None:
        """A phase begins when this returns."""

    def end(self) -> PhaseTraffic:
        """The phase has ended when this is called; without a begin there is nothing to tell."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be, each thing once."""

    def close(self) -> None:
        """Give back what is held; safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...


class NoTraffic:
    """Where there is nothing to measure here: a SharedTraffic that finds nothing, and costs nothing."""

    warnings: tuple[str, ...] = ()

    def watch(self, name: str, pid: int, control_port: int) -> None:
        """Nothing comes of it."""

    def begin(self) -> None:
        """Nothing begins."""

    def end(self) -> PhaseTraffic:
        """No measurement at all."""
        return PhaseTraffic()

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def open_shared_traffic(mode: Mode) -> SharedTraffic:
    """What measures the nodes' traffic on a shared network; on a private one, and on other systems, nothing."""
    if mode == "host" and this_system().is_linux:
        from tcperf.probes.host_traffic import HostTraffic

        return HostTraffic()
    return NoTraffic()

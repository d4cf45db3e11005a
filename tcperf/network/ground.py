"""Which network this machine allows, and what must be said of it."""

from __future__ import annotations

from attrs import frozen

from tcperf.errors import MachineError
from tcperf.model import Conditions
from tcperf.network.run_network import Mode, RunNetwork

_ASKED = "no traffic was measured: the nodes shared this machine's network (--network host)"
_REFUSED = "no traffic was measured, for there can be no private network here"


@frozen
class Ground:
    """The network that runs take place on; its warnings travel with the results."""

    mode: Mode
    conditions: Conditions
    warnings: tuple[str, ...]


def choose_ground(asked: str | None) -> Ground:
    """The network that was asked for ("private", "host"); for None the private one, where it can be had.

    Raises MachineError where the private one was asked for and this machine refuses it.
    """
    if asked == "host":
        return _ground("host", _ASKED)
    try:
        return _ground("private")
    except MachineError as error:
        if asked == "private":
            raise
        return _ground("host", f"{_REFUSED}: {error}")


def _ground(mode: Mode, *warnings: str) -> Ground:
    """Try the network with one host: namespaces, links and all."""
    with RunNetwork(mode) as network:
        network.add_host("trial")
        return Ground(mode, network.conditions, warnings)

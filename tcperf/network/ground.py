"""Which network this machine allows, and what must be said of it."""

from __future__ import annotations

from attrs import frozen

from tcperf.errors import MachineError
from tcperf.link import Link
from tcperf.model import Conditions
from tcperf.network.interface import Mode
from tcperf.network.opening import open_network

_ASKED = "no frame was counted: the nodes shared this machine's network (--network host)"
_REFUSED = "no frame was counted, for there can be no private network here"


@frozen
class Ground:
    """The network that runs take place on; its warnings travel with the results."""

    mode: Mode
    conditions: Conditions
    warnings: tuple[str, ...]


def choose_ground(asked: str | None, link: Link | None = None) -> Ground:
    """The network that was asked for ("private", "host"); for None the private one, where it can be had.

    ``link`` is how bad its links are to be, which asks for a private one, too.  Raises MachineError where the
    private one was asked for and this machine refuses it, or cannot make its links bad.
    """
    if asked == "host":
        return _ground("host", None, _ASKED)
    bad = link if link != Link() else None
    try:
        return _ground("private", bad)
    except MachineError as error:
        if asked == "private" or bad is not None:
            raise
        return _ground("host", None, f"{_REFUSED}: {error}")


def _ground(mode: Mode, link: Link | None, *warnings: str) -> Ground:
    """Try the network with one host: namespaces, links and all."""
    with open_network(mode, link=link) as network:
        network.add_host("trial")
        return Ground(mode, network.conditions, warnings)

"""Who is there: the containers that are found now, each life of one with its place in the kernel's counting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.errors import MachineError, TcperfError, UsageError
from tcperf.measurement import Exactness
from tcperf.quoting import shown
from tcperf.watching import container_group, container_network, table
from tcperf.watching.container_choice import Finder
from tcperf.watching.container_control import Control
from tcperf.watching.container_engine import Running
from tcperf.watching.table import Identity

_HOST: Final = "host"
_JOINED: Final = "container:"


@frozen
class Container:
    """One life of a container.

    ``traffic``: how exact its interfaces' counters are; None where they are not its own.  ``is_made_anew``: its group
    was made when it started, so that all that is counted is this life's; nobody knows that of a group that was given.
    """

    name: str
    identity: Identity
    folder: Path
    traffic: Exactness | None
    is_made_anew: bool


class Roster:
    """The containers that ``find`` finds, each looked into once; ``warn`` is told what is less than it could be."""

    def __init__(self, find: Finder, warn: Callable[[str], None]) -> None:
        self._find = find
        self._warn = warn
        self._known: dict[Identity, Container] = {}
        self._controls: dict[Identity, Control] = {}

    def check(self) -> bool:
        """Whether any runs now.  Raises what keeps it from being measured."""
        return bool([self._container(name, running) for name, running in self._find().items()])

    def present(self) -> list[Container]:
        """Those that run now, in the order of their start."""
        try:
            running = dict(self._find())
        except TcperfError as error:
            self._warn(str(error))
            return []
        found = []
        for name, each in running.items():
            try:
                found.append(self._container(name, each))
            except MachineError as error:
                self._warn(str(error))
            except UsageError:  # it has stopped since
                continue
        return sorted(found, key=lambda container: (container.identity.start, container.identity.pid))

    def _container(self, name: str, running: Running) -> Container:
        """Raises UsageError where it has stopped, and MachineError where it cannot be measured."""
        identity = table.identity(running.pid)
        if identity is None:
            raise UsageError(
                f"process {running.pid} of the container {shown(name)} is not to be seen on this machine",
                cure="see that it runs, and run tcperf where the engine is, in the same pid namespace",
            )
        if identity not in self._known:
            try:
                folder = container_group.folder_of(running.pid)
                traffic = self._traffic_of(name, running)
            except ProcessLookupError as error:
                raise UsageError(f"the container {shown(name)} stopped", cure="start it again") from error
            self._known[identity] = Container(name, identity, folder, traffic, bool(running.started))
            control = Control.watch(running.pid) if traffic is not None else None
            if control is not None:
                self._controls[identity] = control
        return self._known[identity]

    def _traffic_of(self, name: str, running: Running) -> Exactness | None:
        shared = running.network_mode == _HOST or container_network.is_shared_with_us(running.pid)
        if shared or (shared is None and not running.network_mode):
            why = "shares this machine's network" if shared else "is not ours to look into (run as root)"
            self._warn(f"{name}: no traffic, for its network {why}")
            return None
        if running.network_mode.startswith(_JOINED):
            self._warn(f"{name}: its network is another container's, too: the traffic is that of both")
            return "bound"
        merging = container_network.merging(running.pid)
        if merging:
            self._warn(
                f"{name}: interfaces count less than a wire would carry, for they hand over many frames as one: "
                f"nsenter -t {running.pid} -n ethtool -K eth0 tso off gso off gro off tx-udp-segmentation off"
            )
        if merging is None:
            self._warn(f"{name}: only root can tell whether its interfaces hand over many frames as one")
        return "exact" if merging == [] else "bound"

    def control(self, container: Container) -> Control | None:
        """What counts its talk with this machine; None where nothing does."""
        return self._controls.get(container.identity)

    def has_ended(self, container: Container) -> None:
        """This life of it is over: its talk is counted no more."""
        if (control := self._controls.pop(container.identity, None)) is not None:
            control.close()

    def close(self) -> None:
        """Count no more; safe to call twice."""
        for control in self._controls.values():
            control.close()
        self._controls.clear()

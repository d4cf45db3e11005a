"""The broker: a small process that owns a run's namespaces and starts everything that lives in them.

Entering a user namespace needs a single-threaded process and changes what a process may do, so the driver
stays outside and asks a broker (``python -m tcperf.network.broker FD``) over a socket pair, ``wire``.

The broker is the janitor, too.  It hears of the driver's death, however sudden, as the end of that socket:
then it kills every process it started or inherited and removes the run's folder.  Should the broker itself
be killed, the kernel kills its children (PR_SET_PDEATHSIG), the driver what these had started, and the
namespaces go with the last process.
"""

from __future__ import annotations

import socket as sockets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcperf.network import linux, wire
from tcperf.network.children import Children
from tcperf.network.emulation import Emulation
from tcperf.network.netdev import INTERFACE
from tcperf.network.packets import ETH_P_ALL
from tcperf.network.space import Space
from tcperf.network.steps import Refused, link_step, step
from tcperf.workdir import remove

if TYPE_CHECKING:
    from tcperf.network.fabric import Fabric

Answer = tuple[object, tuple[int, ...]]


class Broker:
    """One run's namespaces and processes; every method is one request of ``wire``."""

    def __init__(self) -> None:
        self._children = Children()
        self._spaces: dict[str, Space] = {}
        self._fabric: Fabric | None = None
        self._folder: str | None = None

    def open(
        self,
        mode: str,
        folder: str | None,
        link: dict[str, Any] | None = None,
        emulation: Emulation | None = None,
    ) -> Answer:
        """Enter the namespaces (``mode`` "private") or stay in the host's; ``folder`` is ours to remove.

        ``link`` are the fields of a Link: how bad all are, made so by ``emulation`` or the best means there is.
        """
        self._folder = folder
        with step("become the parent of orphans"):
            linux.adopt_orphans()
        if mode == "host":
            return {"namespaces": "none"}, ()
        namespaces = linux.enter_private_network(step)
        from tcperf.network.fabric import Fabric

        self._fabric = Fabric(link, emulation)
        return {"namespaces": namespaces, "emulation": self._fabric.emulation}, ()

    def add_host(self, name: str) -> Answer:
        """A host: its own namespace and link on a private network.  Answers where it is and /proc/net/dev."""
        if self._fabric is None:
            self._spaces[name] = Space(name, own_network=False)
            return {"address": "127.0.0.1"}, ()
        from tcperf.network.links import place

        where = place(len(self._spaces))
        with step(f"make the network namespace of {name}"):
            space = Space(name, own_network=True)
        answer = self._fabric.attach(name, space, where)
        with link_step(f"configure the network of {name}"):
            for other in self._spaces.values():
                other.meet(where)
                space.meet(other.place)
        self._spaces[name] = space
        return answer, (space.open_netdev(), space.open_netdev())

    def leg_socket(self, host: str) -> Answer:
        """A packet socket that sends frames to the host, as if they came from the bridge, and hears nothing."""
        with step(wire.MAKE_BAD_LINKS):
            packets = sockets.socket(sockets.AF_PACKET, sockets.SOCK_RAW, 0)
            packets.bind((self._spaces[host].place.leg, 0))
        return {}, (packets.detach(),)

    def tap(self) -> Answer:
        """A packet socket in the hub's namespace that takes nothing yet, and the bridge's interface index."""
        with step("make a packet socket on the bridge"):
            packets = sockets.socket(sockets.AF_PACKET, sockets.SOCK_RAW, 0)
        return {"bridge": self._joining.bridge}, (packets.detach(),)

    def socket(self, host: str) -> Answer:
        """A new TCP socket of the host."""
        with step(f"make a socket on {host}"):
            return {}, (self._spaces[host].call(_tcp_socket),)

    def packet_socket(self, host: str) -> Answer:
        """A socket that sees every frame of the host's interface, in both directions (packet(7))."""
        with step(f"make a packet socket on {host}"):
            return {}, (self._spaces[host].call(_packet_socket),)

    def spawn(
        self, host: str, argv: list[str], cwd: str, env: dict[str, str], descriptors: list[int]
    ) -> Answer:
        """Start a program on the host; descriptors: its standard output, its standard error, the exit pipe."""
        stdout, stderr, exit_pipe = descriptors
        with step(wire.START_PROGRAM):
            pid, launch_cpu_ns = self._spaces[host].call(
                lambda: self._children.start(
                    argv, cwd, env, stdout=stdout, stderr=stderr, exit_pipe=exit_pipe
                )
            )
        return {"pid": pid, "launch_cpu_ns": launch_cpu_ns}, ()

    def signal(self, pid: int, number: int, group: bool) -> Answer:  # noqa: FBT001 - by name
        """Signal a process that was started here and has not ended, or its ``group``."""
        return {"sent": self._children.signal(pid, number, group=group)}, ()

    def end_processes(self) -> Answer:
        """Kill every process started here and whatever it left behind."""
        left = self._children.end()
        if self._fabric is not None and self._fabric.emulation is not None:
            for space in self._spaces.values():
                space.hush()
        return {"left": left}, ()

    def closing(self) -> Answer:
        """What the bridge copied and what the legs dropped."""
        return self._joining.closing(space.place.leg for space in self._spaces.values()), ()

    @property
    def _joining(self) -> Fabric:
        if self._fabric is None:
            raise LookupError("hosts of the machine's own network have nothing that joins them")
        return self._fabric

    def close(self) -> Answer:
        """End every process, then every namespace's thread, and remove the folder; safe to call twice."""
        left = self._children.end()
        while self._spaces:
            self._spaces.popitem()[1].close()
        if self._fabric is not None:
            self._fabric.close()
            self._fabric = None
        if self._folder is not None:
            remove(Path(self._folder))
        return {"left": left}, ()

    def serve(self, control: sockets.socket) -> None:
        """Answer requests until the driver closes, or is gone."""
        while self._answer(control):
            pass

    def _answer(self, control: sockets.socket) -> bool:
        """Answer one request; False when there are no more."""
        request = wire.receive(control)
        if request is None:
            return False
        message, descriptors = request
        operation = message.pop("op")
        try:
            answer, passed = _handle(getattr(self, operation), message, descriptors)
        finally:
            wire.close_all(descriptors)
        try:
            wire.send(control, answer, passed)
        except OSError:
            return False
        finally:
            wire.close_all(passed)
        return bool(operation != "close")


def _handle(
    method: Callable[..., Answer], arguments: dict[str, Any], descriptors: list[int]
) -> tuple[wire.Message, tuple[int, ...]]:
    if descriptors:
        arguments["descriptors"] = descriptors
    try:
        result, passed = method(**arguments)
    except Refused as refused:
        cause = refused.cause
        return {"step": refused.step, "error": cause.strerror or str(cause), "errno": cause.errno}, ()
    except Exception as error:  # noqa: BLE001 - the driver reports it; a broker that dies tells nothing
        return {"step": wire.OUR_FAULT, "error": f"{type(error).__name__}: {error}", "errno": None}, ()
    return {"ok": result}, passed


def _tcp_socket() -> int:
    return sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM).detach()


def _packet_socket() -> int:
    packets = sockets.socket(sockets.AF_PACKET, sockets.SOCK_RAW, sockets.htons(ETH_P_ALL))
    packets.bind((INTERFACE, ETH_P_ALL))
    return packets.detach()


def main(argv: list[str]) -> int:
    """Serve the driver on the socket whose descriptor is the one argument."""
    control = sockets.socket(fileno=int(argv[0]))
    broker = Broker()
    try:
        broker.serve(control)
    finally:
        broker.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

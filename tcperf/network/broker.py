"""The broker: a small process that owns a run's namespaces and starts everything that lives in them.

Entering a user namespace needs a single-threaded process and changes what a process may do, so the driver
stays outside and asks a broker (``python -m tcperf.network.broker FD``) over a socket pair, ``wire``.

The broker is the janitor, too.  It hears of the driver's death, however sudden, as the end of that socket:
then it kills every process it started or inherited and removes the run's folder.  Should the broker itself
be killed, the kernel kills its children (PR_SET_PDEATHSIG), the driver what these had started, and the
namespaces go with the last process.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket as sockets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcperf.model import Link
from tcperf.network import linux, wire
from tcperf.network.children import Children
from tcperf.network.copies import Copies, CopyCounter
from tcperf.network.emulation import Emulation
from tcperf.network.netdev import INTERFACE, parse
from tcperf.network.packets import ETH_P_ALL
from tcperf.network.shaping import Shaper
from tcperf.network.space import Space

if TYPE_CHECKING:
    from tcperf.network.links import Place

Answer = tuple[object, tuple[int, ...]]


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The host refused ``step``; ``cause`` is its reason."""

    def __init__(self, step: str, cause: OSError) -> None:
        super().__init__(step)
        self.step = step
        self.cause = cause


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Give an OSError of the block the name of what was being tried."""
    try:
        yield
    except OSError as error:
        raise Refused(name, error) from error


@contextlib.contextmanager
def link_step(name: str) -> Iterator[None]:
    """A step over netlink, whose refusals are no OSErrors by themselves."""
    from tcperf.network.links import as_os_errors

    with step(name), as_os_errors():
        yield


class Broker:
    """One run's namespaces and processes; every method is one request of ``wire``."""

    def __init__(self) -> None:
        self._children = Children()
        self._spaces: dict[str, Space] = {}
        self._hub: Any = None
        self._copies: Any = None
        self._shaper: Any = None
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
        namespaces = self._enter()
        from tcperf.network.links import Hub

        with link_step("make the bridge"):
            self._hub = Hub()
        with step("watch the bridge's copies"):
            self._copies = CopyCounter(observe=link is None)
        if link is None:
            return {"namespaces": namespaces}, ()
        with step(wire.MAKE_BAD_LINKS):
            self._shaper = Shaper(Link(**link), emulation)
        if self._shaper.emulation == "relay":  # it copies by itself, and counts
            self._copies.close()
            self._copies = None
        return {"namespaces": namespaces, "emulation": self._shaper.emulation}, ()

    def _enter(self) -> str:
        """Root takes a network namespace of its own; everybody else a user namespace around it."""
        if os.geteuid() == 0:
            with step("make a network namespace"):
                try:
                    linux.unshare(linux.CLONE_NEWNET)
                except PermissionError:  # root without CAP_SYS_ADMIN, as in many containers
                    pass
                else:
                    return "network"
        with step("make a user namespace"):
            linux.enter_user_and_network_namespace()
        return "user and network"

    def add_host(self, name: str) -> Answer:
        """A host: its own namespace and link on a private network.  Answers where it is and /proc/net/dev."""
        if self._hub is None:
            self._spaces[name] = Space(name, own_network=False)
            return {"address": "127.0.0.1"}, ()
        from tcperf.network.links import place

        where = place(len(self._spaces))
        with step(f"make the network namespace of {name}"):
            space = Space(name, own_network=True)
        with link_step(f"make the link of {name}"):
            leg = self._hub.plug_in(where, space.namespace)
        if self._shaper is not None:
            with link_step(wire.MAKE_BAD_LINKS):
                self._spoil(where, leg)
        with link_step(f"configure the network of {name}"):
            space.settle(where)
            self._hub.await_up(leg)
            for other in self._spaces.values():
                other.meet(where)
                space.meet(other.place)
        self._spaces[name] = space
        answer = {"address": where.address, "leg": leg, "hardware_address": where.hardware_address}
        return answer, (space.open_netdev(), space.open_netdev())

    def _spoil(self, where: Place, leg: int) -> None:
        self._shaper.spoil(leg, where.index)
        if self._shaper.emulation == "relay":
            self._hub.isolate(leg)
        else:
            self._copies.drain()
            self._copies.legs += 1

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
        return {"bridge": self._hub.bridge}, (packets.detach(),)

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

    def signal(self, pid: int, number: int) -> Answer:
        """Signal a process that was started here and has not ended."""
        return {"sent": self._children.signal(pid, number)}, ()

    def end_processes(self) -> Answer:
        """Kill every process started here and whatever it left behind."""
        left = self._children.end()
        if self._shaper is not None:
            for space in self._spaces.values():
                space.hush()
        return {"left": left}, ()

    def closing(self) -> Answer:
        """What the bridge copied and what the legs dropped."""
        copies = self._copies.read() if self._copies is not None else Copies(0, 0, 0)
        text = Path("/proc/thread-self/net/dev").read_text("ascii")
        legs = [parse(text, space.place.leg) for space in self._spaces.values()]
        return {
            "copies_bytes": copies.copied_bytes,
            "copies_packets": copies.copied_packets,
            "lost_packets": self._shaper.dropped() if self._shaper is not None else 0,
            "dropped_packets": sum(leg.dropped_packets for leg in legs) + copies.missed_packets,
        }, ()

    def close(self) -> Answer:
        """End every process, then every namespace's thread, and remove the folder; safe to call twice."""
        left = self._children.end()
        while self._spaces:
            self._spaces.popitem()[1].close()
        if self._copies is not None:
            self._copies.close()
            self._copies = None
        if self._shaper is not None:
            self._shaper.close()
            self._shaper = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        return {"left": left}, ()

    def serve(self, control: sockets.socket) -> None:
        """Answer requests until the driver closes, or is gone."""
        while True:
            watched = [control, *([self._copies] if self._copies is not None else [])]
            ready, _, _ = select.select(watched, [], [])
            if self._copies in ready:
                self._copies.drain()
            if control in ready and not self._answer(control):
                return

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

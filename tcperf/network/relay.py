"""The relay: it carries the frames of an emulated network where the kernel cannot make links bad enough.

The bridge's ports are isolated from each other, so that nothing passes but what this process (``python -m
tcperf.network.relay FD``) takes from one leg and, late, slowly or not at all, puts out by another: to whom it is
addressed, or, as the bridge would, a broadcast or multicast frame to everybody else.  The legs, and what is counted
and captured there, stay what they are: a frame comes in when it was sent and goes out when it is received.

It is a process for itself, for a thread beside the driver would wait for the interpreter; and it ends with
the socket to its driver, however that dies.
"""

from __future__ import annotations

import heapq
import select
import socket
import sys
from typing import Any, Final

import attrs
from attrs import frozen

from tcperf.clock import NS_PER_S, monotonic_ns
from tcperf.errors import MachineError
from tcperf.link import Link
from tcperf.network import linux, wire
from tcperf.network.emulation import Path
from tcperf.network.frame_ring import OFFLOADS_SIZE, Frame, FrameRing, sender
from tcperf.network.helper import HelperProcess

_ADDRESS: Final = 6
_DESTINATION: Final = slice(OFFLOADS_SIZE, OFFLOADS_SIZE + _ADDRESS)
_GROUP_BIT: Final = 1
#: Frames taken in before those are looked after that are due.
_BATCH: Final = 64
#: The kernel lets a wait be late by a thousandth of it (fs/select.c): the last of it is waited for by itself.
_EARLY_S: Final = 0.001


@frozen
class Carried:
    """What makes a difference between what was sent and what was received.

    ``copies`` are those of frames to many, less the frames (negative, where there is nobody else); ``lost`` is
    what was lost on purpose, ``dropped`` for want of room or because a leg was gone.
    """

    copies_bytes: int
    copies_packets: int
    lost_bytes: int
    lost_packets: int
    dropped_packets: int


class Relay(HelperProcess):
    """The driver's end of a running relay."""

    def __init__(self, link: Link, ring: int, bridge: int) -> None:
        """``ring`` is a packet socket of the hub's namespace (a descriptor), ``bridge`` the bridge's number."""
        super().__init__("the relay of the emulated links", "tcperf.network.relay")
        try:
            self._do("open", (ring,), link=attrs.asdict(link), bridge=bridge)
        except BaseException:
            self.close()
            raise

    def add(self, leg: int, interface: int, address: str, seed: int) -> None:
        """Carry frames to the node with this MAC address: its leg is a bound packet socket (a descriptor)."""
        self._do("add", (leg,), interface=interface, address=address, seed=seed)

    def carried(self) -> Carried:
        """The account so far."""
        return Carried(**self._do("carried"))

    def _do(self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any) -> Any:
        message, _ = self.ask(operation, descriptors, **arguments)
        if "ok" not in message:
            raise MachineError(
                f"{self._role} cannot {operation}: {message['error']}",
                cure="report this as a fault of tcperf",
            )
        return message["ok"]


class Leg:
    """The way out to one node: its interface's number, a socket, and what happens on the way."""

    def __init__(self, interface: int, out: socket.socket, path: Path) -> None:
        self.interface = interface
        self.path = path
        self._out = out
        self.failed = 0

    def send(self, data: bytes) -> None:
        """Let a frame arrive."""
        self.path.release()
        try:
            self._out.send(data)
        except OSError:  # the leg is down or gone: its node is, too
            self.failed += 1


class Switch:
    """Which leg a frame leaves by, and when; ``open``, ``add`` and ``carried`` are requests of ``wire``."""

    def __init__(self) -> None:
        self.ring: FrameRing | None = None
        self._link = Link()
        self._legs: dict[bytes, Leg] = {}
        self._waiting: list[tuple[int, int, Leg, bytes]] = []
        self._number = 0
        self._copies_bytes = self._copies_packets = 0

    def open(self, link: dict[str, Any], bridge: int, descriptors: list[int]) -> None:
        """Begin to listen."""
        self._link = Link(**link)
        self.ring = FrameRing(_adopt(descriptors), bridge)

    def add(self, interface: int, address: str, seed: int, descriptors: list[int]) -> None:
        """A node, by its MAC address and its leg."""
        out = sender(_adopt(descriptors))
        out.settimeout(0)
        self._legs[bytes.fromhex(address.replace(":", ""))] = Leg(interface, out, Path(self._link, seed))

    def carried(self) -> dict[str, int]:
        """The fields of ``Carried``."""
        legs = self._legs.values()
        assert self.ring is not None
        return attrs.asdict(
            Carried(
                copies_bytes=self._copies_bytes,
                copies_packets=self._copies_packets,
                lost_bytes=sum(leg.path.lost_bytes for leg in legs),
                lost_packets=sum(leg.path.lost_packets for leg in legs),
                dropped_packets=self.ring.dropped() + sum(leg.failed for leg in legs),
            )
        )

    def take(self) -> None:
        """Take in a batch of what has come."""
        assert self.ring is not None
        now_ns = monotonic_ns()
        for _ in range(_BATCH):
            frame = self.ring.take()
            if frame is None:
                return
            leg = self._legs.get(frame.data[_DESTINATION])
            if leg is not None:
                self._put(leg, frame, now_ns)
            else:
                self._copy(frame, now_ns)

    def _put(self, leg: Leg, frame: Frame, now_ns: int) -> None:
        """Send a frame on its way."""
        due_ns = leg.path.admit(now_ns, frame.size)
        if due_ns is not None:
            # The number keeps frames that are due at once in their order.
            self._number += 1
            heapq.heappush(self._waiting, (due_ns, self._number, leg, frame.data))

    def _copy(self, frame: Frame, now_ns: int) -> None:
        """Send a frame to many on all its ways; one to nobody ends here."""
        if not frame.data[OFFLOADS_SIZE] & _GROUP_BIT:
            return
        others = [leg for leg in self._legs.values() if leg.interface != frame.interface]
        self._copies_packets += len(others) - 1
        self._copies_bytes += (len(others) - 1) * frame.size
        for leg in others:
            self._put(leg, frame, now_ns)

    def send_due(self) -> float | None:
        """Let arrive what is due; in how many seconds the next frame is, None where none waits."""
        waiting = self._waiting
        while waiting:
            due_ns = waiting[0][0]
            left_ns = due_ns - monotonic_ns()
            if left_ns > 0:
                return left_ns / NS_PER_S
            _due_ns, _number, leg, data = heapq.heappop(waiting)
            leg.send(data)
        return None


def _adopt(descriptors: list[int]) -> socket.socket:
    """The socket that came with a request, now our own: the request's descriptors are closed after it."""
    return socket.socket(fileno=descriptors.pop())


def serve(control: socket.socket, switch: Switch) -> None:
    """Carry frames and answer requests, to the end of the driver's socket."""
    while True:
        left_s = switch.send_due()
        if left_s is not None and left_s > 2 * _EARLY_S:
            left_s -= _EARLY_S
        watched: list[socket.socket | FrameRing] = [control, *([] if switch.ring is None else [switch.ring])]
        ready, _, _ = select.select(watched, [], [], left_s)
        if switch.ring in ready:
            switch.take()
        if control in ready and not _answer(control, switch):
            return


def _answer(control: socket.socket, switch: Switch) -> bool:
    """Answer one request; False when there are no more."""
    request = wire.receive(control)
    if request is None:
        return False
    message, descriptors = request
    operation = message.pop("op")
    if descriptors:
        message["descriptors"] = descriptors
    try:
        answer = {"ok": getattr(switch, operation)(**message)}
    except OSError as error:
        answer = {"error": str(error)}
    finally:
        wire.close_all(descriptors)
    try:
        wire.send(control, answer)
    except OSError:
        return False
    return True


def main(argv: list[str]) -> int:
    """Serve the driver on the socket whose descriptor is the one argument."""
    with socket.socket(fileno=int(argv[0])) as control:
        linux.wake_on_time()
        serve(control, Switch())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

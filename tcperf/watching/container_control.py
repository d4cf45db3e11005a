"""What a container exchanges with this machine itself: the tests' own talk to it, to be told apart from the nodes'.

A driver reaches a container from the machine that it runs on, through a published port or the bridge: the other end
of such frames is an address of ours, while other containers and the internet have theirs.  A packet socket in the
container's network keeps a few bytes of exactly those frames; they are counted when somebody asks, so that nothing
runs meanwhile.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, field, frozen

from tcperf.clock import NS_PER_S
from tcperf.errors import MachineError
from tcperf.network.interface import Counters
from tcperf.network.packets import Instruction
from tcperf.probes.bpf_lines import JEQ, LD_H, LD_W, Line, assemble, keep
from tcperf.probes.ring import Ring
from tcperf.watching import container_network
from tcperf.watching.container_network import NO_TRAFFIC

#: Offsets in an Ethernet frame of IPv4: its kind, and the addresses of its sender and its receiver.
_KIND, _SENDER, _RECEIVER = 12, 26, 30
_IPV4: Final = 0x0800
#: So many bytes are kept of a frame: how many tells which way it went.
_RECEIVED, _SENT = 40, 41
#: Room for so many frames between two readings: 8 MiB.
SLOTS: Final = 65_536
_SLOT_BYTES: Final = 128
#: Of struct tpacket2_hdr: status, length, kept length, two offsets, the time stamp (packet_mmap.rst).
_SLOT: Final = struct.Struct(f"=IIIHHII{_SLOT_BYTES - 24}x")
#: A filter's jumps reach 255 instructions.
_MOST_ADDRESSES: Final = 100


@frozen
class Talk:
    """What was exchanged with this machine up to an instant; ``lost`` frames found no room, and are in no figure."""

    counters: Counters
    lost: int


@define(eq=False)
class Control:
    """Counts the frames between a container and this machine."""

    _ring: Ring
    _total: Counters = NO_TRAFFIC
    _later: list[tuple[int, Counters]] = field(factory=list)

    @classmethod
    def watch(cls, pid: int) -> Control | None:
        """Begin in the network of ``pid``; None where this user may not, or the kernel refuses."""
        packets = container_network.packet_socket(pid)
        if packets is None:
            return None
        try:
            return cls(Ring(packets, program(own_addresses()), slots=SLOTS, slot_bytes=_SLOT_BYTES))
        except MachineError:
            return None

    def read(self, until_ns: int) -> Talk:
        """All up to ``until_ns`` (nanoseconds since the epoch, the kernel's stamps of frames); call it in the order of time."""
        waiting, self._later = self._later, []
        for time_ns, one in (*waiting, *self._taken()):
            if time_ns <= until_ns:
                self._total += one
            else:
                self._later.append((time_ns, one))
        return Talk(self._total, self._ring.lost())

    def _taken(self) -> Iterable[tuple[int, Counters]]:
        for batch in self._ring.batches():
            for _status, length, kept, _mac, _net, seconds, nanoseconds in _SLOT.iter_unpack(batch):
                one = Counters(length, 0, 1, 0, 0) if kept == _SENT else Counters(0, length, 0, 1, 0)
                yield seconds * NS_PER_S + nanoseconds, one

    def close(self) -> None:
        """Count no more; safe to call twice."""
        self._ring.close()


def own_addresses() -> list[int]:
    """The IPv4 addresses of the network that this process lives in, as numbers, without its loopback's."""
    import psutil

    texts = [
        each.address
        for found in psutil.net_if_addrs().values()
        for each in found
        if each.family == socket.AF_INET
    ]
    addresses = {ipaddress.IPv4Address(text) for text in texts}
    return sorted(int(address) for address in addresses if not address.is_loopback)


def program(addresses: Sequence[int]) -> tuple[Instruction, ...]:
    """The filter: IPv4 from one of the addresses, or to one of them."""
    few = addresses[:_MOST_ADDRESSES]
    return assemble(
        [
            Line(LD_H, _KIND),
            Line(JEQ, _IPV4, if_false="others"),
            Line(LD_W, _SENDER),
            *(Line(JEQ, address, if_true="received") for address in few),
            Line(LD_W, _RECEIVER),
            *(Line(JEQ, address, if_true="sent") for address in few),
            keep(0, "others"),
            keep(_RECEIVED, "received"),
            keep(_SENT, "sent"),
        ]
    )

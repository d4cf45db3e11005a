"""Reading whole frames from a memory that the kernel writes: packet_mmap (Documentation/networking), TPACKET_V2.

Its room is in slots of this process's choice; an ordinary packet socket holds some 200 frames, for an
unprivileged process may not raise that (SO_RCVBUFFORCE, net.core.rmem_max).
"""

from __future__ import annotations

import mmap
import socket
import struct
from typing import Final, NamedTuple

from tcperf.network.packets import (
    PACKET_IGNORE_OUTGOING,
    SOL_PACKET,
    Instruction,
    attach_filter,
    listen,
    read_dropped,
)

_PACKET_RX_RING, _PACKET_VERSION, _PACKET_VNET_HDR = 5, 10, 15
_TPACKET_V2: Final = 1
#: A slot takes a frame of 1514 bytes and what goes before it (68 bytes and the offloads' header).
_SLOT: Final = 2048
_BLOCK: Final = 1 << 18
_BLOCKS: Final = 64
_SLOTS: Final = _BLOCK * _BLOCKS // _SLOT
#: struct tpacket2_hdr (status, length, captured length, where the frame begins), then struct sockaddr_ll.
_SLOT_HEADER: Final = struct.Struct("=IIIH 22x i")
_STATUS: Final = struct.Struct("=I")
_TP_STATUS_KERNEL, _TP_STATUS_USER = 0, 1
#: struct virtio_net_hdr, what the network card was to do for the sender: its checksums are not made yet.
OFFLOADS_SIZE: Final = 10
_SKF_AD_IFINDEX: Final = 0xFFFF_F000 + 8
_WHOLE_FRAME: Final = 0x40000


class Frame(NamedTuple):
    """One frame: by which interface it came, its length, and what is to be written to send it on.

    ``data`` is the header of the offloads, OFFLOADS_SIZE bytes, and the frame from its destination on.
    """

    interface: int
    size: int
    data: bytes


class FrameRing:
    """Every frame that comes in by an interface of a namespace, but for the one numbered ``unheard``.

    ``packets`` is a packet socket of that namespace that hears nothing yet; it becomes the ring's own.
    """

    def __init__(self, packets: socket.socket, unheard: int) -> None:
        self._socket = packets
        packets.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        attach_filter(packets, _all_but(unheard))
        packets.setsockopt(SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
        packets.setsockopt(SOL_PACKET, _PACKET_VNET_HDR, 1)
        request = struct.pack("IIII", _BLOCK, _BLOCKS, _SLOT, _SLOTS)
        packets.setsockopt(SOL_PACKET, _PACKET_RX_RING, request)
        self._memory = mmap.mmap(packets.fileno(), _BLOCK * _BLOCKS)
        listen(packets)
        self._next = 0
        self._dropped = 0

    def fileno(self) -> int:
        """The socket's descriptor: readable when there is a frame."""
        return self._socket.fileno()

    def take(self) -> Frame | None:
        """The next frame, or None where there is none yet."""
        offset = self._next
        memory = self._memory
        status, size, captured, begin, interface = _SLOT_HEADER.unpack_from(memory, offset)
        if not status & _TP_STATUS_USER:
            return None
        begin += offset
        data = memory[begin - OFFLOADS_SIZE : begin + captured]
        _STATUS.pack_into(memory, offset, _TP_STATUS_KERNEL)
        self._next = (offset + _SLOT) % len(memory)
        return Frame(interface, size, data)

    def dropped(self) -> int:
        """How many frames found no room since the ring was made."""
        self._dropped += read_dropped(self._socket)
        return self._dropped

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        self._socket.close()


def _all_but(interface: int) -> tuple[Instruction, ...]:
    return (
        (0x20, 0, 0, _SKF_AD_IFINDEX),  # BPF_LD | BPF_W | BPF_ABS: by which interface it came
        (0x15, 0, 1, interface),  # BPF_JMP | BPF_JEQ
        (0x06, 0, 0, 0),  # BPF_RET: leave it
        (0x06, 0, 0, _WHOLE_FRAME),  # BPF_RET: take it
    )


def sender(packets: socket.socket) -> socket.socket:
    """Make a packet socket, bound to its interface, one that sends ``Frame.data``."""
    packets.setsockopt(SOL_PACKET, _PACKET_VNET_HDR, 1)
    return packets

"""Counting what a bridge copies: every broadcast and multicast frame on the hub's legs, in and out.

A frame to many enters by one leg and leaves by several (or by none): the difference is what must be added
to what was sent to get what was received.  A packet socket with a classic BPF filter sees just these few
frames (packet(7); the filter is `ldb [0]; jset #1`: the group bit of the destination, IEEE 802).
"""

from __future__ import annotations

import socket

from attrs import frozen

from tcperf.network.packets import (
    ETH_P_ALL,
    PACKET_IGNORE_OUTGOING,
    PACKET_OUTGOING,
    SOL_PACKET,
    attach_filter,
    read_dropped,
)

_WHOLE_FRAME = 0x40000
#: (code, jump if true, jump if false, k), <linux/bpf_common.h>
_GROUP_FRAMES = (
    (0x30, 0, 0, 0),  # BPF_LD | BPF_B | BPF_ABS: the first byte of the destination
    (0x45, 0, 1, 1),  # BPF_JMP | BPF_JSET: its group bit
    (0x06, 0, 0, _WHOLE_FRAME),  # BPF_RET: take it
    (0x06, 0, 0, 0),  # BPF_RET: leave it
)


@frozen
class Copies:
    """What copying added: bytes, frames, and how many frames the count itself missed."""

    copied_bytes: int
    copied_packets: int
    missed_packets: int


class CopyCounter:
    """Counts from the moment it is made, in the namespace it is made in.

    Where links lose frames, copies are not to be observed but to be told from what enters: such a frame is
    meant for all other ``legs``, whose number is then to be kept up.
    """

    def __init__(self, leg_prefix: str = "leg", *, observe: bool = True) -> None:
        self._prefix = leg_prefix
        self._bytes = self._packets = self._missed = 0
        self._observe = observe
        self.legs = 0
        # Made before the first leg, so that no frame gets in before the filter stands.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        attach_filter(self._socket, _GROUP_FRAMES)
        if not observe:
            self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self._socket.settimeout(0)

    def fileno(self) -> int:
        """The socket's descriptor, readable when there is something to ``drain``."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Count the frames seen since the last call."""
        while True:
            try:
                size, address = self._receive()
            except BlockingIOError:
                return
            except OSError:  # an interface went down: there is nothing to count in that
                continue
            interface, _protocol, kind = address[:3]
            if interface.startswith(self._prefix):
                added = self._added(kind)
                self._bytes += added * size
                self._packets += added

    def _added(self, kind: int) -> int:
        """What one frame seen at a leg adds to the count."""
        if self._observe:
            return 1 if kind == PACKET_OUTGOING else -1
        return self.legs - 2

    def _receive(self) -> tuple[int, tuple[str, int, int, int, bytes]]:
        # MSG_TRUNC makes the returned length the frame's own, whatever the buffer's.
        buffer = bytearray(16)
        size, _ancillary, _flags, address = self._socket.recvmsg_into([buffer], 0, socket.MSG_TRUNC)
        return size, address

    def read(self) -> Copies:
        """The count so far."""
        self.drain()
        self._missed += read_dropped(self._socket)
        return Copies(self._bytes, self._packets, self._missed)

    def close(self) -> None:
        """Stop counting."""
        self._socket.close()

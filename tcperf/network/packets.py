"""What packet(7) offers to those who read and write whole frames: constants, filters, statistics."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Sequence
from typing import Final

ETH_P_ALL: Final = 0x0003
SOL_PACKET: Final = 263
PACKET_OUTGOING: Final = 4
PACKET_IGNORE_OUTGOING: Final = 23
_PACKET_STATISTICS: Final = 6
#: struct sockaddr_ll: family, protocol, interface (0: all), and what a bind ignores.
_ADDRESS: Final = struct.Struct("HHi12x")
_SO_ATTACH_FILTER: Final = 26

_libc = ctypes.CDLL(None, use_errno=True)

#: One instruction of classic BPF: code, jump if true, jump if false, k (<linux/bpf_common.h>).
Instruction = tuple[int, int, int, int]


def attach_filter(packets: socket.socket, program: Sequence[Instruction]) -> None:
    """Let the socket take only what the program takes, from now on (SO_ATTACH_FILTER)."""
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code)
    fprog = struct.pack("HL", len(program), ctypes.addressof(buffer))
    packets.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)


def ignore_outgoing(packets: socket.socket) -> None:
    """Show the socket no frame that leaves by an interface (PACKET_IGNORE_OUTGOING).

    A filter can leave such frames out, too, but the kernel makes a copy of each before it asks the filter.  Before
    Linux 4.20 there is no other way: then nothing happens here.
    """
    with contextlib.suppress(OSError):
        packets.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)


def listen(packets: socket.socket) -> None:
    """Hear every interface of the socket's namespace (``socket.bind`` wants one, by its name)."""
    address = _ADDRESS.pack(socket.AF_PACKET, socket.htons(ETH_P_ALL), 0)
    if _libc.bind(packets.fileno(), address, len(address)) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def read_dropped(packets: socket.socket) -> int:
    """Frames that found no room in the socket since the last reading: the kernel then begins anew."""
    statistics = packets.getsockopt(SOL_PACKET, _PACKET_STATISTICS, 8)
    _seen, dropped = struct.unpack("II", statistics)
    return int(dropped)

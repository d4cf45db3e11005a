"""Asking the kernel over rtnetlink(7): requests as bytes, and the messages that answer them (<linux/netlink.h>)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

REQUEST, ACKNOWLEDGE, DUMP, EXCLUSIVE, CREATE = 0x001, 0x004, 0x300, 0x200, 0x400

_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ALIGNMENT: Final = 4
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_TYPE_MASK: Final = 0x3FFF
_RECEIVE: Final = 65_536


class Rtnetlink:
    """A socket to the kernel, about the network namespace in which this is made."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))

    def exchange(self, asked: bytes) -> list[bytes]:
        """The bodies of the messages that answer, to an acknowledgement or the end of a dump.

        ``asked`` may be several requests, of which the last alone asks for an acknowledgement: the kernel answers them
        one after another, and nothing of ours comes between.  Raises OSError with the kernel's reason.
        """
        self._socket.send(asked)
        bodies: list[bytes] = []
        while True:
            for kind, body in _messages(self._socket.recv(_RECEIVE)):
                if kind == _NLMSG_ERROR:
                    _check(body)
                    return bodies
                if kind == _NLMSG_DONE:
                    return bodies
                bodies.append(body)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def request(kind: int, flags: int, body: bytes) -> bytes:
    """A request of this kind."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 0, 0) + body


def attribute(kind: int, data: bytes) -> bytes:
    """An attribute, filled up to where the next may begin."""
    length = _ATTRIBUTE.size + len(data)
    return _ATTRIBUTE.pack(length, kind) + data + bytes(-length % _ALIGNMENT)


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes, each with its kind."""
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        yield kind & _TYPE_MASK, data[offset + _ATTRIBUTE.size : offset + length]
        offset += max(length, _ATTRIBUTE.size) + -length % _ALIGNMENT


def _messages(packet: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset < len(packet):
        length, kind, _flags, _sequence, _port = _HEADER.unpack_from(packet, offset)
        yield kind, packet[offset + _HEADER.size : offset + length]
        offset += length + -length % _ALIGNMENT


def _check(acknowledgement: bytes) -> None:
    """An answer of struct nlmsgerr: 0, or an error's negative number."""
    (number,) = struct.unpack_from("=i", acknowledgement)
    if number:
        raise OSError(-number, os.strerror(-number))

"""The connection below HTTP: a socket that keeps to a deadline whatever the other side does."""

from __future__ import annotations

import io
import socket
from typing import TYPE_CHECKING

from tcperf.clock import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Wire:
    """A socket whose every operation keeps to one deadline: a trickle of bytes cannot stretch it.

    It is all that ``http.client.HTTPResponse`` needs of a socket.
    """

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        self.deadline = Deadline.after(0)

    def connect(self, address: tuple[str, int], deadline: Deadline) -> None:
        """Connect; the deadline counts until the next one is set.  Raises OSError, TimeoutError."""
        self.deadline = deadline
        self._limit()
        self._socket.connect(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def is_idle(self) -> bool:
        """Whether nothing has come since the last answer: neither an end nor bytes that nobody asked for."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def send(self, data: bytes) -> None:
        """Send all of ``data``.  Raises OSError, TimeoutError."""
        self._limit()
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """A reader for one answer; closing it leaves the connection open."""
        return io.BufferedReader(_Reader(self))

    def receive_into(self, buffer: WriteableBuffer) -> int:
        """Receive what there is; 0 at the stream's end.  Raises OSError, TimeoutError."""
        self._limit()
        return self._socket.recv_into(buffer)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _limit(self) -> None:
        remaining = self.deadline.remaining_s()
        if not remaining:
            raise TimeoutError
        self._socket.settimeout(remaining)


class _Reader(io.RawIOBase):
    """One answer's stream; closing it leaves the connection open."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._wire.receive_into(buffer)

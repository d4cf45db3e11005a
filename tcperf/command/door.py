"""The Unix socket at which a program's processes ask for marks, and hear when each has been cut.

Whatever they send, and however many they are, nothing here blocks or raises but for a mark that is refused: a
connection that does not read its answers, or one too many, is closed.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tcperf.command.marks import OK, AskedMarks, Mark, NoMark, refusal
from tcperf.command.timeline import RefusedMarkError
from tcperf.errors import MachineError

#: The environment variable that holds the socket's path.
VARIABLE: Final = "TCPERF_SOCKET"
#: More connections at once than these are closed again.
MOST: Final = 128
_CHUNK: Final = 4096
_UNKNOWN: Final = refusal("a line is: phase NAME, or phase alone, which ends the open one")


class Door:
    """A listening socket in ``folder``, which only this user may enter, and its connections.

    ``on_mark`` is called with the name of each mark that is asked for; what it raises is answered and raised again.
    ``strays`` counts the lines that were no marks.
    """

    def __init__(
        self, folder: Path, selector: selectors.BaseSelector, on_mark: Callable[[str], None]
    ) -> None:
        self.path = folder / "marks"
        self.strays = 0
        self._selector = selector
        self._on_mark = on_mark
        self._open: dict[socket.socket, AskedMarks] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(str(self.path))
            self._socket.listen(MOST)
        except OSError as error:
            self._socket.close()
            raise MachineError(
                f"the socket for marks {self.path} cannot be made: {error}",
                cure="set TMPDIR to a folder with a shorter path",
            ) from error
        self._socket.settimeout(0)
        selector.register(self._socket, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        with suppress(OSError):  # it has gone again
            connection, _address = self._socket.accept()
            if len(self._open) >= MOST:
                connection.close()
                return
            connection.settimeout(0)
            self._open[connection] = AskedMarks()
            self._selector.register(connection, selectors.EVENT_READ, lambda: self._read(connection))

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(connection)
            return
        for asked in self._open[connection].feed(data):
            self._answer(connection, asked)

    def _answer(self, connection: socket.socket, asked: Mark | NoMark) -> None:
        if isinstance(asked, NoMark):
            self.strays += 1
            self._send(connection, _UNKNOWN)
            return
        try:
            self._on_mark(asked.name)
        except RefusedMarkError as error:
            self._send(connection, refusal(str(error)))
            raise
        self._send(connection, OK)

    def _send(self, connection: socket.socket, answer: bytes) -> None:
        """Answer, or close the connection of somebody who does not read; what it still says counts all the same."""
        if connection.fileno() < 0:
            return
        try:
            whole = connection.send(answer) == len(answer)
        except OSError:
            whole = False
        if not whole:
            self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._open[connection]
        connection.close()

    def close(self) -> None:
        """Close all of it."""
        for connection in list(self._open):
            self._forget(connection)
        self._selector.unregister(self._socket)
        self._socket.close()

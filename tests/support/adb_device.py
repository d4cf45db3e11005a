"""A device at the other end of adb: adbd's transport protocol over TCP, and a shell that runs scripts here.

The protocol is that of adb's own protocol.txt: messages of a 24-byte header (command, two arguments, length, checksum,
magic) and a payload; CNXN with a banner, OPEN of a service, OKAY for each WRTE, CLSE.  Of services there are
``shell:SCRIPT`` and, where the banner offers ``shell_v2``, ``shell,v2,…:SCRIPT``, whose stream is cut into packets of
an id (1: standard output, 2: standard error, 3: exit status), a length and data (shell_protocol.h).
"""

import contextlib
import socket
import struct
import subprocess
import threading
from queue import Queue

HEADER = struct.Struct("<4s5I")
PACKET = struct.Struct("<BI")
STDOUT, STDERR, EXIT = 1, 2, 3
VERSION, MAX_DATA = 0x01000000, 4096
TOKEN, SIGNATURE = 1, 2


class Device:
    """Listens on a port of the loopback.  ``state``: "device", "unauthorized", "mute" (never answers), "gone"."""

    def __init__(self, env, *, shell="/bin/sh", features="shell_v2,cmd", state="device"):
        self.env, self.shell, self.features, self.state = env, shell, features, state
        self.scripts = []
        self.answer = None
        self._links = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.serial = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                link = _Link(self, self._server.accept()[0])
                self._links.add(link)
                threading.Thread(target=link.serve, daemon=True).start()

    def unplug(self):
        """The cable is pulled: nothing of it is left."""
        self._server.close()
        for link in self._links:
            link.close()


class _Link:
    """One connection of an adb server."""

    def __init__(self, device, connection):
        self._device, self._connection = device, connection
        self._lock = threading.Lock()
        self._streams = {}
        self._next = 1

    def close(self):
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def serve(self):
        with contextlib.suppress(OSError, EOFError), self._connection:
            while True:
                command, first, second, length, _sum, _magic = HEADER.unpack(self._take(HEADER.size))
                self._handle(command, first, second, self._take(length))

    def _take(self, size):
        data = b""
        while len(data) < size:
            more = self._connection.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, command, first, second, data=b""):
        magic = struct.unpack("<I", command)[0] ^ 0xFFFFFFFF
        with self._lock:
            self._connection.sendall(HEADER.pack(command, first, second, len(data), sum(data), magic) + data)

    def _handle(self, command, first, second, data):
        if command == b"CNXN":
            self._greet()
        elif command == b"AUTH" and first == SIGNATURE:
            self._greet()  # no key is known here; who should allow a new one, on the screen, does not
        elif command == b"OPEN":
            stream = _Stream(self, self._next, first)
            self._streams[self._next] = stream
            self._next += 1
            threading.Thread(
                target=stream.run, args=(data.rstrip(b"\0").decode(), self._device), daemon=True
            ).start()
        elif command in {b"OKAY", b"CLSE"} and second in self._streams:
            self._streams[second].permits.put(command == b"OKAY")
        elif command == b"WRTE":  # what would be standard input
            self.send(b"OKAY", second, first)

    def _greet(self):
        if self._device.state == "mute":
            return
        if self._device.state == "unauthorized":
            self.send(b"AUTH", TOKEN, 0, bytes(20))
            return
        banner = f"device::ro.product.name=own;ro.product.model=Own;ro.product.device=own;features={self._device.features}"
        self.send(b"CNXN", VERSION, MAX_DATA, banner.encode())


class _Stream:
    """One service that was opened: what it writes waits for the other side's OKAY each time."""

    def __init__(self, link, ours, theirs):
        self._link, self._ours, self._theirs = link, ours, theirs
        self.permits = Queue()

    def run(self, service, device):
        with contextlib.suppress(OSError, EOFError):
            kind, _colon, script = service.partition(":")
            if kind.split(",")[0] != "shell":
                self._link.send(b"CLSE", 0, self._theirs)
                return
            device.scripts.append(script)
            self._link.send(b"OKAY", self._ours, self._theirs)
            if device.state == "gone":
                device.unplug()
            elif device.answer is not None:
                self._tell(kind, device.answer, b"", 0)
            else:
                made = subprocess.run(
                    [device.shell, "-c", script], env=device.env, capture_output=True, check=False
                )
                self._tell(kind, made.stdout, made.stderr, made.returncode)
            self._link.send(b"CLSE", self._ours, self._theirs)

    def _tell(self, kind, output, errors, status):
        if "v2" not in kind.split(","):
            self._write(output + errors)
            return
        room = MAX_DATA - PACKET.size
        for number, text in ((STDOUT, output), (STDERR, errors)):
            for at in range(0, len(text), room):
                piece = text[at : at + room]
                self._write(PACKET.pack(number, len(piece)) + piece)
        self._write(PACKET.pack(EXIT, 1) + bytes([status]))

    def _write(self, data):
        for at in range(0, len(data), MAX_DATA):
            self._link.send(b"WRTE", self._ours, self._theirs, data[at : at + MAX_DATA])
            if not self.permits.get(timeout=30):
                raise EOFError

"""A program that talks TCP as it is told, with exactly known payload: it stands for a node, or for a stranger.

As a program (``python tcp_program.py``) it does one step for each
line of JSON on its standard input.  On a connection, each request begins with eight bytes: how many bytes the
request has in all, and how many the answer.
"""

import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading

HEADER = struct.Struct("!II")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 seconds


def read(connection, size):
    while size:
        got = len(connection.recv(min(size, 1 << 16)))
        if not got:
            raise ConnectionResetError
        size -= got


def serve(connection):
    while True:
        try:
            header = connection.recv(HEADER.size, socket.MSG_WAITALL)
            if len(header) < HEADER.size:
                return
            size, answer = HEADER.unpack(header)
            read(connection, size - HEADER.size)
            connection.sendall(bytes(answer))
        except ConnectionResetError:
            return


class Talker:
    """What the program does; ``kept`` are the connections it opened by name, ``serving`` counts the accepted ones."""

    def __init__(self):
        self.kept = {}
        self.serving = 0
        self.changed = threading.Condition()
        self.may_close = threading.Event()
        self.may_close.set()

    def listen(self, host):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = socket.create_server((host, 0), family=family, backlog=512, reuse_port=True)
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()
        return server.getsockname()[1]

    def _accept(self, server):
        while True:
            connection, _peer = server.accept()
            self._count(1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            serve(connection)
            self.may_close.wait()
        self._count(-1)

    def stay_open(self):
        """Close no accepted connection any more, whatever its other end does."""
        self.may_close.clear()

    def _count(self, change):
        with self.changed:
            self.serving += change
            self.changed.notify_all()

    def settle(self, left=0):
        """Wait until so many accepted connections are left: the others are closed."""
        with self.changed:
            return self.changed.wait_for(lambda: self.serving == left, timeout=20)

    def open(self, name, host, port, local_port=0, reset=False):
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if local_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            made.bind((host, local_port))
        if reset:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        made.connect((host, port))
        self.kept[name] = made
        return made.getsockname()[1]

    def ask(self, name, size, answer):
        self.kept[name].sendall(HEADER.pack(size, answer) + bytes(size - HEADER.size))
        read(self.kept[name], answer)

    def half_close(self, name):
        self.kept[name].shutdown(socket.SHUT_WR)

    def close(self, name):
        self.kept.pop(name).close()

    def briefly(self, count, host, port, size, answer, reset=False):
        for _ in range(count):
            self.open("brief", host, port, reset=reset)
            self.ask("brief", size, answer)
            self.close("brief")

    def refused(self, host, port):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as made:
            return made.connect_ex((host, port)) != 0


def main():
    talker = Talker()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(talker, name)(**arguments)) + "\n")
        sys.stdout.flush()


class Program:
    """The program, from outside: ``program.ask(name="x", size=100, answer=50)`` and so on."""

    def __init__(self, host="127.0.0.1", launcher=(), python=sys.executable):
        self.host = host
        self._process = subprocess.Popen(
            [*launcher, python, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self.port = self.listen(host=host)
        self.control_port = self.listen(host=host)

    def __getattr__(self, step):
        def tell(**arguments):
            self._process.stdin.write(json.dumps((step, arguments)) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

        return tell

    def kill(self):
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


if __name__ == "__main__":
    main()

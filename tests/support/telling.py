"""Telling a program (``contained_program.py``) what to do, over the Unix socket that it listens at."""

import json
import socket
import time

from tcperf.clock import Deadline


class Telling:
    """The connection to one program: it serves one after another."""

    def __init__(self, path):
        """Connect to the socket at ``path``, which the program may yet have to make."""
        self.path = path
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        deadline = Deadline.after(20)
        while True:
            try:
                self._connection.connect(str(path))
            except OSError:
                assert not deadline.expired
                time.sleep(0.005)
            else:
                break
        self._stream = self._connection.makefile("rw")

    def tell(self, *what):
        """Let it do something; the CPU time in milliseconds that it took of its own clock."""
        self._stream.write(json.dumps(what) + "\n")
        self._stream.flush()
        return json.loads(self._stream.readline())

    def release(self):
        """Let somebody else tell it what to do."""
        self._stream.close()
        self._connection.close()

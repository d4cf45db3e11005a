"""A socket over which a node tells what happens, read by a thread of its own until either side ends it.

What is read means nothing here: signals.py makes frames of it, subscription.py lines.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from tcperf.clock import Deadline, monotonic_ns
from tcperf.nodes.inbox import Inbox
from tcperf.nodes.witness import Witness, failure, loss

_CHUNK = 65536
_LEAST_S = 0.001  # a socket's timeout of 0 would mean "do not wait at all"

#: Takes a chunk and the time at which it came, in ns; first an empty one.  Raises NonsenseError or BrokenError.
Take = Callable[[bytes, int], None]


class NonsenseError(Exception):
    """What came is nothing of the kind; its text quotes it."""


class BrokenError(Exception):
    """Nothing more can be made of what comes; its text says why."""


class Stream:
    """A connection, first used by its maker (``opening``), then read by a thread (``start``), until ``close``.

    ``called`` names it in errors: "signal stream".
    """

    def __init__(self, connection: socket.socket, called: str) -> None:
        self._socket = connection
        self._called = called
        self._deadline: Deadline | None = None
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def opening(
        self, witness: Witness, deadline: Deadline, *, late: str, lost: str, when: str
    ) -> Iterator[None]:
        """The block connects and says the first words; whatever it raises, the connection is closed.

        Raises NodeError where the node ends that, or does not answer in time: ``late`` is what it did not do, ``lost``
        what it did instead ``when`` ("at the start").
        """
        self._deadline = deadline
        try:
            yield
        except TimeoutError:
            self._socket.close()
            raise failure(witness, f"did not {late} within {deadline}") from None
        except (OSError, EOFError) as error:
            self._socket.close()
            raise loss(witness, lost, f"{when}: {error}") from error
        except BaseException:
            self._socket.close()
            raise
        self._deadline = None
        self._socket.settimeout(None)

    def connect(self, address: tuple[str, int] | str) -> None:
        """Connect: to a host and port, or to a Unix socket's path.  Raises OSError."""
        self._limit()
        self._socket.connect(address)

    def send(self, data: bytes) -> None:
        """Send all of it.  Raises OSError."""
        self._limit()
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """The next chunk that comes.  Raises EOFError at the end, OSError."""
        self._limit()
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise EOFError("it was closed")
        return chunk

    def start(self, name: str, take: Take, inbox: Inbox) -> None:
        """Give what comes to ``take``, in a thread of this name; ``inbox`` is closed when nothing comes any more."""
        self._thread = threading.Thread(target=self._read, args=(take, inbox), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the stream and the thread; safe to call twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join()
        self._socket.close()

    @property
    def is_read(self) -> bool:
        """Whether its thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    def _limit(self) -> None:
        """While it is opened, no wait outlives the deadline.  Raises TimeoutError."""
        if self._deadline is None:
            return
        if self._deadline.expired:
            raise TimeoutError
        self._socket.settimeout(max(self._deadline.remaining_s(), _LEAST_S))

    def _read(self, take: Take, inbox: Inbox) -> None:
        try:
            take(b"", monotonic_ns())  # what came together with the first words
            while True:
                chunk = self.receive()
                take(chunk, monotonic_ns())
        except (EOFError, OSError):
            reason = f"closed its {self._called}"
        except NonsenseError as error:
            reason = f"sent nonsense on its {self._called} ({error})"
        except BrokenError as error:
            reason = f"broke its {self._called} ({error})"
        inbox.close(reason)

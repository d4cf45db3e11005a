"""Asking the kernel for TCP sockets: those there are, those that end, and those that a process holds.

Everything here works without privileges (seen on Linux 6.18 as nobody): the dumps, the groups that tell of
ended sockets, and TCP_INFO in both.  Only the size of the buffer for such news is limited then
(net.core.rmem_max).
"""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from attrs import frozen

from tcperf import clock, procfs
from tcperf.probes.inet_diag import Ended, TcpSocket, dump_request, read_dump, read_ended

#: <linux/netlink.h>, <linux/sock_diag.h>, <asm-generic/socket.h>: not in Python 3.11's socket module.
_NETLINK_SOCK_DIAG: Final = 4
_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP = 270, 1
_DESTROY_GROUPS: Final = (1, 3)
_SO_RCVBUFFORCE, _SO_COOKIE = 33, 57
_COOKIE_BYTES: Final = 8

_DATAGRAM_LIMIT: Final = 1 << 16
_BUFFER_BYTES: Final = 16 << 20
_ANSWER_S: Final = 5.0
#: News are read together, so that a burst wakes us once: the smallest buffer there is (212,992 bytes) takes
#: a hundred ended sockets meanwhile.
_GATHER_S: Final = 0.02
_MARKERS_S: Final = 1.0
_SOCKET_LINK: Final = "socket:["


def dump() -> list[TcpSocket]:
    """All TCP sockets of our network namespace.  Raises OSError where the kernel refuses or lacks sock_diag."""
    found: list[TcpSocket] = []
    with _diag_socket() as asking:
        asking.settimeout(_ANSWER_S)
        for family in (socket.AF_INET, socket.AF_INET6):
            asking.send(dump_request(family))
            found += read_dump(iter(lambda: asking.recv(_DATAGRAM_LIMIT), b""))
    return found


def _diag_socket() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG)


def inodes(pid: int) -> set[int]:
    """The inodes of all sockets that a process and its descendants hold; none if it has ended.

    Raises PermissionError where a living one hides its descriptors from us.
    """
    return {inode for member in (pid, *procfs.descendants(pid)) for inode in own_inodes(member)}


def own_inodes(pid: int) -> Iterator[int]:
    """The inodes of the sockets that the process itself holds; see ``inodes``."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208 - twice as fast: a node has hundreds
    except (FileNotFoundError, ProcessLookupError):
        return
    except PermissionError:
        if procfs.has_ended(pid):  # a zombie's descriptors are root's, and none
            return
        raise
    for name in names:
        with suppress(FileNotFoundError, ProcessLookupError):
            target = str(Path(folder, name).readlink())
            if target.startswith(_SOCKET_LINK):
                yield int(target[len(_SOCKET_LINK) : -1])


@frozen
class News:
    """Which sockets have ended since the last time; their times are at most some 20 ms late.

    ``complete``: none was missed, and none is on its way.
    """

    ended: tuple[Ended, ...]
    complete: bool


class Endings:
    """Hears of every TCP socket that ends in our network namespace, from now on.

    A thread takes the news out of the kernel's buffer as they come, unread: reading is left to ``take``.
    ``buffer_bytes`` is asked for; without privileges the kernel gives at most net.core.rmem_max.
    Raises OSError where the kernel does not offer such news.
    """

    def __init__(self, buffer_bytes: int = _BUFFER_BYTES) -> None:
        self._lock = threading.Lock()
        self._raw: list[tuple[int, bytes]] = []
        self._lost = False
        self._socket = _subscribed(buffer_bytes)
        self._stopped, self._stop = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="ended sockets", daemon=True)
        self._thread.start()
        if not self.take().complete:  # subscribed, and told nothing: some sandboxes are like that
            self.close()
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def take(self) -> News:
        """The sockets that had ended when this was called, but those taken before.

        The kernel tells of them from a work queue.  So a socket of ours is ended on each processor: when
        these are told of, so is what was queued before them.
        """
        with self._lock:
            markers = _end_markers()
            ended = self._read_until(markers)
            complete, self._lost = not self._lost, False
        return News(tuple(each for each in ended if each.socket.cookie not in markers), complete)

    def _read_until(self, markers: frozenset[int]) -> list[Ended]:
        """What came until every marker was told of; if one does not come, something was lost."""
        found: list[Ended] = []
        missing = set(markers)
        deadline = clock.Deadline.after(_MARKERS_S)
        while missing and not deadline.expired:
            self._drain()
            raw, self._raw = self._raw, []
            news = [Ended(at_ns, each) for at_ns, datagram in raw for each in read_ended(datagram)]
            found += news
            missing.difference_update(each.socket.cookie for each in news)
            if missing and self._lost:  # among what was lost there may be a marker
                break
            if missing:
                select.select([self._socket], [], [], deadline.remaining_s())
        self._lost |= bool(missing)
        return found

    def _drain(self) -> None:
        at_ns = clock.monotonic_ns()
        while True:
            try:
                self._raw.append((at_ns, self._socket.recv(_DATAGRAM_LIMIT)))
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:  # that one says: the buffer was full, netlink(7)
                    raise
                self._lost = True

    def _listen(self) -> None:
        while self._stopped not in select.select([self._socket, self._stopped], [], [])[0]:
            if select.select([self._stopped], [], [], _GATHER_S)[0]:
                return
            with self._lock:
                self._drain()

    def close(self) -> None:
        """Hear no more; safe to call twice."""
        if self._thread.is_alive():
            self._stop.send(b".")
            self._thread.join()
        for each in (self._socket, self._stop, self._stopped):
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _subscribed(buffer_bytes: int) -> socket.socket:
    listening = _diag_socket()
    try:
        listening.settimeout(0)
        listening.bind(
            (0, 0)
        )  # without an address of its own it would be taken for the kernel, and told nothing
        _enlarge(listening, buffer_bytes)
        for group in _DESTROY_GROUPS:
            listening.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, group)
        with socket.socket() as marker:  # a kernel without cookies (before Linux 4.12) cannot be followed
            _cookie(marker)
    except OSError:
        listening.close()
        raise
    return listening


def _enlarge(listening: socket.socket, buffer_bytes: int) -> None:
    try:
        listening.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
    except PermissionError:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)


def _end_markers() -> frozenset[int]:
    """End a socket on each processor that we may run on; their cookies."""
    allowed = os.sched_getaffinity(0)
    try:
        return frozenset(_end_marker(processor) for processor in sorted(allowed))
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)


def _end_marker(processor: int) -> int:
    with suppress(
        OSError
    ):  # a processor that was taken away, or a sandbox: one marker more here does no harm
        os.sched_setaffinity(0, {processor})
    with socket.socket() as marker:
        return _cookie(marker)


def _cookie(of: socket.socket) -> int:
    return int.from_bytes(of.getsockopt(socket.SOL_SOCKET, _SO_COOKIE, _COOKIE_BYTES), sys.byteorder)

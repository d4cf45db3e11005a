"""A container's network: the counters of its interfaces, and whether what they count are frames.

An interface counts what the kernel hands to it.  Where offloads are on, as engines leave them, that is one piece
for many frames of a wire: each of them but the first lacks its headers in the count.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from tcperf.network import netdev
from tcperf.network.interface import Counters

_LOOPBACK: Final = "lo"
_T = TypeVar("_T")
NO_TRAFFIC: Final = Counters(0, 0, 0, 0, 0)


def interfaces(pid: int) -> list[str]:
    """The interfaces of a process's network namespace, but for the loopback.  Raises ProcessLookupError."""
    names = [line.partition(":")[0].strip() for line in _text(pid).splitlines() if ":" in line]
    return [name for name in names if name != _LOOPBACK]


def counters(pid: int) -> Counters:
    """The sums over the interfaces of a process's network namespace.  Raises ProcessLookupError when it has ended.

    The loopback is apart: what goes over it never leaves the container.
    """
    text = _text(pid)
    total = NO_TRAFFIC
    for name in (line.partition(":")[0].strip() for line in text.splitlines() if ":" in line):
        if name != _LOOPBACK:
            total += netdev.parse(text, name)
    return total


def _text(pid: int) -> str:
    """The kernel tells it to everybody: no namespace need be entered to read it (proc_pid_net(5))."""
    try:
        return Path(f"/proc/{pid}/net/dev").read_text("ascii", "replace")
    except OSError as error:  # of a zombie it cannot be opened any more
        raise ProcessLookupError(f"process {pid} has ended") from error


def is_shared_with_us(pid: int) -> bool | None:
    """Whether a process lives in our network, or in that of the machine's first process; None: we may not know.

    Namespaces are the same where the files' device and inode are (namespaces(7)).
    """
    try:
        theirs = Path(f"/proc/{pid}/ns/net").stat()
    except OSError:
        return None
    for ours in ("self", "1"):
        with suppress(OSError):
            if os.path.samestat(theirs, Path(f"/proc/{ours}/ns/net").stat()):
                return True
    return False


def merging(pid: int) -> list[str] | None:
    """Which offloads of a container's interfaces make one piece of many frames; None where that cannot be known."""
    from tcperf.network.links import merging_offloads

    return within(pid, lambda: [offload for name in interfaces(pid) for offload in merging_offloads(name)])


def packet_socket(pid: int) -> socket.socket | None:
    """A packet socket in a container's network, not bound yet; None where there can be none."""
    return within(pid, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))


def within(pid: int, ask: Callable[[], _T]) -> _T | None:
    """What ``ask`` answers from inside a process's network namespace; None where that is refused.

    A thread enters the namespace, and ends there: that needs to be root.
    """
    found: list[_T] = []
    asking = threading.Thread(
        target=lambda: found.extend(_enter_and(pid, ask)), name="in the container", daemon=True
    )
    asking.start()
    asking.join()
    return found[0] if found else None


def _enter_and(pid: int, ask: Callable[[], _T]) -> list[_T]:
    from pyroute2.netlink.exceptions import NetlinkError

    from tcperf.network import linux

    try:
        descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            linux.enter_network(descriptor)
        finally:
            os.close(descriptor)
        return [ask()]
    except (OSError, NetlinkError):  # not permitted, ended, or a driver that does not tell
        return []

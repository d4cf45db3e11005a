"""The UDP ports that are bound in a process's network (/proc/<pid>/net/udp and udp6: proc(5)).

TCP's are not read: /proc/<pid>/net/tcp costs milliseconds, for the kernel goes through the connections of the
whole machine, and whoever answers a connection shows by that alone that it listens.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import Final

#: Local address and port, remote ones, and the state: 07 is not connected to anybody.
_BOUND: Final = re.compile(rb"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 07 ", re.MULTILINE)
_CHUNK: Final = 1 << 16


class BoundPorts:
    """The bound ports in a process's network namespace; none where the process had ended already."""

    def __init__(self, pid: int) -> None:
        self._files: list[int] = []
        for name in ("udp", "udp6"):
            with contextlib.suppress(OSError):  # a kernel without IPv6, or a process that has ended
                self._files.append(os.open(f"/proc/{pid}/net/{name}", os.O_RDONLY))

    def ports(self) -> set[tuple[str, int]]:
        """The protocol, "udp", and the port of each socket that is bound and not connected."""
        return {
            ("udp", int(port, 16)) for descriptor in self._files for port in _BOUND.findall(_read(descriptor))
        }

    def close(self) -> None:
        """Close the files; safe to call twice."""
        while self._files:
            os.close(self._files.pop())


def _read(descriptor: int) -> bytes:
    parts = []
    size = 0
    while part := os.pread(descriptor, _CHUNK, size):
        parts.append(part)
        size += len(part)
    return b"".join(parts)

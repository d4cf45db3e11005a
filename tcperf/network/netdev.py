"""Reading an interface's counters from the text of /proc/net/dev (proc_net_dev: man 5 proc)."""

from __future__ import annotations

import os

from tcperf.network.interface import Counters

#: What a node's end of its link is called, in every namespace.
INTERFACE = "eth0"
#: 16 numbers an interface: receive bytes, packets, errs, drop, …, then transmit bytes, packets, errs, drop, …
_SENT, _SENT_PACKETS, _SENT_DROP = 8, 9, 11
_RECEIVED, _RECEIVED_PACKETS, _RECEIVED_DROP = 0, 1, 3
#: Room for a namespace's two interfaces many times over; the hub's text is read through a file instead.
_TEXT_LIMIT = 4096


def parse(text: str, interface: str) -> Counters:
    """The counters of ``interface``.  Raises KeyError where the text has no such interface."""
    prefix = f"{interface}:"
    for line in text.splitlines():
        stripped = line.lstrip()
        if stripped.startswith(prefix):
            numbers = [int(number) for number in stripped[len(prefix) :].split()]
            return Counters(
                numbers[_SENT],
                numbers[_RECEIVED],
                numbers[_SENT_PACKETS],
                numbers[_RECEIVED_PACKETS],
                numbers[_SENT_DROP] + numbers[_RECEIVED_DROP],
            )
    raise KeyError(interface)


def read_bytes(descriptor: int, interface: str = INTERFACE) -> tuple[int, int]:
    """Only the bytes sent and received, as fast as can be: the sampler asks twenty times a second."""
    text = os.pread(descriptor, _TEXT_LIMIT, 0)
    _before, found, after = text.partition(b" %b:" % interface.encode("ascii"))
    if not found:
        raise KeyError(interface)
    numbers = after.split(None, _SENT + 1)
    return int(numbers[_SENT]), int(numbers[_RECEIVED])


def read(descriptor: int, interface: str = INTERFACE) -> Counters:
    """The counters now, through a descriptor that was opened in the interface's namespace.

    The namespace lives as long as the descriptor, whatever became of its processes.
    """
    return parse(os.pread(descriptor, _TEXT_LIMIT, 0).decode("ascii", "replace"), interface)

"""Queueing disciplines of the kernel over rtnetlink(7): netem and tbf on an interface, and what they dropped.

The requests are tc's, byte by byte (<linux/rtnetlink.h>, <linux/pkt_sched.h>): the newest attributes are not
to be had otherwise, and an older kernel leaves those out that it does not know.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import Final

from attrs import frozen

from tcperf.link import Link
from tcperf.network.emulation import FULL_FRAME, delay_ns, frame_limit
from tcperf.network.rtnetlink import (
    ACKNOWLEDGE,
    CREATE,
    DUMP,
    EXCLUSIVE,
    REQUEST,
    Rtnetlink,
    attribute,
    attributes,
    request,
)

_TCMSG: Final = struct.Struct("=BxxxiIII")
_RTM_NEWQDISC, _RTM_DELQDISC, _RTM_GETQDISC = 36, 37, 38
_ROOT: Final = 0xFFFF_FFFF
_TCA_KIND, _TCA_OPTIONS, _TCA_STATS2, _TCA_STATS_QUEUE = 1, 2, 7, 3
_LOOPBACK: Final = "lo"

#: struct tc_netem_qopt: latency, limit, loss, gap, duplicate, jitter
_NETEM: Final = struct.Struct("=6I")
#: struct tc_netem_rate: rate, packet_overhead, cell_size, cell_overhead
_NETEM_RATE: Final = struct.Struct("=IiIi")
_TCA_NETEM_RATE, _TCA_NETEM_RATE64, _TCA_NETEM_LATENCY64, _TCA_NETEM_PRNG_SEED = 6, 8, 10, 14
#: The kernel's packet scheduler counts time in ticks of 64 ns (PSCHED_SHIFT).
_TICK_SHIFT: Final = 6
_ALL_ONES: Final = 0xFFFF_FFFF
#: struct tc_ratespec twice (rate and peak), then limit, buffer, mtu
_TBF: Final = struct.Struct("=BBHhHI 12x III")
_TCA_TBF_PARMS, _TCA_TBF_RATE64, _TCA_TBF_BURST = 1, 4, 6
_TC_LINKLAYER_ETHERNET: Final = 1
#: Tokens for as long as a busy machine may be late; tc-tbf(8): a bucket too small misses the rate.
_BURST_S: Final = 0.005
_BITS: Final = 8


@frozen
class Queue:
    """What a discipline holds, and what it dropped since it was made: frames."""

    held: int
    dropped: int


def netem_options(link: Link, seed: int) -> bytes:
    """TCA_OPTIONS of netem.  ``seed`` makes equal runs lose equally, from Linux 6.7 on."""
    nanoseconds = delay_ns(link)
    loss = round((link.loss_ratio or 0.0) * _ALL_ONES)
    options = _NETEM.pack(min(nanoseconds >> _TICK_SHIFT, _ALL_ONES), frame_limit(link), loss, 0, 0, 0)
    options += attribute(_TCA_NETEM_LATENCY64, struct.pack("=q", nanoseconds))
    if link.rate_bits_per_s is not None:
        rate = link.rate_bits_per_s // _BITS
        options += attribute(_TCA_NETEM_RATE, _NETEM_RATE.pack(min(rate, _ALL_ONES), 0, 0, 0))
        if rate >= _ALL_ONES:
            options += attribute(_TCA_NETEM_RATE64, struct.pack("=Q", rate))
    return options + attribute(_TCA_NETEM_PRNG_SEED, struct.pack("=Q", seed))


def tbf_options(link: Link) -> bytes:
    """TCA_OPTIONS of tbf, the token bucket; its queue is counted in bytes.  The link must have a rate."""
    assert link.rate_bits_per_s is not None
    rate = link.rate_bits_per_s // _BITS
    limit = min(frame_limit(link) * FULL_FRAME, _ALL_ONES)
    parameters = _TBF.pack(0, _TC_LINKLAYER_ETHERNET, 0, 0, 0, min(rate, _ALL_ONES), limit, 0, 0)
    burst = max(2 * FULL_FRAME, round(rate * _BURST_S))
    return (
        attribute(_TCA_TBF_PARMS, parameters)
        + attribute(_TCA_TBF_RATE64, struct.pack("=Q", rate))
        + attribute(_TCA_TBF_BURST, struct.pack("=I", burst))
    )


def add_request(index: int, kind: str, options: bytes) -> bytes:
    """The request that makes a discipline the only one of the interface number ``index``."""
    return _options_request(REQUEST | ACKNOWLEDGE | CREATE | EXCLUSIVE, index, kind, options)


def change_request(index: int, kind: str, options: bytes) -> bytes:
    """The request that gives other options to the discipline of the interface; what waits in it stays there."""
    return _options_request(REQUEST | ACKNOWLEDGE, index, kind, options)


class Qdiscs:
    """The disciplines of the network namespace in which this is made."""

    def __init__(self) -> None:
        self._netlink = Rtnetlink()

    def knows(self, kind: str, options: bytes) -> bool:
        """Whether the kernel has this kind, with these options: tried on the namespace's loopback.

        Raises OSError where it is refused for another reason than that it does not exist.
        """
        index = socket.if_nametoindex(_LOOPBACK)
        try:
            self.add(index, kind, options)
        except FileNotFoundError:  # "Specified qdisc kind is unknown"
            return False
        self._netlink.exchange(_qdisc_request(_RTM_DELQDISC, REQUEST | ACKNOWLEDGE, index, b""))
        return True

    def add(self, index: int, kind: str, options: bytes) -> None:
        """Make a discipline the only one of an interface.  Raises OSError with the kernel's reason."""
        try:
            self._netlink.exchange(add_request(index, kind, options))
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "no such discipline") from error

    def change(self, index: int, kind: str, options: bytes) -> None:
        """Give other options to an interface's discipline of this kind.  Raises OSError with the kernel's reason."""
        self._netlink.exchange(change_request(index, kind, options))

    def read(self) -> dict[int, Queue]:
        """What every interface's outermost discipline says, by the interface's number."""
        found: dict[int, Queue] = {}
        for body in self._netlink.exchange(_qdisc_request(_RTM_GETQDISC, REQUEST | DUMP, 0, b"")):
            _family, index, _handle, parent, _info = _TCMSG.unpack_from(body)
            statistics = dict(attributes(dict(attributes(body[_TCMSG.size :])).get(_TCA_STATS2, b"")))
            if parent == _ROOT and _TCA_STATS_QUEUE in statistics:
                held, _backlog, dropped = struct.unpack_from("=III", statistics[_TCA_STATS_QUEUE])
                found[index] = Queue(held, dropped)
        return found

    def close(self) -> None:
        """Close the socket; the disciplines live as long as their interfaces."""
        self._netlink.close()


def _options_request(flags: int, index: int, kind: str, options: bytes) -> bytes:
    said = attribute(_TCA_KIND, kind.encode("ascii") + b"\0") + attribute(_TCA_OPTIONS, options)
    return _qdisc_request(_RTM_NEWQDISC, flags, index, said)


def _qdisc_request(kind: int, flags: int, index: int, said: bytes) -> bytes:
    return request(kind, flags, _TCMSG.pack(socket.AF_UNSPEC, index, 0, _ROOT, 0) + said)

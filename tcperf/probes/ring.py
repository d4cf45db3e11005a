"""A packet socket's ring: captured frames in slots of one size, shared with the kernel (packet(7)).

TPACKET_V2 (Documentation/networking/packet_mmap.rst): the kernel fills one slot after another, we give them
back in the same order.  Fixed slots let a whole batch be walked by one ``struct.iter_unpack`` and be given
back by one assignment, which costs less than half of what TPACKET_V3's blocks do.

A slot begins with struct tpacket2_hdr and, at 32, struct sockaddr_ll; the frame stands at FRAME.
"""

from __future__ import annotations

import bisect
import contextlib
import mmap
import select
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from tcperf.clock import NS_PER_S
from tcperf.errors import MachineError
from tcperf.network.packets import SOL_PACKET, Instruction, attach_filter, listen

#: Where an Ethernet frame stands in a slot: behind the header (52 bytes, and 16 for the link header, aligned to
#: 16) and the reserve, less the link header.  The reserve aligns IP's addresses and ports.
FRAME: Final = 70
_RESERVE: Final = 4
#: By default: two thirds of a second of 100 thousand frames a second, and the headers of any frame.
SLOTS: Final = 65_536
SLOT_BYTES: Final = 256

_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION, _PACKET_RESERVE = 5, 6, 10, 12
_TPACKET_V2: Final = 1
_WORD: Final = 4
_LOWEST_BYTE: Final = 0 if sys.byteorder == "little" else _WORD - 1
_BATCH: Final = 1024
#: struct tpacket_req: block size, blocks, slot size, slots.  Smaller blocks are surer to be had.
_REQUEST: Final = struct.Struct("IIII")
_BLOCK_BYTES: Final = 1 << 16
#: tp_sec and tp_nsec.
_STAMP: Final = struct.Struct("16xII")


class Ring:
    """The ring of ``packets``, a packet socket that was not bound yet; it captures from now on.

    ``code`` is the filter.  ``slots`` times ``slot_bytes`` must be whole blocks of 64 KiB, ``slot_bytes`` a
    power of two.  Raises MachineError where the kernel refuses.
    """

    def __init__(
        self,
        packets: socket.socket,
        code: Sequence[Instruction],
        *,
        slots: int = SLOTS,
        slot_bytes: int = SLOT_BYTES,
    ) -> None:
        self._packets = packets
        self.slot_bytes = slot_bytes
        self.captured = 0
        self._slots = slots
        self._head = 0
        self._counted = 0
        try:
            self._memory = self._set_up(code)
        except OSError as error:
            packets.close()
            raise MachineError(
                f"this machine cannot capture frames: {error.strerror}", cure=_cure(slots * slot_bytes)
            ) from error
        self._view = memoryview(self._memory)
        # Each slot's status is 0 while it is the kernel's, and has its lowest bit set when it is ours.
        self._status = self._view.cast("I")[:: slot_bytes // _WORD]
        self._lowest = self._view[_LOWEST_BYTE::slot_bytes]
        self._kernels = memoryview(bytes(slots * _WORD)).cast("I")

    def _set_up(self, code: Sequence[Instruction]) -> mmap.mmap:
        size = self._slots * self.slot_bytes
        request = _REQUEST.pack(_BLOCK_BYTES, size // _BLOCK_BYTES, self.slot_bytes, self._slots)
        for option, value in (
            (_PACKET_VERSION, _TPACKET_V2),
            (_PACKET_RESERVE, _RESERVE),
            (_PACKET_RX_RING, request),
        ):
            self._packets.setsockopt(SOL_PACKET, option, value)
        attach_filter(self._packets, code)
        memory = mmap.mmap(self._packets.fileno(), size, mmap.MAP_SHARED)
        listen(self._packets)  # last, when all is in place
        return memory

    def refilter(self, code: Sequence[Instruction]) -> None:
        """Let another filter decide about the frames from now on; none is lost in between."""
        attach_filter(self._packets, code)

    def holds(self, frames: int) -> bool:
        """Whether more than so many frames wait to be taken."""
        return bool(self._lowest[(self._head + frames) % self._slots])

    def batches(self, before_ns: int | None = None) -> Iterator[memoryview]:
        """The slots that were filled since, oldest first, each once, in batches of a size that caches hold.

        ``before_ns`` leaves those of younger frames for later (nanoseconds since the epoch; stamps of several
        processors may be out of order by what a frame waits in a queue).  A batch is valid until the next one
        is asked for, and then given back.
        """
        while (start := self._head) < (end := self._end(before_ns)):
            while start < end:
                stop = self._checked(start, min(start + _BATCH, end))
                if start == stop:
                    return
                yield self._view[start * self.slot_bytes : stop * self.slot_bytes]
                self._status[start:stop] = self._kernels[: stop - start]
                self.captured += stop - start
                start = stop
                self._head = stop % self._slots
            if self._head:
                return

    def _end(self, before_ns: int | None) -> int:
        """The end of what may be taken from the head on, at most the ring's."""
        stop = self._filled()
        if before_ns is None:
            return stop
        return bisect.bisect_left(range(stop), before_ns, self._head, stop, key=self._stamp_ns)

    def _checked(self, start: int, stop: int) -> int:
        """The end of the filled slots: two processors may fill them out of order, so each is looked at."""
        unfilled = bytes(self._lowest[start:stop]).find(0)
        return stop if unfilled < 0 else start + unfilled

    def _filled(self) -> int:
        """About where the filled slots end, from the head on: few of them are looked at."""
        status, head = self._lowest, self._head
        if not status[head]:
            return head
        step = 1
        while head + step < self._slots and status[head + step]:
            step *= 2
        # Filled slots have a number above 0 in their status's lowest byte: they come first.
        stop = min(head + step, self._slots)
        return bisect.bisect_left(range(stop), 1, head + step // 2, stop, key=lambda slot: not status[slot])

    def _stamp_ns(self, slot: int) -> int:
        seconds, nanoseconds = _STAMP.unpack_from(self._view, slot * self.slot_bytes)
        stamp: int = seconds * NS_PER_S + nanoseconds
        return stamp

    def await_frame(self, timeout_ms: int) -> bool:
        """Whether a frame came, waiting up to ``timeout_ms`` milliseconds for it."""
        poll = select.poll()
        poll.register(self._packets, select.POLLIN)
        return bool(poll.poll(timeout_ms))

    def lost(self) -> int:
        """How many frames passed the filter and have not been taken from the ring: to be asked when it is empty."""
        statistics = self._packets.getsockopt(SOL_PACKET, _PACKET_STATISTICS, 8)
        counted, _dropped = struct.unpack("II", statistics)  # with the dropped ones; reading clears them
        self._counted += counted
        return self._counted - self.captured

    def close(self) -> None:
        """Stop capturing and give the memory back; safe to call twice."""
        self._packets.close()
        for view in (self._status, self._lowest, self._view):
            view.release()
        with contextlib.suppress(BufferError):  # somebody still looks at a batch: it is unmapped with that
            self._memory.close()


def _cure(size: int) -> str:
    return f"free {size >> 20} MiB of memory, or use a kernel built with CONFIG_PACKET"

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
_BATCH: Final = 2048
_GLANCE: Final = 256
#: struct tpacket_req: block size, blocks, slot size, slots.  Smaller blocks are surer to be had.
_REQUEST: Final = struct.Struct("IIII")
_BLOCK_BYTES: Final = 1 << 16
#: In words: tp_sec and tp_nsec.
_SECONDS, _NANOSECONDS = 4, 5


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
        self._counted = self._dropped = 0
        try:
            self._memory = self._set_up(code)
        except OSError as error:
            packets.close()
            raise MachineError(
                f"this machine cannot capture frames: {error.strerror}", cure=_cure(slots * slot_bytes)
            ) from error
        self._view = memoryview(self._memory)
        # Each slot's status is 0 while it is the kernel's, and has its lowest bit set when it is ours.
        words, step = self._view.cast("I"), slot_bytes // _WORD
        self._status = words[::step]
        self._seconds, self._nanoseconds = words[_SECONDS::step], words[_NANOSECONDS::step]
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
        while True:
            start = self._head
            most = min(start + _BATCH, self._slots)
            stop = self._older(start, self._filled(start, most), before_ns)
            if start == stop:
                return
            yield self._view[start * self.slot_bytes : stop * self.slot_bytes]
            self._status[start:stop] = self._kernels[: stop - start]
            self.captured += stop - start
            self._head = stop % self._slots
            if stop < most:
                return

    def _filled(self, start: int, most: int) -> int:
        """The end of the filled slots: two processors may fill them out of order, so each is looked at."""
        while start < most:
            stop = min(start + _GLANCE, most)
            unfilled = bytes(self._lowest[start:stop]).find(0)
            if unfilled >= 0:
                return start + unfilled
            start = stop
        return most

    def _older(self, start: int, stop: int, before_ns: int | None) -> int:
        """The end of those that were stamped before."""
        if before_ns is None:
            return stop
        second, nanosecond = divmod(before_ns, NS_PER_S)
        start = bisect.bisect_left(self._seconds, second, start, stop)
        stop = bisect.bisect_right(self._seconds, second, start, stop)
        return bisect.bisect_left(self._nanoseconds, nanosecond, start, stop)

    def await_frame(self, timeout_ms: int) -> bool:
        """Whether a frame came, waiting up to ``timeout_ms`` milliseconds for it."""
        poll = select.poll()
        poll.register(self._packets, select.POLLIN)
        return bool(poll.poll(timeout_ms))

    def lost(self) -> int:
        """How many frames passed the filter and have not been taken from the ring: to be asked when it is empty."""
        self._read_statistics()
        return self._counted - self.captured

    def dropped(self) -> int:
        """How many frames found no room: at any time, also while others come and wait to be taken."""
        self._read_statistics()
        return self._dropped

    def _read_statistics(self) -> None:
        statistics = self._packets.getsockopt(SOL_PACKET, _PACKET_STATISTICS, 8)
        counted, dropped = struct.unpack(
            "II", statistics
        )  # the dropped ones are in both; reading clears them
        self._counted += counted
        self._dropped += dropped

    def close(self) -> None:
        """Stop capturing and give the memory back; safe to call twice."""
        self._packets.close()
        for view in (self._status, self._seconds, self._nanoseconds, self._lowest, self._view):
            view.release()
        with contextlib.suppress(BufferError):  # somebody still looks at a batch: it is unmapped with that
            self._memory.close()


def _cure(size: int) -> str:
    return f"free {size >> 20} MiB of memory, or use a kernel built with CONFIG_PACKET"

"""A plant at work: the CPU, the padding, the memory and the waits that it costs this process.

CPU is a debt: of what the process has used by itself so far, the asked for share is owed, and paid whenever a call
or an envelope has been handled, in the event loop's thread.  So it grows and shrinks with the node's own work, on
any machine, and what a phase owes is paid within the phase but for its last few calls.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable

from tcperf.nodes.reference.plant import Plant

#: What an envelope costs on the wire beside its own bytes: the relay's header (18) and the channel's (18), and the
#: headers of Ethernet, IP and TCP (66), of its frame and of the acknowledgement of that (66).
WIRE_BYTES = 168
#: The event loop waits in whole milliseconds, rounded up (asyncio's selectors): the last of a wait is slept.
_LOOP_S = 0.001
_BLOCK = bytes(1024)


class Burden:
    """What ``plant`` costs.  The clocks are CPU time in nanoseconds: of the process, and of the calling thread."""

    def __init__(
        self,
        plant: Plant,
        process_ns: Callable[[], int] = time.process_time_ns,
        thread_ns: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self._plant = plant
        self._process_ns = process_ns
        self._thread_ns = thread_ns
        self._burnt_ns = 0
        self._held = bytearray()

    def hold(self) -> None:
        """Hold the memory from now on: every page of it was written, so that all of it is resident."""
        if not self._held:
            self._held = bytearray(b"\x01") * self._plant.memory_bytes

    def pay(self) -> None:
        """Burn the CPU that is owed by now."""
        if not self._plant.cpu_ratio:
            return
        own_ns = self._process_ns() - self._burnt_ns
        begin_ns = self._thread_ns()
        end_ns = begin_ns + round(own_ns * self._plant.cpu_ratio) - self._burnt_ns
        while (now_ns := self._thread_ns()) < end_ns:
            hashlib.sha256(_BLOCK).digest()
        self._burnt_ns += now_ns - begin_ns

    def padding(self, envelope_bytes: int) -> bytes:
        """What an envelope of so many bytes is lengthened by."""
        longer = round(self._plant.wire_ratio * (envelope_bytes + WIRE_BYTES))
        return bytes(self._plant.pad_bytes + longer)

    def later(self, call: Callable[[], None]) -> None:
        """Call ``call`` after the delay, at once where there is none; calls keep their order."""
        delay_s = self._plant.delay_s
        if not delay_s:
            call()
            return
        due_s = time.monotonic() + delay_s
        if delay_s > _LOOP_S:
            asyncio.get_running_loop().call_later(delay_s - _LOOP_S, self._at, due_s, call)
        else:
            self._at(due_s, call)

    @staticmethod
    def _at(due_s: float, call: Callable[[], None]) -> None:
        time.sleep(max(0.0, due_s - time.monotonic()))
        call()

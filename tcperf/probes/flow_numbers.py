"""Numbers of the busiest flows: the filter keeps as many bytes of their plain frames, and so tells whose they are.

A frame with a number is counted without a look at its addresses: of UDP by its length alone, of TCP by its sequence
number, too.  Numbers are few, and each is one flow's for good: frames that the filter has numbered may be in the
ring at any time.  So they go to flows that make up a good part of much traffic, first come, first served; all
others are counted by their addresses, at two or three times the cost.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Final

from tcperf.frames.flow import UNKNOWN, Flow, Group
from tcperf.frames.parse import ETHERNET_HEADER
from tcperf.probes.capture_filter import OURS_BELOW, TAGS, TCP_TAG, TCP_TIMED_TAG, UDP_TAG, NumberedFlow

#: TCP's sequence number ends before this number, and is kept with it and all higher ones.
LEAST_OF_TCP: Final = 43
_ODD: Final = tuple(number for number in range(1, OURS_BELOW, 2) if number not in TAGS)
#: The numbers that flows with a tag may get, best first.  A frame is longer than its number.
NUMBERS: Final = {
    UDP_TAG: tuple(number for number in _ODD if number < UDP_TAG),
    TCP_TAG: tuple(number for number in _ODD if LEAST_OF_TCP <= number < TCP_TAG),
    TCP_TIMED_TAG: tuple(number for number in reversed(_ODD) if LEAST_OF_TCP <= number < TCP_TIMED_TAG),
}
#: A code is half a number: UDP's are below FIRST_TCP, TCP's below OTHER, which is that of frames without a number.
FIRST_TCP: Final = LEAST_OF_TCP // 2
OTHER: Final = OURS_BELOW // 2
#: A key ends with the ports.
_PORTS_BYTES: Final = 4
_NOBODY: Final = Flow(Group("", "", "other", 0, 0), UNKNOWN)
#: As many frames are worth a look at who they are of, and another filter; or so many, where that was for nothing.
_MANY, _RARELY = 1024, 8192
#: A flow is busy with one frame of so many.
_SHARE: Final = 32


class FlowNumbers:
    """The flows that have numbers.

    ``codes`` translates the kept length's lowest byte into a code, and ``given`` are the codes of the flows that have
    numbers; ``datagrams`` are the numbers of UDP.  ``flows`` and ``heads`` are by code: a flow, and how long its
    frames' headers are, Ethernet's included.  A look at who is busy is worth it when ``look_after`` frames without a
    number have come.
    """

    def __init__(self) -> None:
        self.codes = bytes((OTHER,)) * 256
        self.given: list[int] = []
        self.datagrams: set[int] = set()
        self.flows = [_NOBODY] * (OTHER + 1)
        self.heads = [0] * (OTHER + 1)
        self.look_after = _MANY

    def add_segments(self, codes: bytes) -> None:
        """Add the frames of TCP to their flows, whose sequence numbers have been followed."""
        for code in self.given:
            if code >= FIRST_TCP:
                self.flows[code].plain_packets += codes.count(code)

    def add_datagrams(self, codes: bytes, sums: Sequence[int]) -> None:
        """Add the frames of UDP to their flows, with their lengths, of which there are the sums by code."""
        for code in self.given:
            if code < FIRST_TCP and sums[code]:
                flow, packets = self.flows[code], codes.count(code)
                flow.plain_packets += packets
                flow.plain_bytes += sums[code] - packets * ETHERNET_HEADER

    def number(self, flows: Iterable[Flow]) -> bool:
        """Give numbers to the busy ones of these flows, the busiest first; whether any has got one."""
        counted = [(flow.packets + flow.plain_packets, flow) for flow in flows]
        total = sum(packets for packets, _flow in counted)
        busy = [each for each in counted if each[0] * _SHARE > total and not each[1].number]
        busy.sort(key=operator.itemgetter(0), reverse=True)
        found = [flow for _packets, flow in busy if self._give(flow)]
        # Where nobody is busy, or no number is left, looks get rare.
        self.look_after = _MANY if found else min(2 * self.look_after, _RARELY)
        return bool(found)

    def _give(self, flow: Flow) -> bool:
        """Give a flow a number; False where there is none left for it."""
        free = (number for number in NUMBERS[flow.network] if self.codes[number] == OTHER)
        flow.number = next(free, 0)
        if flow.number:
            code = flow.number // 2
            self.flows[code], self.heads[code] = flow, ETHERNET_HEADER + flow.plain_headers
            self.codes = self.codes[: flow.number] + bytes((code,)) + self.codes[flow.number + 1 :]
            self.given.append(code)
            if code < FIRST_TCP:
                self.datagrams.add(flow.number)
        return flow.number > 0

    def for_filter(self) -> list[NumberedFlow]:
        """The flows with numbers as the filter knows them."""
        flows = (self.flows[code] for code in self.given)
        return [
            NumberedFlow(flow.number, flow.network, flow.link, flow.ethernet, flow.index_key[-_PORTS_BYTES:])
            for flow in flows
            if flow.index_key is not None
        ]

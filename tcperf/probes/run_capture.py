"""The capture of one run: frames from the ring into the ledger, phase by phase and bin by bin.

Frames are counted an interval late, or more: a phase's edge that the driver tells within that time still cuts
exactly where it was.  All times are nanoseconds since the epoch, by which the kernel stamps frames.
"""

from __future__ import annotations

import errno
import functools
import socket
from pathlib import Path
from typing import Any, Final

import attrs

from tcperf.clock import NS_PER_MS
from tcperf.frames.rows import Ports, Table
from tcperf.network.copies import Joined
from tcperf.network.packets import ignore_outgoing
from tcperf.probes.bins import TrafficBins
from tcperf.probes.capture_filter import Place, program
from tcperf.probes.kept_capture import KeptCapture
from tcperf.probes.ledger import Ledger
from tcperf.probes.phase_cuts import OUTSIDE_OF_PHASES, PhaseCuts
from tcperf.probes.ring import FRAME, SLOT_BYTES, SLOTS, Ring
from tcperf.traffic import Direction

#: Whole frames of 1514 bytes need larger slots, and get fewer: a sixth of a second of 100 thousand a second.
_FULL_SLOTS: Final = 16_384
_FULL_SLOT_BYTES: Final = 2048
#: Nothing came for so long after the nodes have ended: nothing is on its way any more.
_QUIET_MS: Final = 2
_MAX_ROUNDS: Final = 500
#: In intervals: counting many frames at once costs less than looking after a few.
_COUNT_EVERY: Final = 4
#: Parts of the ring: when so much is filled, frames are counted sooner.
_PRESSED, _FILLING = 8, 2
#: In intervals: how often flows are cut where no phase ends.
_CUT_EVERY: Final = 20
_ALWAYS: Final = Joined()


@attrs.frozen
class TapOptions:
    """How a run is captured.

    ``full`` keeps whole frames, ``pcap`` is the file that keeps them (None: they are only counted).  ``lossy``
    counts what was received where it leaves the bridge, for it is not what was sent; else nobody looks there.
    ``slots`` is for tests.
    """

    bridge: int
    full: bool = False
    lossy: bool = False
    pcap: Path | None = None
    slots: int | None = None


class RunCapture:
    """Captures from the moment it is made, counts from ``start`` on.

    ``packets`` is a packet socket that is not bound yet.  ``wants_udp_ports`` says that there were datagrams
    between ports that nobody is known to have bound; who has looked them up sets it back.  Raises MachineError
    where there can be no ring, OutputError where the file cannot be made.
    """

    def __init__(self, packets: socket.socket, options: TapOptions, interval_ms: int, ports: Ports) -> None:
        self._lossy = options.lossy
        self._interval_ns = interval_ms * NS_PER_MS
        keeps_all = options.pcap is not None and options.full
        slot_bytes = _FULL_SLOT_BYTES if keeps_all else SLOT_BYTES
        self._slots = options.slots or (_FULL_SLOTS if keeps_all else SLOTS)
        tagged = options.pcap is None
        self._kept = None if options.pcap is None else KeptCapture(options.pcap, full=options.full)
        self._ledger = Ledger(slot_bytes, tagged=tagged, bridge=options.bridge, keeper=self._kept)
        self._cuts = PhaseCuts(slot_bytes)
        self._ports = ports
        self._table = Table(ports)
        self.wants_udp_ports = False
        self.bins = TrafficBins(interval_ms, ports)
        self._names: list[str] = []
        self._turn = 0
        #: For how many intervals nobody need look at the ring: a smaller one might overflow meanwhile.
        self.patience = _COUNT_EVERY if self._slots >= SLOTS else 1
        self._phase = OUTSIDE_OF_PHASES
        self._cut_after = 0
        self._zero_ns = self._edge_ns = 0
        self._hosts: list[Place] = []
        self._filter = functools.partial(
            program, options.bridge, snap=slot_bytes - FRAME, lossy=options.lossy, tagged=tagged
        )
        if not options.lossy:
            ignore_outgoing(packets)
        self._ring = Ring(packets, self._filter(), slots=self._slots, slot_bytes=slot_bytes)

    def host(
        self, name: str, leg: int, hardware_address: bytes, address: str, joined: Joined = _ALWAYS
    ) -> None:
        """A node's place: its leg's interface index, its MAC and its IP address; which floods did not reach it."""
        self._names.append(name)
        for phase, late in self._ledger.host(name, leg, hardware_address, joined).items():
            self.bins.add(self._bin, late.draw(), "received")
            self._table.add(phase, late.cut(), "received")
        self._hosts.append(Place(leg, hardware_address, socket.inet_aton(address)))
        self._refilter()
        if self._kept is not None:
            self._kept.host(name, hardware_address, address)

    def _refilter(self) -> None:
        """A filter that knows all hosts and numbered flows.

        Where the kernel has no memory for so long a one (net.core.optmem_max, of which it takes the old one's,
        too), the one before stays: it numbers fewer flows, and what it does not know the place of is kept whole,
        and counted frame by frame.
        """
        code = self._filter(hosts=self._hosts, numbered=self._ledger.numbered())
        try:
            self._ring.refilter(code)
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise

    def start(self, zero_ns: int) -> None:
        """Count in bins from the run's time 0 on; earlier frames fall into the first."""
        self._zero_ns = self._edge_ns = zero_ns

    def cut(self, at_ns: int, phase: str) -> None:
        """Frames from ``at_ns`` on belong to ``phase``."""
        self._cuts.add(at_ns, phase)

    def is_due(self, tick: int) -> bool:
        """Whether to count at this tick, of an interval each: now and then, or when many frames wait."""
        turn = tick // _COUNT_EVERY
        if not self._ring.holds(self._slots // _PRESSED if turn == self._turn else 0):
            return False
        self._turn = turn
        return True

    def advance(self, now_ns: int) -> None:
        """Count what was stamped up to an interval ago, in whole bins; where the ring is filling up, to the last."""
        until_ns = now_ns - (now_ns - self._zero_ns) % self._interval_ns
        if not self._ring.holds(self._slots // _FILLING):
            until_ns -= self._interval_ns
        while self._edge_ns < until_ns:
            if not self._ring.holds(0):  # what is still to come is younger
                self._edge_ns = until_ns
                return
            if self._take(self._edge_ns + self._interval_ns):
                self._cuts.done(self._edge_ns + self._interval_ns)
            self._edge_ns += self._interval_ns

    def _take(self, until_ns: int | None) -> bool:
        """Count the frames stamped before, all of the bin that begins at the edge; whether there were any."""
        found = False
        for batch in self._ring.batches(until_ns):
            found = True
            for phase, stretch in self._cuts.divide(batch, until_ns):
                if phase != self._phase:
                    self._enter(phase)
                self._ledger.count(stretch)
        if found:
            self._draw()
        return found

    def _enter(self, phase: str) -> None:
        """Frames to be counted from now on belong to another phase."""
        self._cut()
        self._phase = phase
        self._ledger.enter(phase)
        if self._kept is not None:
            self._kept.phase(phase)

    @property
    def _bin(self) -> int:
        """The number of the bin at the edge."""
        return (self._edge_ns - self._zero_ns) // self._interval_ns

    def _draw(self) -> None:
        """Add what was counted to the bin at the edge, and now and then to the table: ended flows are forgotten."""
        number = self._bin
        self.bins.add(number, self._ledger.sent.draw(), "sent")
        self.bins.add(number, self._ledger.left.draw(), "received")
        if self._ledger.number_busy():
            self._refilter()
        if number >= self._cut_after:
            self._cut_after = number + _CUT_EVERY
            self._cut_flows()

    def _cut(self) -> None:
        """Add what was counted to the table, in the present phase."""
        self._draw()
        self._cut_flows()

    def _cut_flows(self) -> None:
        time_ns = self._edge_ns + self._interval_ns
        for name, port in self._ledger.sent.listening:
            self._ports.listen(name, {("tcp", port)})
        sent, left = self._ledger.cut(time_ns)
        self.wants_udp_ports |= any(
            group.protocol == "udp" and self._ports.role(group) == "other" for group, _totals in sent
        )
        self._table.add(self._phase, sent, "sent")
        self._table.add(self._phase, left, "received")

    def clock_stepped(self, step_ns: int) -> None:
        """Somebody has set the clock: what is there carries the old time."""
        self._take(None)
        self._zero_ns += step_ns
        self._edge_ns += step_ns
        self._cuts.done(self._edge_ns)

    def finish(self, now_ns: int) -> None:
        """Count everything, once the nodes have ended; what is on its way is waited for."""
        self.advance(now_ns + self._interval_ns)
        self._take(None)
        for _round in range(_MAX_ROUNDS):
            if not self._ring.await_frame(_QUIET_MS):
                break
            self._take(None)
        self._cut()

    def series_columns(
        self, name: str, direction: Direction, times_ms: list[float]
    ) -> tuple[list[int], list[int]] | None:
        """The bytes and frames that a node had sent or received by each of these times; None for one that was not announced."""
        if name not in self._names:
            return None
        return self.bins.cumulative(name, direction, times_ms, mirror=not self._lossy)

    def series(self) -> dict[str, Any]:
        """The traffic over time, as a series' file has it."""
        return self.bins.rows(self._names)

    def close(self) -> dict[str, Any]:
        """The traffic table and how complete it is, as ``tcperf.probes.traffic_file`` has them."""
        lost = self._ring.lost()
        found: dict[str, Any] = {
            "packets": self._ring.captured + self._ledger.copies_unseen,
            "lost_packets": lost,
            "late_cuts": self._cuts.late,
            "rows": [attrs.asdict(row) for row in self._table.rows(self._names, mirror=not self._lossy)],
        }
        self._ring.close()
        if self._kept is not None:
            self._kept.close(lost)
            found["pcap_problem"] = self._kept.problem
        return found

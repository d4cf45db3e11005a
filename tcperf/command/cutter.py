"""Cuts a program's life at its marks: readings on both sides of each, and what its end tells.

At a mark the order is: the clocks, the readings of the stretch that ends, those of the one that begins, the clock.  A
program that waits meanwhile is cut exactly, and the time of the readings is in no phase.  One that goes on is cut at
the first clock, for its traffic and its time, and at the first readings for the rest: nothing of it is lost between.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, Protocol

from tcperf import clock
from tcperf.command.life import PROGRAM, Life, Stretch, end_edge, going_on, last_peak, peak_until_now
from tcperf.command.program import Program
from tcperf.command.timeline import WHOLE, Timeline
from tcperf.command.tree import Left, Tree
from tcperf.model import PhaseResult
from tcperf.network.interface import Exit
from tcperf.probes.node import Edge, NodeProbe, born, is_alone, process_probe, unborn
from tcperf.probes.reading import Amount
from tcperf.probes.recording import Recorder
from tcperf.probes.shared_traffic import SharedTraffic

#: A program that is told to be gone is gone by then.
_KILL_S: Final = 10.0
#: Looks at the tree's memory are so far apart: what no peak of one program can tell, they must.
_LOOK_NS: Final = 20 * clock.NS_PER_MS


class Hearer(Protocol):
    """Hears of phases as they come and go."""

    def began(self, name: str) -> None:
        """The phase has begun."""

    def ended(self, name: str, seconds: float) -> None:
        """It has ended."""


class Cutter:
    """Follows one program on ``host``; ``left`` is known after ``end``."""

    def __init__(self, host: Any, recorder: Recorder, traffic: SharedTraffic, hearer: Hearer) -> None:
        self._host = host
        self._recorder = recorder
        self._traffic = traffic
        self._hearer = hearer
        self._timeline = Timeline()
        self._life = Life()
        self._probe: NodeProbe | None = None
        self._look_at_ns = 0
        self.left = Left()
        process_probe(os.getpid()).close()  # what it imports must not take the program's first milliseconds

    def launch(self, launch: Callable[[], Program]) -> Program:
        """The life begins: the readings of what has nothing yet, then the program.  Raises what ``launch`` raises."""
        self._hearer.began(WHOLE)
        self._traffic.begin()
        edge = unborn(self._host)
        self._recorder.cut(WHOLE, clock.realtime_ns())
        self._start_ns = clock.monotonic_ns()
        self._program = program = launch()
        self._edge = born(edge, program.child.launch_cpu_ns)
        self._tree = Tree(program.pid)
        self._probe = NodeProbe(program.pid, self._host)
        self._traffic.watch(PROGRAM, program.pid, 0)
        self._recorder.watch(PROGRAM, program.pid, self._host.counters_fd())
        return program

    def look(self) -> None:
        """Look at the memory of the program and its children, unless that was a moment ago."""
        now_ns = clock.monotonic_ns()
        if now_ns >= self._look_at_ns:
            self._look_at_ns = now_ns + _LOOK_NS
            self._tree.look()

    def mark(self, name: str, *, waits: bool) -> None:
        """A phase begins, or, by "", the open one ends; ``waits``: the program stands still until this returns.

        Raises RefusedMarkError, and then nothing is cut.
        """
        at_ns, at_realtime_ns = clock.monotonic_ns(), clock.realtime_ns()
        before = self._timeline.open
        self._timeline.mark(name)
        if not (name or before):
            return
        self._recorder.cut(name or WHOLE, at_realtime_ns)
        assert self._probe is not None
        end = self._read(self._probe.end)
        alone = self._tree.is_alone and end.reading is not None and is_alone(self._edge.reading, end.reading)
        self._close(before, at_ns, end, peak_until_now(end, self._tree.peak_bytes, alone=alone))
        self._traffic.begin()
        begin = self._read(self._probe.begin)
        self._edge = begin if waits else going_on(end, begin)
        self._tree.reset()
        self._start_ns = clock.monotonic_ns() if waits else at_ns
        if name:
            self._hearer.began(name)

    def _read(self, read: Callable[[], Edge]) -> Edge:
        """A reading of the program; of one that has ended meanwhile, what its end tells."""
        try:
            return read()
        except ProcessLookupError:
            return end_edge(self._program.ended(_KILL_S), self._host.counters())

    def _close(self, name: str, at_ns: int, end: Edge, peak: Amount | None) -> None:
        """A stretch is over: a mark that is read after the program's end was printed before it."""
        if self._program.has_ended:
            at_ns = min(at_ns, self._program.ended(_KILL_S).ended_ns or at_ns)
        start_ns = min(self._start_ns, at_ns)
        self._life.stretches.append(
            Stretch(name, start_ns, at_ns, self._edge, end, peak, self._traffic.end())
        )
        if name:
            self._hearer.ended(name, (at_ns - start_ns) / clock.NS_PER_S)

    def end(self, ended: Exit, zero_ns: int) -> tuple[PhaseResult, ...]:
        """The program has ended: the last readings, and all its phases, the whole last; times from ``zero_ns`` on."""
        at_ns, counters = clock.monotonic_ns(), self._host.counters()
        self._recorder.cut("", clock.realtime_ns())
        self.left = self._tree.left(ended.parent)
        alone = self._tree.is_alone and self.left == Left() and not ended.children_faults
        peak = last_peak(ended, self._tree.peak_bytes, alone=alone)
        self._close(self._timeline.open, at_ns, end_edge(ended, counters), peak)
        whole = self._life.whole(WHOLE, ended, self.left, zero_ns)
        self._hearer.ended(WHOLE, (whole.end_ns - whole.start_ns) / clock.NS_PER_S)
        return (*self._life.named(zero_ns), whole)

    def close(self) -> None:
        """Close what is held open; safe to call twice."""
        if self._probe is not None:
            self._probe.close()

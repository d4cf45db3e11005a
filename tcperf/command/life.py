"""A program's life in figures: its stretches between marks, and the whole of it.

At the program's end nothing of it can be read any more: its CPU is what wait4(2) tells, exact, the children it waited
for included; its peak is that of wait4 as well, or the last one that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, evolve, field, frozen

from tcperf.clock import NS_PER_MS
from tcperf.command.tree import Left
from tcperf.measurement import Exactness, Measurement, loosest, measured
from tcperf.metrics import MEMORY_PEAK
from tcperf.model import PhaseResult
from tcperf.network.interface import Counters, Exit
from tcperf.probes.node import Edge, measure, totals
from tcperf.probes.reading import Amount, Reading, State, Work
from tcperf.probes.shared_traffic import PhaseTraffic

#: What the program is called among the nodes of a result.
PROGRAM: Final = "program"
_NOTHING_LEFT: Final = Left()
_WAITED: Final = "wait4"
_SEEN: Final = "resident sets"
#: The source of a peak that is no more than a bound.
_INHERITED: Final = "wait4, its launcher included"
#: What our fork may touch between its reading of its own memory and its becoming the program, and what the kernel's sums of
#: pages lag behind, for it keeps them by processor.
_LAST_STEPS: Final = 1 << 20


@frozen
class Stretch:
    """A part of the life, between two marks; ``name`` is "" where no phase was open.

    Times are on the monotonic clock.  ``peak`` is the largest resident set in it, None where nobody saw it.
    """

    name: str
    start_ns: int
    end_ns: int
    begin: Edge
    end: Edge
    peak: Amount | None
    shared: PhaseTraffic = field(factory=PhaseTraffic)

    def result(self, zero_ns: int) -> PhaseResult:
        """Its figures; times count from ``zero_ns``."""
        figures = _with_peak(measure(self.begin, self.end), self.peak)
        return _result(self.name, self.start_ns, self.end_ns, zero_ns, figures, self.shared)


@define
class Life:
    """The stretches so far, in their order."""

    stretches: list[Stretch] = field(factory=list)

    def named(self, zero_ns: int) -> list[PhaseResult]:
        """The phases that the program marked."""
        return [stretch.result(zero_ns) for stretch in self.stretches if stretch.name]

    def whole(self, name: str, ended: Exit, left: Left, zero_ns: int) -> PhaseResult:
        """All of it as the phase ``name``, when it is over."""
        first, last = self.stretches[0], self.stretches[-1]
        figures = measure(first.begin, evolve(last.end, reading=_all_of(ended, left)))
        peaks = [stretch.peak for stretch in self.stretches]
        figures = _with_peak(figures, _largest(peaks))
        shared = together([stretch.shared for stretch in self.stretches])
        start_ns, end_ns = ended.began_ns or first.start_ns, ended.ended_ns or last.end_ns
        return _result(name, start_ns, end_ns, zero_ns, figures, shared)


def end_edge(ended: Exit, counters: Counters | None) -> Edge:
    """The edge of an ended program, for the stretch that ended with it."""
    return Edge(_reading(ended, ended.children_faults or 0), counters)


def going_on(end: Edge, begin: Edge) -> Edge:
    """Where a stretch begins that nothing lies before: where the one before ended, but for what begins anew.

    Instructions are counted from the beginning of each.
    """
    if end.reading is None or begin.reading is None:
        return begin
    work = evolve(end.reading.work, instructions=begin.reading.work.instructions)
    return evolve(end, reading=evolve(end.reading, work=work))


def last_peak(ended: Exit, seen_bytes: int, *, alone: bool) -> Amount | None:
    """The peak of the stretch that the program's end closed; None where nothing is known of it.

    wait4's is the program's own only above what its fork took over; of a family the largest one's, so that what was
    seen of all together may be more.  Of a single program that nobody saw it is at least a bound.
    """
    told = _own_peak(ended)
    if not alone:
        return Amount(max(told, seen_bytes), "sampled", _SEEN) if told or seen_bytes else None
    if told:
        return Amount(told, "exact", _WAITED)
    if seen_bytes:
        return Amount(seen_bytes, "sampled", "VmHWM")
    return Amount(ended.peak_bytes, "bound", _INHERITED) if ended.peak_bytes else None


def is_inherited(phase: PhaseResult) -> bool:
    """Whether all that is known of a phase's peak is a bound, which whoever started the program sets."""
    peak = phase.nodes[PROGRAM].get(MEMORY_PEAK)
    return peak is not None and peak.source == _INHERITED


def _own_peak(ended: Exit) -> int:
    """wait4's peak where it is the program's for sure, else 0: our fork's is in it, too."""
    if ended.peak_bytes is None or ended.inherited_bytes is None:
        return 0
    return ended.peak_bytes if ended.peak_bytes > ended.inherited_bytes + _LAST_STEPS else 0


def peak_until_now(edge: Edge, seen_bytes: int, *, alone: bool) -> Amount | None:
    """The peak of a stretch that a mark closes: as read, or what was seen of children that have ended since."""
    read = edge.reading.state.peak_bytes if edge.reading is not None else None
    if read is None or (not alone and read.value < seen_bytes):
        return Amount(seen_bytes, "sampled", _SEEN) if seen_bytes else None
    return read if alone else evolve(read, exactness="bound")


def together(parts: Sequence[PhaseTraffic]) -> PhaseTraffic:
    """What consecutive stretches of one network moved; what one of them lacks is absent.

    Between two of them something may pass: where there are several, nothing is more than sampled.
    """
    if len(parts) == 1:
        return parts[0]
    nodes = {
        name: _sums([part.nodes.get(name, {}) for part in parts])
        for name in dict.fromkeys(name for part in parts for name in part.nodes)
    }
    return PhaseTraffic(nodes=nodes, totals=_sums([part.totals for part in parts]))


def _sums(parts: Sequence[Mapping[str, Measurement]]) -> dict[str, Measurement]:
    found = {}
    for key in parts[0]:
        if all(key in part for part in parts):
            same = [part[key] for part in parts]
            exactness = loosest("sampled", *(each.exactness for each in same))
            found[key] = evolve(same[0], value=sum(each.value for each in same), exactness=exactness)
    return found


def _largest(peaks: Sequence[Amount | None]) -> Amount | None:
    """The largest of the stretches' peaks, as exact as the least exact of them; None where all are unknown."""
    known = [peak for peak in peaks if peak is not None]
    if not known:
        return None
    doubts: list[Exactness] = [peak.exactness for peak in known]
    if len(known) < len(peaks):
        doubts.append("sampled")
    return evolve(max(known, key=lambda peak: peak.value), exactness=loosest(*doubts))


def _reading(ended: Exit, ended_children: int, left: Left = _NOTHING_LEFT) -> Reading | None:
    if ended.user_ms is None or ended.system_ms is None:
        return None
    user_ns, system_ns = (round(each * NS_PER_MS) for each in (ended.user_ms, ended.system_ms))
    faults = (ended.minor_faults, ended.major_faults)
    counted = None if None in faults else Amount(sum(each or 0 for each in faults), "exact", _WAITED)
    exactness: Exactness = "exact" if left == _NOTHING_LEFT else "sampled"
    cpu = Amount(user_ns + system_ns + left.cpu_ns, exactness, _WAITED)
    work = Work(cpu, user_ns, system_ns, ended_children)
    return Reading(work, State(page_faults=counted), frozenset())


def _all_of(ended: Exit, left: Left) -> Reading | None:
    """The whole life: wait4 counts the children that were waited for exactly, so there is no doubt of them."""
    return _reading(ended, 0, left)


def _with_peak(figures: dict[str, Measurement], peak: Amount | None) -> dict[str, Measurement]:
    if peak is None:
        return {key: each for key, each in figures.items() if key != MEMORY_PEAK}
    return {
        **figures,
        MEMORY_PEAK: measured(MEMORY_PEAK, peak.value, peak.exactness, peak.source),
    }


def _result(
    name: str,
    start_ns: int,
    end_ns: int,
    zero_ns: int,
    figures: Mapping[str, Measurement],
    shared: PhaseTraffic,
) -> PhaseResult:
    nodes = {PROGRAM: {**shared.nodes.get(PROGRAM, {}), **figures}}
    time_ms = Measurement((end_ns - start_ns) / NS_PER_MS, "ms", "exact", "monotonic clock")
    return PhaseResult(
        name=name,
        start_ns=start_ns - zero_ns,
        end_ns=end_ns - zero_ns,
        nodes=nodes,
        totals={"time_ms": time_ms, **totals(nodes), **shared.totals},
    )

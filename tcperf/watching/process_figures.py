"""A process's figures of a stretch, from what was read of it at the edges, or seen of it for the last time.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, evolve, frozen

from tcperf.clock import NS_PER_MS
from tcperf.measurement import Exactness, Measurement, made_of
from tcperf.metrics import MEMORY_PEAK
from tcperf.probes.glimpse import Glimpse
from tcperf.probes.node import Edge, measure
from tcperf.probes.reading import Reading


@define
class Part:
    """One process in one stretch.

    ``begin`` is None where it was born in the stretch; ``is_late`` says that it lived before, and was found only later.
    """

    begin: Reading | None
    is_late: bool = False
    peak_bytes: int = 0
    is_over: bool = False

    def saw(self, peak_bytes: int | None) -> None:
        """Its peak so far was read, and may begin anew now."""
        self.peak_bytes = max(self.peak_bytes, peak_bytes or 0)


@frozen
class Life:
    """What was measured of a process, and the numbers of the looks that first and last found it alive."""

    first: int
    last: int
    figures: Mapping[str, Measurement]


def peak_together(lives: Sequence[Life]) -> Measurement | None:
    """The largest sum of the peaks of those that lived at one look; None where nobody's is known, or somebody's is not.

    Processes that lived one after another never had their memory at one time.
    """
    if not lives or not all(MEMORY_PEAK in life.figures for life in lives):
        return None
    sums = []
    for first in {life.first for life in lives}:
        parts = [life.figures[MEMORY_PEAK] for life in lives if life.first <= first <= life.last]
        sums.append(made_of(MEMORY_PEAK, sum(part.value for part in parts), *parts))
    return max(sums, key=lambda each: each.value)


def figures(part: Part, last: Glimpse | None, end: Reading | None, *, is_cut: bool) -> dict[str, Measurement]:
    """What a process used in a stretch; empty where nothing is known of it.

    ``last`` is the last that was seen of it, ``end`` its reading at the stretch's end: None where it did not live
    to see that.  ``is_cut``: another edge was within the stretch.
    """
    if end is None:
        return {} if last is None else _of_the_ended(part, last)
    found = measure(Edge(part.begin, None), Edge(_whole(end, part, is_cut=is_cut), None))
    if part.begin is None:
        return {**found, **_loosened(found, "bound", "cpu_ms")}
    if part.is_late:
        return {key: evolve(each, exactness="sampled") for key, each in found.items()}
    return found


def _whole(end: Reading, part: Part, *, is_cut: bool) -> Reading:
    """The reading with the peak of all the stretch, and without instructions that were not counted all the time."""
    peak = end.state.peak_bytes
    if peak is not None:
        end = evolve(
            end, state=evolve(end.state, peak_bytes=evolve(peak, value=max(peak.value, part.peak_bytes)))
        )
    return evolve(end, work=evolve(end.work, instructions=None)) if is_cut else end


def _loosened(found: dict[str, Measurement], exactness: Exactness, *keys: str) -> dict[str, Measurement]:
    return {key: evolve(found[key], exactness=exactness) for key in keys if key in found}


def _of_the_ended(part: Part, last: Glimpse) -> dict[str, Measurement]:
    """What was seen of a process that did not live to the stretch's end."""
    begin_ns = part.begin.work.cpu_ns.value if part.begin is not None else 0
    is_whole = last.is_final and not last.has_family and part.begin is not None and not part.is_late
    source = "cpu clock, at its end" if last.is_final else "cpu clock, when it was seen last"
    found = {}
    if last.cpu_ns >= begin_ns:
        exactness: Exactness = "exact" if is_whole else "sampled"
        found["cpu_ms"] = Measurement((last.cpu_ns - begin_ns) / NS_PER_MS, "ms", exactness, source)
    if part.peak_bytes:
        found[MEMORY_PEAK] = Measurement(part.peak_bytes, "bytes", "sampled", "VmHWM, when it was seen last")
    return found

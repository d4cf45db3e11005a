"""Go's own figures at the two edges of a phase become measurements."""

from __future__ import annotations

from tcperf.gofigures import GoFigures
from tcperf.measurement import Exactness, Measurement, measured


def go_measurements(before: GoFigures | None, after: GoFigures | None) -> dict[str, Measurement]:
    """What Go's runtime tells of a phase, by metric key; None: the node offers no such figures.

    Of a node that began in the phase, ``before`` is ``tcperf.gofigures.UNBORN``.  What Go allocated to answer
    the first of the two questions counts as the phase's.  The collector's share of the CPU time is none of the
    phase's (see GoFigures): it is an average from the node's start on.
    """
    if after is None:
        return {}
    before = before or GoFigures(after.source)
    share = None if after.gc_cpu_ratio is None else after.gc_cpu_ratio * 100
    return {
        **_made("go_heap_bytes", after.heap_bytes, "sampled", after.source),
        **_made("goroutines_count", after.goroutines, "sampled", after.source),
        **_made("go_gc_cpu_pct", share, "sampled", after.source),
        **_made("go_alloc_bytes", _growth(before.alloc_bytes, after.alloc_bytes), "exact", after.source),
        **_made("go_mallocs_count", _growth(before.mallocs, after.mallocs), "exact", after.source),
        **_made("go_gc_count", _growth(before.collections, after.collections), "exact", after.source),
    }


def _growth(before: int | None, after: int | None) -> int | None:
    """A difference; None where one is missing, or where the counter is not one that only grows."""
    return after - before if before is not None and after is not None and after >= before else None


def _made(key: str, value: float | None, exactness: Exactness, source: str) -> dict[str, Measurement]:
    return {} if value is None else {key: measured(key, value, exactness, source)}

"""What Go's runtime tells of itself, whichever way a node offers it."""

from __future__ import annotations

from attrs import frozen


@frozen
class GoFigures:
    """Figures of Go's runtime at one instant (runtime.MemStats, runtime.NumGoroutine); None: not told.

    ``alloc_bytes`` (TotalAlloc), ``mallocs`` (Mallocs) and ``collections`` (NumGC) count since the start,
    freed objects included; ``heap_bytes`` (HeapInuse) and ``goroutines`` are there now.  ``gc_cpu_ratio``
    (GCCPUFraction) is the share of the CPU time available since the start that the collector took, 0 to 1.  Go
    renews it when a collection ends, and what it averages over ends there: a phase's own share would need the times
    of the last collections before its two edges, and it has none where no collection ended in it.
    """

    source: str
    heap_bytes: int | None = None
    alloc_bytes: int | None = None
    mallocs: int | None = None
    collections: int | None = None
    gc_cpu_ratio: float | None = None
    goroutines: int | None = None


#: A process that does not exist yet: whatever is counted from its start is still nothing.
UNBORN = GoFigures("birth", alloc_bytes=0, mallocs=0, collections=0)

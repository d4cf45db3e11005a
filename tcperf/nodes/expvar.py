"""Go's figures as its package expvar serves them: ``GET /debug/vars``.

status-backend has no such page on its API.  It links anacrolix/envpprof in, though, which serves the page on a
port of its own where the environment says GOPPROF=http (``ENVIRONMENT``), adds ``numGoroutine`` to it, and has
Go's net/http/pprof beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tcperf.gofigures import GoFigures

PATH: Final = "/debug/vars"
#: What makes a status-go program serve its figures; it costs one sleeping goroutine.
ENVIRONMENT: Final = {"GOPPROF": "http"}
SOURCE: Final = "expvar"
_UINT64: Final = 1 << 64


def parse(page: bytes) -> GoFigures | None:
    """The figures of a page, names after runtime.MemStats; None where it is no such page at all."""
    try:
        found = json.loads(page)
    except (ValueError, RecursionError):
        return None
    memory = found.get("memstats") if isinstance(found, dict) else None
    if not isinstance(memory, dict):
        return None
    return memory_figures(memory, SOURCE, whole(found.get("numGoroutine")))


def memory_figures(memory: Mapping[str, Any], source: str, goroutines: int | None = None) -> GoFigures:
    """The figures of a runtime.MemStats, as Go writes it in JSON."""
    return GoFigures(
        source,
        heap_bytes=whole(memory.get("HeapInuse")),
        alloc_bytes=whole(memory.get("TotalAlloc")),
        mallocs=whole(memory.get("Mallocs")),
        collections=whole(memory.get("NumGC")),
        gc_cpu_ratio=ratio(memory.get("GCCPUFraction")),
        goroutines=goroutines,
    )


def whole(value: Any) -> int | None:
    """A number that Go keeps as an unsigned integer; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < _UINT64 else None


def ratio(value: Any) -> float | None:
    """A share from 0 to 1; None for anything else, infinities and NaN among it."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None

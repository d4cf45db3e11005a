"""A node that was started again: the processes that it was in one phase, one after another, give one number a metric.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tcperf.measurement import Measurement, made_of, measured
from tcperf.metrics import MEMORY_PEAK

#: What processes use up: each used its part.
_USED: Final = (
    "cpu_ms",
    "cpu_user_ms",
    "cpu_system_ms",
    "instructions_count",
    "disk_read_bytes",
    "disk_written_bytes",
    "page_faults_count",
    "context_switches_count",
)
#: What a node without a process uses up, and how much memory it takes.
_NOTHING: Final = {key: measured(key, 0, "exact", "no process") for key in ("cpu_ms", MEMORY_PEAK)}


def joined(
    past: Sequence[Mapping[str, Measurement]], present: Mapping[str, Measurement]
) -> Mapping[str, Measurement]:
    """The measurements of a node whose ``past`` processes ended in the phase; ``present`` is the one that lives.

    It is empty where none does.  They were never there together: what they used adds up, and of their peaks the
    highest counts.  What one of them lacks is absent; what stands at the end is the living one's.
    """
    if not past:
        return present or _NOTHING
    lives = [*past, *([present] if present else [])]
    standing = {key: each for key, each in present.items() if key not in {*_USED, MEMORY_PEAK}}
    return {
        **standing,
        **{key: _one(key, lives) for key in (*_USED, MEMORY_PEAK) if all(key in life for life in lives)},
    }


def _one(key: str, lives: Sequence[Mapping[str, Measurement]]) -> Measurement:
    parts = [life[key] for life in lives]
    take = max if key == MEMORY_PEAK else sum
    return made_of(key, take(part.value for part in parts), *parts)

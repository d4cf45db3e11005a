"""Which change of a metric is too much: defaults by its kind, and over them the rules of tcperf.toml.  Pure.

The defaults are those of docs/thresholds.rst.  Of the rules that match a key, each field is taken from the last one
that says it.  Only published totals are gated by default, and none whose figure says nothing of the head alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final, TypeVar

from attrs import frozen

from tcperf.gate import Criterion
from tcperf.ranking import LANES_DISTURB
from tcperf.rules import GatePolicy, Rule, for_unit

_Said = TypeVar("_Said")


@frozen
class Default:
    """What is too much where no rule says so: a ratio, and the least absolute change in the base unit."""

    worse_by: float
    floor: float


_KIB: Final = 1024.0
_TIME: Final = 0.10
_TRAFFIC: Final = Default(0.03, 4 * _KIB)
#: How many acknowledgements TCP sends depends on who is scheduled when: in six lanes a run varies by 2 to 2.8 %.
_FRAMES: Final = Default(0.04, 10)
_CPU: Final = Default(0.08, 20)
_MEMORY: Final = Default(0.05, 2 * _KIB * _KIB)
#: By a metric's key.  Ratios are 1.4 times the noise of a run or more (facts measured with real nodes and the
#: bundled one); floors are what nobody minds, and what clocks and schedulers can tell.
DEFAULTS: Final[dict[str, Default]] = {
    "time_ms": Default(_TIME, 20),
    "latency_ms": Default(_TIME, 0.1),
    "send_ms": Default(_TIME, 0.05),
    "cpu_ms": _CPU,
    "cpu_user_ms": _CPU,
    "cpu_system_ms": _CPU,
    "memory_peak_bytes": _MEMORY,
    "memory_rest_bytes": _MEMORY,
    "sent_bytes": _TRAFFIC,
    "received_bytes": _TRAFFIC,
    "ip_bytes": _TRAFFIC,
    "packets_count": _FRAMES,
    "received_packets_count": _FRAMES,
}
#: Of every other metric, which is only reported unless a rule gates it.
OTHERS: Final = Default(0.05, 0)
#: What lanes side by side may disturb in each other.
SHARED: Final = frozenset(
    {
        "time_ms",
        "latency_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "send_ms",
        "cpu_ms",
        "cpu_user_ms",
        "cpu_system_ms",
        "go_gc_cpu_pct",
    }
)
#: What repeats another metric where every byte that is sent is received.
REPEATS: Final[dict[str, str]] = {
    "received_bytes": "sent_bytes",
    "received_packets_count": "packets_count",
}


def criterion(
    metric: str, tail: str, *, published: bool, policy: GatePolicy, lanes: int = 1, closes: bool = False
) -> Criterion:
    """When a change of the total ``metric`` is too much; ``tail`` is its key after ``tcperf.[reference.]``.

    ``lanes`` is how many runs went on side by side; ``closes`` says that whatever was sent was received.
    A rule that says ``report_only = false`` gates what is not published, and what was measured in lanes; what repeats
    another metric is only reported all the same, for a regression is told once.
    """
    said = _said(tail, metric, policy)
    default = DEFAULTS.get(metric, OTHERS)
    note = _why_not_gated(metric, said, published=published, lanes=lanes, closes=closes)
    return Criterion(
        worse_by=default.worse_by if said.worse_by is None else said.worse_by / 100,
        floor=default.floor if said.floor is None else said.floor.value,
        limit=None if said.max is None else said.max.value,
        gated=note is None,
        note=note,
    )


def _why_not_gated(metric: str, said: Rule, *, published: bool, lanes: int, closes: bool) -> str | None:
    if closes and metric in REPEATS:
        return f"repeats {REPEATS[metric]}, for all that was sent was received"
    if said.report_only is not None:
        return "a rule says report_only" if said.report_only else None
    if not published:
        return "not published"
    if metric not in DEFAULTS:
        return "no rule gates it"
    if lanes > 1 and metric in SHARED:
        return _disturbed(lanes)
    return None


def _disturbed(lanes: int | str) -> str:
    return f"{lanes} {LANES_DISTURB} (--lanes 1 gates it)"


def _said(tail: str, metric: str, policy: GatePolicy) -> Rule:
    """All that the rules say of a key, as one rule: of each field the last word."""
    unit = metric.rpartition("_")[2]
    matching = [for_unit(rule, unit) for rule in policy.rules if fnmatchcase(tail, rule.match)]
    return Rule(
        match=tail,
        worse_by=_last(rule.worse_by for rule in matching),
        floor=_last(rule.floor for rule in matching),
        max=_last(rule.max for rule in matching),
        report_only=_last(rule.report_only for rule in matching),
    )


def _last(values: Iterator[_Said | None]) -> _Said | None:
    return next((value for value in reversed([*values]) if value is not None), None)

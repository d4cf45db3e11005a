"""What can be planted: the kinds of regressions on purpose, and what each of them may turn red.  Pure."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.nearest import choose_from


@frozen
class Kind:
    """A kind of plant: ``metric`` must turn red with it, ``side_effects`` may, and nothing else.

    ``unit`` is the symbol of the unit that an amount of it is in: the metric's own.
    """

    name: str
    metric: str
    unit: str
    side_effects: frozenset[str]

    @property
    def may_turn_red(self) -> frozenset[str]:
        """All metrics that a plant of this kind may make worse."""
        return self.side_effects | {self.metric}


_CPU: Final = frozenset({"cpu_ms", "cpu_user_ms", "cpu_system_ms"})
_TIMES: Final = frozenset({"time_ms", "latency_ms", "send_ms"})
_TRAFFIC: Final = frozenset(
    {"sent_bytes", "received_bytes", "ip_bytes", "packets_count", "received_packets_count"}
)
_MEMORY: Final = frozenset({"memory_peak_bytes", "memory_rest_bytes"})

_ALL: Final = (
    # What waits keeps its timers, its keep-alives and its scheduler running meanwhile.
    Kind("delay", "latency_ms", "ms", _TIMES | _CPU | _TRAFFIC),
    # Longer messages are more frames, and each byte is encrypted, copied and read.
    Kind("bytes", "sent_bytes", "bytes", _TRAFFIC | _CPU | _TIMES),
    # Pages that are touched are the kernel's work.
    Kind("memory", "memory_peak_bytes", "bytes", _MEMORY | _CPU),
    Kind("cpu", "cpu_ms", "ms", _CPU | _TIMES),
)
#: By name, in the order in which a drill plants them.
KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """The kind called ``name``.  Raises UsageError where there is none."""
    if name not in KINDS:
        raise UsageError(f"{name!r} cannot be planted", cure=choose_from(name, KINDS))
    return KINDS[name]

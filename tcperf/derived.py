"""Figures of a phase that are made of others of it, once those are final: bytes a delivered message, bytes a day.  Pure.

Traffic is counted twice, by the interfaces and by the capture, and the better figure is known only when the run has
ended: what is made of it is made then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import evolve

from tcperf.clock import NS_PER_S
from tcperf.measurement import Measurement, made_of
from tcperf.model import PhaseResult
from tcperf.scenario import Phase

_DAY_S: Final = 86_400
_PER_S: Final[Mapping[str, int]] = {"second_bytes": 1, "day_bytes": _DAY_S}


def derive(results: Iterable[PhaseResult], phases: Iterable[Phase]) -> tuple[PhaseResult, ...]:
    """The results with what is made of their figures; ``phases`` are as declared, in any order.

    What lacks an ingredient is absent, and what is made is as exact as the loosest of its ingredients.
    """
    at_rest = {phase.name for phase in phases if phase.rest}
    return tuple(_rates(each) if each.name in at_rest else _deliveries(each) for each in results)


def _deliveries(result: PhaseResult) -> PhaseResult:
    """Bytes a delivered message: whatever the nodes sent in the phase, be it for messages or not."""
    sent, count = result.totals.get("sent_bytes"), result.totals.get("deliveries_count")
    if sent is None or count is None or not count.value:
        return result
    made = made_of("delivery_bytes", sent.value / count.value, sent, count)
    return evolve(result, totals={**result.totals, "delivery_bytes": made})


def _rates(result: PhaseResult) -> PhaseResult:
    """Bytes a second and a day: of each node what it sends and receives, and their mean as the phase's."""
    length_s = (result.end_ns - result.start_ns) / NS_PER_S
    nodes = {name: {**figures, **_node_rates(figures, length_s)} for name, figures in result.nodes.items()}
    totals = dict(result.totals)
    for key in _PER_S:
        parts = [figures[key] for figures in nodes.values() if key in figures]
        if parts and len(parts) == len(nodes):
            totals[key] = made_of(key, sum(part.value for part in parts) / len(parts), *parts)
    return evolve(result, nodes=nodes, totals=totals)


def _node_rates(figures: Mapping[str, Measurement], length_s: float) -> dict[str, Measurement]:
    sent, received = figures.get("sent_bytes"), figures.get("received_bytes")
    if sent is None or received is None or length_s <= 0:
        return {}
    a_second = (sent.value + received.value) / length_s
    return {key: made_of(key, a_second * seconds, sent, received) for key, seconds in _PER_S.items()}

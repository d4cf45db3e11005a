"""Which node makes most of the difference between two sets of runs: of what flows do not tell, such as memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.metrics import METRICS
from tcperf.model import Run
from tcperf.summary import median
from tcperf.units import humanize

#: A node makes the difference where it has so much of what goes the way of the change.
_MOST: Final = 0.8
#: What is less than that part of it is no share, but how nodes vary.
_TOLD: Final = 0.01


@frozen
class NodeShare:
    """The node that makes most of a metric's difference between two sets of runs.

    ``difference`` is that of its medians, ``along`` what of all nodes goes its way, ``total`` the sum of all; in the
    metric's unit.
    """

    metric: str
    node: str
    difference: float
    along: float
    total: float

    @property
    def brief(self) -> str:
        """``all of it alice, +37.0 MiB``; what went the other way is told behind it."""
        lead = f"{self.place}, {self._signed(self.difference)}"
        against = self.total - self.along
        return f"{lead}; {self._signed(against)} elsewhere" if abs(against / self.along) >= _TOLD else lead

    @property
    def place(self) -> str:
        """``all of it alice``."""
        # Rounded down, as shares of flows are; but of nodes that vary "all" is what leaves less than a percent.
        percent = int(100 * self.difference / self.along)
        share = "all" if self.difference / self.along >= 1 - _TOLD else f"{percent} %"
        return f"{share} of it {self.node}"

    def _signed(self, value: float) -> str:
        return f"{'+' if value > 0 else '-'}{humanize(abs(value), METRICS[self.metric].unit.symbol)}"


def explain_nodes(base: Iterable[Run], head: Iterable[Run], phase: str, metric: str) -> NodeShare | None:
    """The node that makes most of the difference of a metric that adds up over nodes; each node's medians are taken.

    None where no node makes most of it, where there is one node only, or the metric is none of the nodes'.
    """
    if metric not in METRICS or METRICS[metric].total != "sum":
        return None
    before, after = (_node_medians(runs, phase, metric) for runs in (base, head))
    found = {node: after[node] - before[node] for node in before if node in after}
    total = sum(found.values())
    if len(found) <= 1 or not total or before.keys() != after.keys():
        return None
    node, first = max(found.items(), key=lambda each: each[1] * (1 if total > 0 else -1))
    along = sum(each for each in found.values() if (each > 0) == (total > 0))
    return NodeShare(metric, node, first, along, total) if first / along >= _MOST else None


def _node_medians(runs: Iterable[Run], phase: str, metric: str) -> dict[str, float]:
    """Each node's median over the runs in which it has the metric."""
    values: dict[str, list[float]] = {}
    for found in (run.phase(phase) for run in runs):
        for node, measured in {} if found is None else found.nodes.items():
            if metric in measured:
                values.setdefault(node, []).append(measured[metric].value)
    return {node: median(each) for node, each in values.items()}

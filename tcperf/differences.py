"""Which flows, or which node, make the difference between two sets of runs: the sentence behind a verdict.

Each flow's median over the head's runs less its median over the base's.  Medians of counts are whole numbers
or halves, so that sums and shares are exact.  The sum of the flows' differences need not be the difference of
the totals' medians, for a median of sums is not the sum of medians; with one run a side it is.  Of what
flows do not tell, such as memory, the nodes' medians do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.contributors import (
    OUTSIDE_PHASES,
    Flow,
    Number,
    flow_median,
    had_phase,
    is_counted,
    rows_of,
)
from tcperf.model import METRICS, Run, Traffic
from tcperf.summary import median
from tcperf.units import BYTES, humanize

#: The metrics whose difference flows can explain, and what of a flow they count.
EXPLAINED: Final[dict[str, Number]] = {
    "sent_bytes": "frame_bytes",
    "ip_bytes": "ip_bytes",
    "packets_count": "packets",
    "retransmissions_count": "retransmissions",
    "connections_count": "connections",
    "short_connections_count": "short_connections",
}
_NOUNS: Final[dict[str, str]] = {
    "packets_count": "packet",
    "retransmissions_count": "retransmission",
    "connections_count": "connection",
    "short_connections_count": "short connection",
}
#: Names of protocols as people write them.
_PROTOCOLS: Final = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "arp": "ARP", "other": "other protocols"}


@frozen
class Contribution:
    """By how much a flow's median is more (or, negative, less) in head than in base; in the metric's unit."""

    flow: Flow
    difference: float


@frozen
class Explanation:
    """What made one metric of one phase differ; ``contributions`` are none of them 0.

    Those that go the way of ``total``, their sum, come first, the largest first; last the one that goes most
    against it.  Where the sum is 0 the largest of either sign comes first.
    """

    phase: str
    metric: str
    total: float
    contributions: tuple[Contribution, ...]

    @property
    def sentence(self) -> str:
        """Where the difference comes from: "all of it alice→bob TCP in messages, +41 packets".

        "All of it" and shares are of what went the way of the sum; what went the other way is told behind it.
        """
        return self._told(f" {self._where}")

    @property
    def brief(self) -> str:
        """The same for a reader who knows the phase: "all of it alice→bob TCP, +41 packets"."""
        return self._told("")

    def _told(self, where: str) -> str:
        if not self.contributions:
            return f"no flow differs{where}"
        if not self.total:
            return f"{len(self.contributions)} flows{where} differ, and make up for each other"
        along = [each for each in self.contributions if (each.difference > 0) == (self.total > 0)]
        gross = sum(each.difference for each in along)
        lead = f"{self._extent(along, gross, where)}, {self._signed(along[0].difference)}"
        against = self.total - gross
        return f"{lead}; {self._signed(against)} elsewhere" if against else lead

    def _extent(self, along: list[Contribution], gross: float, where: str) -> str:
        """How much of it the largest is: all, more than half, or one of many."""
        first = along[0]
        if len(along) == 1:
            return f"all of it {_spoken(first.flow)}{where}"
        # Rounded down, in halves, which are whole: 99.9 % is not all of it.
        percent = int(200 * first.difference) // int(2 * gross)
        if 2 * abs(first.difference) > abs(gross):
            return f"{percent} % of it {_spoken(first.flow)}{where}"
        return f"spread over {len(along)} flows{where}, the largest {_spoken(first.flow)}"

    @property
    def _where(self) -> str:
        return "outside of the phases" if self.phase == OUTSIDE_PHASES else f"in {self.phase}"

    def _signed(self, value: float) -> str:
        unit = METRICS[self.metric].unit
        size = humanize(abs(value), unit.symbol)
        if unit is not BYTES:
            size = f"{size} {_NOUNS[self.metric]}{'' if abs(value) == 1 else 's'}"
        return f"{'+' if value > 0 else '-'}{size}"


def explain(base: Iterable[Run], head: Iterable[Run], phase: str, metric: str) -> Explanation | None:
    """Which flows make ``metric`` (a key of EXPLAINED) of ``phase`` differ between the runs that count.

    None where a side has no run that went through the phase and was captured exactly.
    Raises KeyError for a metric that flows do not explain.
    """
    number = EXPLAINED[metric]
    before, after = (_counted(runs, phase) for runs in (base, head))
    if not before or not after:
        return None
    flows = dict.fromkeys(flow for found in (*before, *after) for flow in found if flow.direction == "sent")
    found = [
        Contribution(flow, flow_median(after, flow, number) - flow_median(before, flow, number))
        for flow in flows
    ]
    total = sum(each.difference for each in found)
    return Explanation(phase, metric, total, tuple(_ranked(found, total)))


# --- nodes -------------------------------------------------------------------------------------------

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
        # Rounded down, as shares of flows are; but of nodes that vary "all" is what leaves less than a percent.
        percent = int(100 * self.difference / self.along)
        share = "all" if self.difference / self.along >= 1 - _TOLD else f"{percent} %"
        lead = f"{share} of it {self.node}, {self._signed(self.difference)}"
        against = self.total - self.along
        return f"{lead}; {self._signed(against)} elsewhere" if abs(against / self.along) >= _TOLD else lead

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


# --- flows -------------------------------------------------------------------------------------------


def _counted(runs: Iterable[Run], phase: str) -> list[dict[Flow, Traffic]]:
    return [rows_of(run, phase) for run in runs if is_counted(run) and had_phase(run, phase)]


def _ranked(found: Iterable[Contribution], total: float) -> list[Contribution]:
    def key(each: Contribution) -> tuple[float, str]:
        along = abs(each.difference) if not total else each.difference * (1 if total > 0 else -1)
        return -along, each.flow.label

    return sorted((each for each in found if each.difference), key=key)


def _spoken(flow: Flow) -> str:
    """A flow in a sentence; that it is the nodes' own talk goes without saying."""
    role = "" if flow.role == "p2p" else f" ({flow.role})"
    return f"{flow.ends} {_PROTOCOLS[flow.protocol]}{role}"

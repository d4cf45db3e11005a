"""Which flows make the difference between two sets of runs: the sentence behind a verdict.

Each flow's median over the head's runs less its median over the base's.  Medians of counts are whole numbers
or halves, so that sums and shares are exact.  The sum of the flows' differences need not be the difference of
the totals' medians, for a median of sums is not the sum of medians; with one run a side it is.
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
